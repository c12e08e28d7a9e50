import { canonicalJson } from '../../shared/model/digest.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { Executor, Files } from '../../worker/execute.ts';
import { executorsOf } from '../../worker/executors.ts';
import type { ModelResume } from './model-files.ts';
import type { Produced } from './worker-model.ts';

interface Checkpoint {
  readonly stage: string;
  readonly payload: Uint8Array;
}

interface Performed {
  readonly files: Files;
  readonly checkpoints: readonly Checkpoint[];
}

const EXECUTORS = executorsOf({ zkProver: undefined, program: undefined });

/** A task done from its beginning is done once per process: many worlds ask for the same ones. */
const done = new Map<string, Performed>();

/**
 * Does a task with the worker's own executor, so that the real verifier has something to look at; only the
 * time it takes is modelled, spread evenly over its checkpoints.
 *
 * @throws TypeError for an executor that does not answer at once: on virtual time nothing is waited for.
 */
export function perform(task: ManifestTask, resume: ModelResume | undefined): Produced {
  const executor = Object.hasOwn(EXECUTORS, task.kind) ? EXECUTORS[task.kind] : undefined;
  if (executor === undefined) return { failed: 'executor' };
  const key = canonicalJson([task.kind, task.spec]);
  const whole = done.get(key) ?? run(executor, task, undefined);
  done.set(key, whole);
  const shareOf = (index: number) => (index + 1) / (whole.checkpoints.length + 1);
  const from = whole.checkpoints.findIndex(({ stage }) => stage === resume?.stage);
  const { files, checkpoints } = resume === undefined ? whole : run(executor, task, resume);
  const skipped = whole.checkpoints.length - checkpoints.length;
  return {
    files,
    fromShare: skipped > 0 ? shareOf(from) : 0,
    stages: checkpoints.map((one, index) => ({ ...one, doneShare: shareOf(skipped + index) })),
  };
}

function run(
  executor: Executor,
  { spec }: ManifestTask,
  resume: ModelResume | undefined,
): Performed {
  const checkpoints: Checkpoint[] = [];
  const files = executor.run({
    spec,
    inputs: new Map(),
    resume: resume && { sequence: 1, ...resume },
    checkpoint: (stage, payload) => void checkpoints.push({ stage, payload }),
  });
  if (files instanceof Promise) throw new TypeError('an executor on virtual time answers at once');
  return { files, checkpoints };
}
