import type { JobId, WorkerId } from '../model/ids.ts';
import { hasEnded } from '../model/job.ts';
import { isClaimOf, unread } from '../model/job-state.ts';
import type { BatchRow, JobRow, LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds, secondsBetween } from '../model/time.ts';
import type { Assignment } from './assignment.ts';
import { attemptsAlive, MAX_LIVE_ATTEMPTS } from './attempts.ts';
import { openSeconds } from './lanes.ts';
import { deadline } from './paid-edge.ts';

/** A job is slow when it has taken this much longer than others of its size do. */
const SLOW = 1.25;

/** A second attempt must be so many times faster than what the first one has left, or it is not worth a slot. */
const WORTH = 2;

/** Newest jobs of a burst its usual pace is taken from. */
const PACES_KEPT = 20;

export interface Reissuing {
  readonly assignments: readonly (Assignment & { readonly reissueOf: JobId })[];
  /** Estimated slot time of all of them. */
  readonly seconds: number;
  /** When to decide anew although nothing else happens; absent: there is nothing to decide. */
  readonly reviewAt: Instant | undefined;
  /** Slow jobs left alone, and why. */
  readonly left: readonly { readonly job: JobId; readonly why: string }[];
}

/**
 * Which slow jobs have their batches done a second time, on slots of other workers that nothing else wants.
 *
 * How long a job of this burst takes for what was estimated is known from those that are done (their median), so
 * an estimate that is wrong for all of them makes none of them slow. What a slow job has left is told by its
 * own pace: as much time again for as many tasks; one without a finished task is taken to be half way at best.
 * The slowest first, while the budget lasts: `duplicateShare` of all the slot time the burst has submitted.
 */
export function reissues(
  lease: LeaseRow,
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
  freeSlots: readonly WorkerId[],
  settings: Settings,
  now: Instant,
): Reissuing {
  const pace = median(lease.paces);
  const budgetSeconds = settings.batches.duplicateShare * lease.issuedSeconds;
  if (pace === undefined || freeSlots.length === 0 || budgetSeconds <= lease.duplicateSeconds) {
    return { assignments: [], seconds: 0, reviewAt: undefined, left: [] };
  }
  const free = [...freeSlots];
  const assignments: (Assignment & { reissueOf: JobId })[] = [];
  const left: { job: JobId; why: string }[] = [];
  let seconds = 0;
  const alive = attemptsAlive(jobs, now);
  const running = runningJobs(jobs, batches, pace);
  for (const { job, held, leftSeconds } of slowest(running, pace, now)) {
    const refuse = (why: string) => void left.push({ job: job.jobId, why });
    const slot = free.findIndex((worker) => worker !== job.worker && mayRun(worker, held));
    const [worker] = slot < 0 ? [] : free.slice(slot, slot + 1);
    const deadlineAt = deadline(lease, leftSeconds, settings, now);
    if (job.reissueOf !== undefined) refuse('it is a second attempt itself');
    else if (unread(job).length > 0) refuse('what it uploaded was not looked at yet');
    else if (held.some((batch) => (alive.get(batch.batchId) ?? 0) >= MAX_LIVE_ATTEMPTS)) {
      refuse('earlier attempts may still upload');
    } else if (worker === undefined) refuse('no slot of another worker is free');
    else if (deadlineAt === undefined) refuse('the paid time left is too short');
    else if (lease.duplicateSeconds + seconds + leftSeconds > budgetSeconds) {
      refuse('the budget for duplicates is used up');
    } else {
      free.splice(slot, 1);
      seconds += leftSeconds;
      assignments.push({ worker, batches: held, deadlineAt, reissueOf: job.jobId });
    }
  }
  const others = running.filter(
    ({ job }) => !assignments.some((one) => one.reissueOf === job.jobId),
  );
  return { assignments, seconds, reviewAt: reviewAt(others, settings, now), left };
}

/** Not before the next look, and at the usual pace for a slow job that was left alone. */
function reviewAt(
  running: readonly RunningJob[],
  { looks }: Settings,
  now: Instant,
): Instant | undefined {
  const waits = running.map(({ slowAt }) =>
    slowAt > now
      ? Math.max(looks.shortestSeconds, secondsBetween(now, slowAt))
      : looks.longestSeconds,
  );
  return waits.length === 0 ? undefined : plusSeconds(now, Math.min(...waits));
}

const mayRun = (worker: WorkerId, batches: readonly BatchRow[]): boolean =>
  batches.every(({ excludedWorkers }) => !excludedWorkers?.includes(worker));

interface RunningJob {
  readonly job: JobRow;
  readonly held: readonly BatchRow[];
  readonly estimateSeconds: number;
  /** Estimated slot time of what it has not done. */
  readonly leftSeconds: number;
  readonly slowAt: Instant;
}

/** Jobs that hold what they work on, and since when they are slow at the pace of the others. */
const runningJobs = (
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
  pace: number,
): readonly RunningJob[] =>
  jobs.flatMap((job) => {
    const { estimateSeconds = 0, status, reported } = job;
    const held = batches.filter((batch) => isClaimOf(job, batch));
    const leftSeconds = held.reduce((sum, batch) => sum + openSeconds(batch), 0);
    const isQueued = reported === undefined || reported === 'queued';
    if (status !== 'running' || isQueued || hasEnded(reported) || leftSeconds === 0) return [];
    const slowAt = plusSeconds(job.submittedAt, SLOW * pace * estimateSeconds);
    return estimateSeconds > 0 ? [{ job, held, estimateSeconds, leftSeconds, slowAt }] : [];
  });

/** Slow jobs whose rest another worker would do much sooner, the slowest first. */
const slowest = (
  running: readonly RunningJob[],
  pace: number,
  now: Instant,
): readonly RunningJob[] =>
  running
    .filter(({ slowAt }) => slowAt <= now)
    .map((one) => ({ ...one, remainingSeconds: remaining(one, now) }))
    .filter(({ remainingSeconds, leftSeconds }) => remainingSeconds >= WORTH * pace * leftSeconds)
    .sort((a, b) => b.remainingSeconds - a.remainingSeconds || a.job.n - b.job.n);

function remaining({ job, estimateSeconds, leftSeconds }: RunningJob, now: Instant): number {
  const elapsedSeconds = secondsBetween(job.submittedAt, now);
  const done = 1 - Math.min(1, leftSeconds / estimateSeconds);
  return done > 0 ? (elapsedSeconds * (1 - done)) / done : elapsedSeconds;
}

/** The newest paces of a burst, once these jobs have ended too. Only what was done shows how long it takes. */
export const pacesWith = (paces: readonly number[], ended: readonly JobRow[]): number[] =>
  [
    ...paces,
    ...ended.filter(wasDone).flatMap(({ estimateSeconds = 0, submittedAt, answeredAt }) => {
      const seconds = answeredAt === undefined ? 0 : secondsBetween(submittedAt, answeredAt);
      return estimateSeconds > 0 && seconds > 0 ? [seconds / estimateSeconds] : [];
    }),
  ].slice(-PACES_KEPT);

/** A worker that calls a job done and delivered nothing, or nothing good, must not make the others look slow. */
const wasDone = ({ reported, collected, tasks, rejectedResults }: JobRow): boolean =>
  reported === 'succeeded' && collected.size >= tasks && rejectedResults === 0;

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
