import type { BatchId, WorkerId } from '../model/ids.ts';
import { isAtWork, isLive } from '../model/job-state.ts';
import type { BatchRow, JobRow, LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, secondsBetween } from '../model/time.ts';

/** One slot of one worker as a place for another job. */
export interface Lane {
  readonly worker: WorkerId;
  /** Estimated time until what it runs is over; 0: it is free. */
  readonly busySeconds: number;
  /** Affinity key of what it was given last, and when; undefined: nothing yet. */
  readonly loaded: { readonly key: string; readonly at: Instant } | undefined;
}

/**
 * A slot is supplied before it runs dry: it gets its next job when those it has may end before the look after
 * this one. Looks are spread by a quarter either way.
 */
export const supplyAheadSeconds = ({ looks }: Settings): number => looks.longestSeconds * 1.25;

/** The slots that may be given a job: free ones, and those whose jobs end soon. */
export const lanesOf = (
  lease: LeaseRow,
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
  quarantined: ReadonlySet<WorkerId>,
  settings: Settings,
  now: Instant,
): Lane[] =>
  allLanes(lease, jobs, batches, quarantined, now).filter((lane) => isSupplied(lane, settings));

export const isSupplied = ({ busySeconds }: Lane, settings: Settings): boolean =>
  busySeconds <= supplyAheadSeconds(settings);

/**
 * Every slot of every worker in use, the one that is free first in front; spread over the workers. A worker runs
 * its jobs in the order it got them.
 */
export function allLanes(
  lease: LeaseRow,
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
  quarantined: ReadonlySet<WorkerId>,
  now: Instant,
): Lane[] {
  const ofJob = estimates(jobs, batches);
  const lanes = usableWorkers(lease, quarantined).flatMap(({ workerId, slots }) => {
    const busy = Array.from({ length: slots }, () => 0);
    const live = jobs.filter((job) => job.worker === workerId && isAtWork(job));
    for (const [index, job] of live.entries()) {
      const whole = ofJob(job);
      const doneSeconds = index < slots ? secondsBetween(job.submittedAt, now) : 0;
      const ownSeconds = leftByProgress(job, now) ?? Math.max(0, whole - doneSeconds);
      // Its worker stops it there, whatever is left.
      const mostSeconds = Math.max(0, secondsBetween(now, job.deadlineAt));
      busy[0] = Math.min((busy[0] ?? 0) + ownSeconds, mostSeconds);
      busy.sort((a, b) => a - b);
    }
    return busy.map((busySeconds, round) => ({
      ...{ round, worker: workerId, busySeconds, loaded: lease.loaded?.[workerId] },
    }));
  });
  return lanes
    .sort((a, b) => a.busySeconds - b.busySeconds || a.round - b.round)
    .map(({ round: _, ...lane }) => lane);
}

/** What it has left at its own pace; undefined before it has uploaded anything. */
function leftByProgress(job: JobRow, now: Instant): number | undefined {
  const { uploaded, tasks, slotSeconds, answeredAt } = job;
  if (uploaded.size === 0 || slotSeconds === 0 || answeredAt === undefined) return undefined;
  const wholeSeconds = (slotSeconds * tasks) / uploaded.size;
  return Math.max(0, wholeSeconds - slotSeconds - secondsBetween(answeredAt, now));
}

export const usableWorkers = (lease: LeaseRow, quarantined: ReadonlySet<WorkerId>) =>
  lease.workers.filter(
    ({ workerId, lostAt }) => lostAt === undefined && !quarantined.has(workerId),
  );

/** Estimated slot time of the tasks of a batch that have not ended. */
export const openSeconds = (batch: BatchRow): number =>
  batch.tasks.reduce(
    (sum, task, index) => sum + (batch.settled.has(index) ? 0 : task.unitSeconds),
    0,
  );

/** What the batches of a job were estimated at together; a job that has none of them any more may take for ever. */
function estimates(jobs: readonly JobRow[], batches: readonly BatchRow[]): (job: JobRow) => number {
  const held = new Set(jobs.filter(isLive).flatMap((job) => claimedBy(job)));
  const seconds = new Map<BatchId, number>();
  for (const { batchId, tasks } of held.size === 0 ? [] : batches) {
    if (!held.has(batchId)) continue;
    seconds.set(
      batchId,
      tasks.reduce((sum, { unitSeconds }) => sum + unitSeconds, 0),
    );
  }
  return (job) => {
    const own = claimedBy(job).flatMap((batchId) => seconds.get(batchId) ?? []);
    return own.length === 0 ? Number.POSITIVE_INFINITY : own.reduce((sum, one) => sum + one, 0);
  };
}

const claimedBy = ({ batches }: JobRow): BatchId[] => batches.map(({ batchId }) => batchId);
