import type { ManifestTask } from '../../shared/model/job.ts';
import type { ClusterFate } from '../virtual/market.ts';
import type { ModelResume, Tampering } from '../virtual/model-files.ts';
import { RESULT_FILE, resultOf } from '../virtual/numbered-result.ts';
import type { Produced, WorkerTraits } from '../virtual/worker-model.ts';
import type { Chance } from './chance.ts';
import type { Disturbance } from './disturbance.ts';
import {
  CLUSTER_FAULTS,
  type Fault,
  TASK_FAULTS,
  UNEVEN_WORKER_FAULTS,
  WORKER_FAULTS,
} from './faults.ts';
import { checkpointOf } from './tiny-kind.ts';

const MARKET = { who: 'market' };
const WORKER = { who: 'worker' };

/** What becomes of one cluster. Lags stay within what an operator's settings allow for. */
export function clusterFate(
  { draw, chance }: Disturbance,
  clusterId: string,
  listLagSeconds: number,
): ClusterFate {
  const fault = draw(CLUSTER_FAULTS, `${clusterId} fate`, MARKET);
  const between = (low: number, high: number) => chance.between(`${clusterId} degree`, low, high);
  switch (fault) {
    case 'provider.never starts':
      return { provisioningSeconds: Number.POSITIVE_INFINITY };
    case 'provider.fails to start':
      return { failsToStart: true };
    case 'provider.starts late':
      return { provisioningSeconds: between(150, 1200) };
    case 'provider.ends early':
      return { endsAfterSeconds: between(30, 600) };
    case 'provider.vanishes':
      return { vanishesAfterSeconds: between(30, 600) };
    case 'provider.other hardware':
      return { deliversModel: 'Tesla T4' };
    case 'provider.list lags':
      return { listLagSeconds: between(10, listLagSeconds) };
    case 'provider.shows the dead':
      return { endLagSeconds: between(10, 300) };
    case 'provider.hides it for a while': {
      const fromSeconds = between(5, 300);
      return { hidden: { fromSeconds, toSeconds: fromSeconds + between(20, 100) } };
    }
    case 'provider.ends slowly':
      return { terminationSeconds: between(30, 400) };
    case 'provider.ignores deletes':
      return { ignoredDeletes: Math.round(between(1, 8)) };
    case 'provider.never dies':
      return { ignoredDeletes: Number.POSITIVE_INFINITY };
    default:
      return {};
  }
}

/** Whether the cluster itself is worse for it, and not only what its provider says of it. */
export const isHarmful = (fate: ClusterFate): boolean =>
  fate.provisioningSeconds !== undefined ||
  fate.failsToStart === true ||
  fate.endsAfterSeconds !== undefined ||
  fate.vanishesAfterSeconds !== undefined ||
  fate.deliversModel !== undefined;

/** What is wrong with one worker, and how it works. */
export interface WorkerNature {
  readonly traits: WorkerTraits;
  /** Says nothing from the beginning. */
  readonly dead: boolean;
  readonly otherGpu: boolean;
  /** Stretches in which it stands still and says nothing, seconds after its start. */
  readonly absences: readonly { readonly fromSeconds: number; readonly toSeconds: number }[];
  taskSeconds(task: ManifestTask): number;
  produce(task: ManifestTask, resume: ModelResume | undefined): Produced;
}

/** Away about as long as it is there, each time for long enough to be given up. */
const absencesOf = ({ between }: Chance, workerId: string) =>
  Array.from({ length: 5 }, (_, n) => {
    const fromSeconds = 300 * n + between(`${workerId} leaves ${n}`, 5, 100);
    return { fromSeconds, toSeconds: fromSeconds + between(`${workerId} away ${n}`, 90, 190) };
  });

const TAMPERING: Readonly<Partial<Record<Fault, Tampering>>> = {
  'worker.corrupts checkpoints': 'corrupts',
  'worker.repeats checkpoints': 'repeats',
  'worker.poisons checkpoints': 'poisons',
  'worker.bloats checkpoints': 'bloats',
};

/** What becomes of an honest worker that goes on from a checkpoint that is not what its stage came to. */
const POISONED: readonly Produced[] = [
  { failed: 'executor' },
  { files: new Map([[RESULT_FILE, Buffer.from('nonsense')]]) },
  { kills: true },
  // It never comes to an end.
  { files: new Map(), fromShare: Number.NEGATIVE_INFINITY },
];

export function workerNature(
  { draw, chance, strike }: Disturbance,
  workerId: string,
  secondsOf: (taskId: string) => number,
  harm: () => void,
  uneven: boolean,
): WorkerNature {
  const faults = uneven ? UNEVEN_WORKER_FAULTS : WORKER_FAULTS;
  const fault = draw(faults, `${workerId} fate`, WORKER);
  const slowness = fault === 'worker.slow' ? chance.between(`${workerId} slow`, 2, 8) : 1;
  const overwrites = fault === 'worker.overwrites';
  let produced = 0;
  if (fault !== undefined) harm();
  return {
    dead: fault === 'worker.ready but dead',
    otherGpu: fault === 'worker.other hardware',
    absences: fault === 'worker.comes and goes' ? absencesOf(chance, workerId) : [],
    traits: {
      refuses: fault === 'worker.refuses jobs',
      boasts: fault === 'worker.boasts',
      tampers: fault && TAMPERING[fault],
      ...(overwrites ? { overwritesAfterSeconds: 90 } : {}),
    },
    taskSeconds: ({ taskId }) =>
      secondsOf(taskId) * slowness * chance.between(`${workerId} ${taskId} takes`, 0.7, 1.2),
    produce({ spec, taskId }, resume) {
      produced += 1;
      if (spec.poison === true) {
        harm();
        return { failed: 'executor' };
      }
      const deadly = `${workerId} ${taskId} deadly`;
      if (spec.deadly === true && strike('worker.killed by its task', deadly, WORKER)) {
        harm();
        return { kills: true, restarts: chance.at(`${deadly} anew`) < 0.5 };
      }
      if (fault === 'worker.blames the task') return { failed: 'bad-spec' };
      const key = `${workerId} ${taskId} ${produced}`;
      const failing = draw(TASK_FAULTS, key, WORKER);
      if (failing !== undefined) harm();
      if (failing === 'worker.task fails') return { failed: 'executor' };
      if (failing === 'worker.upload fails') return { failed: 'upload' };
      const forged = fault === 'worker.forges' && chance.at(`${key} forged`) < 0.5;
      const number = Number(spec.number) + (forged ? 1 : 0);
      const done = Number(resume?.stage ?? 0);
      const honest = checkpointOf(Number(spec.number), done);
      if (resume !== undefined && Buffer.compare(resume.payload, honest) !== 0) {
        harm();
        return POISONED[chance.whole(`${key} poisoned`, 0, POISONED.length - 1)] ?? { kills: true };
      }
      const stages = Number(spec.stages ?? 0);
      return {
        files: new Map([[RESULT_FILE, resultOf(number)]]),
        fromShare: done / (stages + 1),
        stages: Array.from({ length: Math.max(0, stages - done) }, (_, n) => ({
          stage: String(done + n + 1),
          payload: checkpointOf(Number(spec.number), done + n + 1),
          doneShare: (done + n + 1) / (stages + 1),
        })),
      };
    },
  };
}
