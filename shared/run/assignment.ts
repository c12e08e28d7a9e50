import { deadlineOf } from '../model/limits.ts';
import type { BatchId, JobId, WorkerId } from '../model/ids.ts';
import type { BatchRow, JobRow, LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { earlier, type Instant, plusSeconds, secondsBetween } from '../model/time.ts';
import { beforeCalling } from '../provision/intents.ts';

/** One job to submit: the batches one slot of one worker runs next. */
export interface Assignment {
  readonly worker: WorkerId;
  readonly batches: readonly BatchRow[];
  /** The job ends by then, queueing included. */
  readonly deadlineAt: Instant;
  /** The slow job that holds the batches, and goes on. */
  readonly reissueOf?: JobId;
}

export interface Assigning {
  readonly assignments: readonly Assignment[];
  /** Slots that stay free, by their worker. */
  readonly free: readonly WorkerId[];
  /** Work that could run now if another term were bought. */
  readonly needsTerm: boolean;
  /** No worker of this cluster may run anything that waits. */
  readonly stuck: boolean;
  /** Open batches left alone, and why. */
  readonly left: readonly { readonly batchId: BatchId; readonly why: string }[];
}

/**
 * A job may take this much longer than estimated and still end inside its time; estimates come from
 * priors and strangers' machines differ.
 */
const ESTIMATE_SLACK = 1.5;

/** Statuses in which a job occupies a slot. A lost job's worker gets nothing until it answers again. */
export const isLive = (job: JobRow): boolean =>
  job.status === 'submitting' || job.status === 'running';

/**
 * Which open batches go to which free slots.
 *
 * In claim order. A job takes batches until it holds two expected looks' worth of work, but never more than its
 * share of what is open, so that no slot starves; one that failed before has a job to itself. Nothing is claimed
 * whose deadline would pass the
 * paid edge less the drain time: then `needsTerm` asks for an extension first.
 */
export function assign(
  lease: LeaseRow,
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
  quarantined: ReadonlySet<WorkerId>,
  settings: Settings,
  now: Instant,
): Assigning {
  const slots = freeSlots(lease, jobs, quarantined);
  const left: { batchId: BatchId; why: string }[] = [];
  const waiting: BatchRow[] = [];
  let needsTerm = false;
  for (const batch of claimOrder(batches, now)) {
    if (batch.status !== 'open') continue;
    if (attemptsAlive(batch, jobs, now) >= MAX_LIVE_ATTEMPTS) {
      left.push({ batchId: batch.batchId, why: 'earlier attempts may still upload' });
      continue;
    }
    if (batch.notBefore !== undefined && now < batch.notBefore) {
      left.push({ batchId: batch.batchId, why: `not before ${batch.notBefore}` });
      needsTerm ||= isCutOff(lease, batch, batch.notBefore, settings);
    } else waiting.push(batch);
  }

  const assignments: Assignment[] = [];
  const free: WorkerId[] = [];
  slots.forEach((worker, index) => {
    const share = Math.max(1, Math.ceil(waiting.length / (slots.length - index)));
    const taken: BatchRow[] = [];
    let estimateSeconds = 0;
    for (const batch of [...waiting]) {
      if (taken.length >= share || estimateSeconds >= 2 * settings.looks.longestSeconds) break;
      if (batch.excludedWorkers?.includes(worker)) continue;
      if (taken.length > 0 && [...taken, batch].some(isSuspect)) continue;
      const more = estimateSeconds + openSeconds(batch);
      const deadlineAt = deadline(lease, more, settings, now);
      if (deadlineAt === undefined) {
        if (taken.length === 0) needsTerm = true;
        break;
      }
      taken.push(batch);
      waiting.splice(waiting.indexOf(batch), 1);
      estimateSeconds = more;
    }
    const deadlineAt = deadline(lease, estimateSeconds, settings, now);
    if (taken.length > 0 && deadlineAt !== undefined) {
      assignments.push({ worker, batches: taken, deadlineAt });
    } else free.push(worker);
  });
  const usable = usableWorkers(lease, quarantined);
  const mayRun = (batch: BatchRow) =>
    usable.some(({ workerId }) => !batch.excludedWorkers?.includes(workerId));
  for (const batch of waiting) {
    const why = needsTerm ? 'needs another term' : 'no free slot';
    left.push({ batchId: batch.batchId, why: mayRun(batch) ? why : 'failed on every worker here' });
  }
  const stuck = usable.length === 0 || (waiting.length > 0 && !waiting.some(mayRun));
  return { assignments, free, needsTerm, stuck, left };
}

/** After this long a batch without a deadline comes before all that are younger, however long they are. */
const LONG_WAIT_SECONDS = 3600;

/**
 * Batches in the order they are claimed: the highest priority, then the least slack to a deadline, then what has
 * waited for very long, then the longest (list scheduling by longest processing time: the makespan is at most 4/3
 * of the shortest possible), then the oldest.
 */
export function claimOrder(batches: readonly BatchRow[], now: Instant): BatchRow[] {
  const keyed = batches.map((batch) => {
    const seconds = openSeconds(batch);
    const deadlineAt = deadlineOf(batch);
    const slackSeconds =
      deadlineAt === undefined ? Number.MAX_VALUE : secondsBetween(now, deadlineAt) - seconds;
    const waited = secondsBetween(batch.openedAt, now) >= LONG_WAIT_SECONDS;
    return { batch, slackSeconds, waited, seconds: waited ? 0 : seconds };
  });
  return keyed
    .sort(
      (a, b) =>
        b.batch.priority - a.batch.priority ||
        a.slackSeconds - b.slackSeconds ||
        Number(b.waited) - Number(a.waited) ||
        b.seconds - a.seconds ||
        (a.batch.batchId < b.batch.batchId ? -1 : 1),
    )
    .map(({ batch }) => batch);
}

/** An attempt at it was cut short, perhaps by one of its tasks: it shares no job with others. */
const isSuspect = ({ attempts }: BatchRow): boolean => attempts > 0;

/** Estimated slot time of the tasks of a batch that have not ended. */
export const openSeconds = (batch: BatchRow): number =>
  batch.tasks.reduce(
    (sum, task, index) => sum + (batch.settled.has(index) ? 0 : task.unitSeconds),
    0,
  );

/** Attempts at one batch that may be alive at a time, lost ones whose URLs still work included. */
export const MAX_LIVE_ATTEMPTS = 2;

export const attemptsAlive = (batch: BatchRow, jobs: readonly JobRow[], now: Instant): number =>
  jobs.filter(
    (job) =>
      (isLive(job) || (job.status === 'lost' && now < job.deadlineAt)) &&
      job.batches.some(({ batchId }) => batchId === batch.batchId),
  ).length;

/** One entry per free slot, spread over the workers. */
function freeSlots(
  lease: LeaseRow,
  jobs: readonly JobRow[],
  quarantined: ReadonlySet<WorkerId>,
): WorkerId[] {
  const free = usableWorkers(lease, quarantined).map(({ workerId, slots }) => ({
    workerId,
    slots: slots - jobs.filter((job) => job.worker === workerId && isLive(job)).length,
  }));
  const most = Math.max(0, ...free.map(({ slots }) => slots));
  return Array.from({ length: most }, (_, round) =>
    free.filter(({ slots }) => slots > round).map(({ workerId }) => workerId),
  ).flat();
}

const usableWorkers = (lease: LeaseRow, quarantined: ReadonlySet<WorkerId>) =>
  lease.workers.filter(
    ({ workerId, lostAt }) => lostAt === undefined && !quarantined.has(workerId),
  );

/** When a job of that size must end; undefined when the paid time left is too short for it. */
export function deadline(
  lease: LeaseRow,
  estimateSeconds: number,
  settings: Settings,
  now: Instant,
): Instant | undefined {
  const edge = drainAt(lease, settings);
  if (edge === undefined) return undefined;
  const neededSeconds = Math.min(estimateSeconds * ESTIMATE_SLACK, settings.lease.jobSeconds);
  if (secondsBetween(now, edge) < Math.max(1, neededSeconds)) return undefined;
  return earlier(plusSeconds(now, settings.lease.jobSeconds), edge);
}

/** Its pause ends while the cluster is paid for, and too late for it to run without another term. */
const isCutOff = (
  lease: LeaseRow,
  batch: BatchRow,
  notBefore: Instant,
  settings: Settings,
): boolean =>
  lease.paidUntil !== undefined &&
  notBefore < lease.paidUntil &&
  deadline(lease, openSeconds(batch), settings, notBefore) === undefined;

/** From here on a lease that was not extended takes no work. */
export const drainAt = (lease: LeaseRow, settings: Settings): Instant | undefined =>
  lease.paidUntil === undefined
    ? undefined
    : plusSeconds(lease.paidUntil, -settings.lease.drainBeforeSeconds);

export type RunNext =
  | { readonly next: 'wait'; readonly waitSeconds: number }
  | { readonly next: 'extend' }
  | { readonly next: 'hold'; readonly waitSeconds: number }
  /** `failed`: it ends because it can do no more, not because it is done. */
  | { readonly next: 'close'; readonly reason: string; readonly failed: boolean };

/**
 * What the burst does after it has submitted what it could. `watched` are lost jobs whose uploads would
 * still count: they are asked while the burst holds, and keep nothing from closing.
 *
 * An idle cluster is held to its paid edge in the first hour, which is paid in any case, and for `idleSeconds`
 * in later ones, whose rest is paid back.
 */
export function afterAssigning(
  lease: LeaseRow,
  jobs: { readonly live: number; readonly watched: number },
  { needsTerm, stuck, left }: Pick<Assigning, 'needsTerm' | 'stuck' | 'left'>,
  settings: Settings,
  now: Instant,
): RunNext {
  const edge = drainAt(lease, settings);
  if (edge === undefined) {
    return { next: 'close', reason: 'the end of the paid time is unknown', failed: true };
  }
  if (needsTerm && mayExtend(lease, settings, now)) return { next: 'extend' };
  if (jobs.live > 0) {
    return { next: 'wait', waitSeconds: Math.ceil(settings.looks.shortestSeconds) };
  }
  if (now >= edge) return { next: 'close', reason: 'paid edge', failed: false };
  if (stuck) {
    return { next: 'close', reason: 'no usable worker is left', failed: left.length > 0 };
  }
  const idle = left.length === 0 && jobs.watched === 0 ? lease.idleSince : undefined;
  const idleSeconds = idle === undefined ? 0 : secondsBetween(idle, now);
  const paidHours = lease.terms * settings.lease.termHours;
  if (paidHours > 1 && idleSeconds >= settings.looks.idleSeconds) {
    return { next: 'close', reason: 'nothing is left to do', failed: false };
  }
  const windowSeconds = needsTerm ? secondsToExtension(lease, settings, now) : 0;
  const holdSeconds = windowSeconds > 0 ? windowSeconds : settings.looks.holdSeconds;
  const seconds = Math.min(holdSeconds, settings.looks.holdSeconds, secondsBetween(now, edge));
  const waitSeconds = Math.max(1, Math.ceil(seconds));
  return { next: jobs.watched > 0 ? 'wait' : 'hold', waitSeconds };
}

/** Until the extension window opens; negative inside it. */
const secondsToExtension = ({ paidUntil }: LeaseRow, { lease }: Settings, now: Instant): number =>
  paidUntil === undefined ? 0 : secondsBetween(now, paidUntil) - lease.extendBeforeSeconds;

/** Inside the extension window, not refused a moment ago, and no earlier call still in doubt. */
const mayExtend = (lease: LeaseRow, settings: Settings, now: Instant): boolean =>
  lease.paidUntil !== undefined &&
  beforeCalling(lease, 'extend', settings, now).kind !== 'wait' &&
  secondsBetween(now, lease.paidUntil) <= settings.lease.extendBeforeSeconds &&
  secondsBetween(now, lease.paidUntil) > settings.lease.drainBeforeSeconds &&
  (lease.extendNotBefore === undefined || now >= lease.extendNotBefore);
