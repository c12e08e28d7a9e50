import { hasMemoryOf, isGpuModel, knownGpuModel } from '../model/gpu.ts';
import type { WorkerId } from '../model/ids.ts';
import type { WorkerHealth } from '../model/job.ts';
import type { LeaseRow, LeaseWorker } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, secondsBetween } from '../model/time.ts';
import type { Answer, ClusterView } from '../ports.ts';

export interface HealthOfWorker {
  readonly workerId: WorkerId;
  readonly url: string;
  readonly answer: Answer<WorkerHealth>;
}

export type ClusterVerdict =
  | { readonly next: 'run'; readonly workers: readonly LeaseWorker[] }
  | { readonly next: 'wait' }
  | {
      readonly next: 'close';
      readonly reason: string;
      /** What was paid for, and what was delivered in its place, where that is the reason. */
      readonly otherHardware?: { readonly paid: string; readonly delivered: string };
    };

/** First words of the reason with which a cluster is closed that is not what was paid for. */
const OTHER_HARDWARE = 'other hardware';

/**
 * Whether a cluster is ready: what the provider calls running counts for nothing, only our own health job
 * on hardware that is what was paid for.
 *
 * A missing cluster is given up only after it has been missing for `goneSeconds`; `goneSince` is when it
 * was first missing.
 */
export function judgeCluster(
  lease: LeaseRow,
  view: ClusterView | undefined,
  health: readonly HealthOfWorker[],
  settings: Settings,
  now: Instant,
): ClusterVerdict {
  const { offer, readyBy } = lease;
  if (offer === undefined) return { next: 'close', reason: 'the lease names no offer' };
  if (view === undefined) {
    const missing = lease.goneSince === undefined ? 0 : secondsBetween(lease.goneSince, now);
    return missing >= settings.looks.goneSeconds
      ? { next: 'close', reason: 'cluster gone' }
      : { next: 'wait' };
  }
  if (view.phase === 'FAILED') return { next: 'close', reason: 'the provider failed to start it' };
  if (view.phase === 'EXPIRED' || view.phase === 'DELETING' || view.phase === 'DELETED') {
    return { next: 'close', reason: `cluster ${view.phase.toLowerCase()} before it was used` };
  }
  const delivered = wrongHardware(lease, view, health);
  if (delivered !== undefined) {
    const paid = `${offer.workers} x ${offer.gpusPerWorker} ${offer.gpuModel}`;
    const reason = `${OTHER_HARDWARE}: ${delivered}`;
    return { next: 'close', reason, otherHardware: { paid, delivered } };
  }

  const workers = readyWorkers(lease, health);
  const quorum = Math.ceil(offer.workers * settings.clusters.quorum);
  if (workers.length >= Math.max(quorum, lease.requirement.minWorkers ?? 1)) {
    return { next: 'run', workers };
  }
  return readyBy !== undefined && now >= readyBy
    ? {
        next: 'close',
        reason: `${workers.length} of ${offer.workers} workers ready by the deadline`,
      }
    : { next: 'wait' };
}

/** Workers that passed the health job on the right hardware, with the slots our own arithmetic allows. */
export function readyWorkers(lease: LeaseRow, health: readonly HealthOfWorker[]): LeaseWorker[] {
  const slots = Math.floor((lease.offer?.gpusPerWorker ?? 0) / lease.requirement.need.gpus);
  return health.flatMap(({ workerId, url, answer }) =>
    answer.kind === 'answered' &&
    answer.value.status === 'ready' &&
    slots > 0 &&
    wrongGpus(lease, answer.value) === undefined
      ? [
          {
            workerId,
            url,
            slots: Math.min(slots, answer.value.slots),
            hardware: hardwareInWords(answer.value),
          },
        ]
      : [],
  );
}

/** Whether workers beyond the quorum are still missing and may yet come. */
export const mayComeLate = (
  { offer, readyAt, workers }: LeaseRow,
  { clusters }: Pick<Settings, 'clusters'>,
  now: Instant,
): boolean =>
  offer !== undefined &&
  readyAt !== undefined &&
  workers.length < offer.workers &&
  secondsBetween(readyAt, now) < clusters.stragglerSeconds;

/** Workers that are not what was paid for, and how. One that comes late is left out; the others work on. */
export const workersOnOtherHardware = (
  lease: LeaseRow,
  health: readonly HealthOfWorker[],
): { readonly workerId: WorkerId; readonly delivered: string }[] =>
  health.flatMap(({ workerId, answer }) => {
    const delivered = answer.kind === 'answered' ? wrongGpus(lease, answer.value) : undefined;
    return delivered === undefined ? [] : [{ workerId, delivered }];
  });

/** What a worker says it stands on: `2 x NVIDIA L40S, 46068 MiB, driver 550.54.15, 0 % busy (nvidia-smi)`. */
function hardwareInWords({ gpus, gpusFrom }: WorkerHealth): string {
  const [first] = gpus;
  const source = gpusFrom === undefined ? '' : ` (${gpusFrom})`;
  if (first === undefined) return `no GPU${source}`;
  const driver = first.driver === undefined ? '' : `, driver ${first.driver}`;
  const busy = first.utilizationPercent === undefined ? '' : `, ${first.utilizationPercent} % busy`;
  return `${gpus.length} x ${first.model}, ${first.vramMb} MiB${driver}${busy}${source}`;
}

/** What was delivered instead of what was paid for, in words; undefined when it is right or not known yet. */
function wrongHardware(
  lease: LeaseRow,
  view: ClusterView,
  health: readonly HealthOfWorker[],
): string | undefined {
  const { offer } = lease;
  if (offer === undefined) return undefined;
  if (!isDelivered(offer.gpuModel, view.gpuModel))
    return `${view.gpuModel} instead of ${offer.gpuModel}`;
  if (view.gpusPerWorker !== offer.gpusPerWorker) {
    return `${view.gpusPerWorker} GPUs per worker instead of ${offer.gpusPerWorker}`;
  }
  for (const { answer } of health) {
    const wrong = answer.kind === 'answered' ? wrongGpus(lease, answer.value) : undefined;
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** The same for one worker, by what it sees itself. A CPU executor's machine may show none. */
function wrongGpus(
  { offer, requirement }: LeaseRow,
  { gpus, gpusFrom }: WorkerHealth,
): string | undefined {
  if (offer === undefined || (gpus.length === 0 && !requirement.gpuUsed)) return undefined;
  if (gpus.length < offer.gpusPerWorker) {
    const source = gpusFrom === undefined ? '' : ` (${gpusFrom})`;
    return `a worker sees ${gpus.length} GPUs instead of ${offer.gpusPerWorker}${source}`;
  }
  const other = gpus.find(({ model }) => !isDelivered(offer.gpuModel, model));
  if (other !== undefined) return `a worker sees ${other.model} instead of ${offer.gpuModel}`;
  if (gpus.some(({ mig }) => mig === true))
    return `a worker sees a part (MIG) of ${offer.gpuModel}`;
  const part = gpus.find(({ vramMb }) => !hasMemoryOf(offer.gpuModel, vramMb));
  return part === undefined
    ? undefined
    : `a worker sees ${part.vramMb} MiB of memory, less than ${offer.gpuModel} has`;
}

/** Whether a name that was reported is the model that was bought, or a form of it. */
function isDelivered(bought: string, reported: string): boolean {
  const model = knownGpuModel(reported);
  return model !== undefined && isGpuModel(bought, model);
}
