import { RSA_2048 } from '../../shared/kinds/vdf/group.ts';
import { finish, progressBytes, readProgress, startOf } from '../../shared/kinds/vdf/progress.ts';
import { RESULT_FILE, resultBytes } from '../../shared/kinds/vdf/result.ts';
import { vdfWesolowski } from '../../shared/kinds/vdf-wesolowski.ts';
import type { Executor } from '../execute.ts';

/** Does the squarings and the proof, from where a checkpoint of the same task stands or from the start. */
export const vdfExecutor: Executor = {
  gpuUsed: vdfWesolowski.gpuUsed,
  run({ spec, resume, checkpoint }) {
    const task = vdfWesolowski.spec.parse(spec);
    const from = resume && readProgress(task, resume.payload);
    const result = finish(RSA_2048, task, from ?? startOf(RSA_2048, task), (at) =>
      checkpoint(`${at.phase} ${at.done}`, progressBytes(task, at)),
    );
    return new Map([[RESULT_FILE, resultBytes(result)]]);
  },
};
