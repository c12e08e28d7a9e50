import { RSA_2048 } from '../../shared/kinds/vdf/group.ts';
import {
  finish,
  type Progress,
  progressBytes,
  readProgress,
  startOf,
} from '../../shared/kinds/vdf/progress.ts';
import { RESULT_FILE, resultBytes } from '../../shared/kinds/vdf/result.ts';
import { vdfWesolowski } from '../../shared/kinds/vdf-wesolowski.ts';
import type { Executor } from '../execute.ts';

/**
 * Does the squarings and the proof, from where a checkpoint of the same task stands or from the start. A
 * checkpoint comes from a machine nobody trusts: what follows from one is looked at as Burst will, and done
 * again from the start when it is wrong.
 */
export const vdfExecutor: Executor = {
  gpuUsed: vdfWesolowski.gpuUsed,
  run({ spec, resume, checkpoint }) {
    const task = vdfWesolowski.spec.parse(spec);
    const filesFrom = (from: Progress) => {
      const result = finish(RSA_2048, task, from, (at) =>
        checkpoint(`${at.phase} ${at.done}`, progressBytes(task, at)),
      );
      return new Map([[RESULT_FILE, resultBytes(result)]]);
    };
    const resumed = resume && readProgress(task, resume.payload);
    if (resumed !== undefined) {
      const files = filesFrom(resumed);
      if (vdfWesolowski.verify(task, files).verified) return files;
    }
    return filesFrom(startOf(RSA_2048, task));
  },
};
