import { hasEnded, type JobReport } from '../model/job.ts';
import type { BatchRow, JobRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds, secondsBetween } from '../model/time.ts';
import type { Answer } from '../ports.ts';

/** What one look at one job found. */
export type JobVerdict =
  /** No evidence either way: our own trouble, or a silence within its budget. */
  | { readonly kind: 'nothing'; readonly miss: boolean }
  /** The worker spoke. `news`: something changed since the last answer. */
  | { readonly kind: 'report'; readonly report: JobReport; readonly news: boolean }
  /** The worker never got it, or forgot it before it began. */
  | { readonly kind: 'resubmit' }
  /** Nothing more is expected of it. */
  | { readonly kind: 'lost'; readonly reason: string; readonly worker: WorkerThen };

/** How its worker was when a job was given up: it answered, was silent this once, or for so long that it is lost too. */
export type WorkerThen = 'heard' | 'silent' | 'lost';

/** A worker ends a job at its deadline by its own clock, and we hear of it a moment later: it may be off by so much. */
const OVERRUN_SECONDS = 30;

/**
 * Judges the answer to one question about one job.
 *
 * A worker is lost when it was asked `lostAfterMisses` times over at least `lostAfterSeconds` and stayed
 * silent: both, because a burst of questions in one bad second proves nothing, and neither does one
 * question a minute later. A question we failed to ask spends nothing. A job ends with its deadline, and one lost
 * answer then says nothing about its worker.
 */
export function judgeJob(
  job: JobRow,
  answer: Answer<JobReport | undefined>,
  settings: Settings,
  now: Instant,
): JobVerdict {
  if (answer.kind === 'not-asked') return { kind: 'nothing', miss: false };
  if (answer.kind === 'answered' && answer.value === undefined && job.status === 'submitting') {
    return now < job.deadlineAt
      ? { kind: 'resubmit' }
      : { kind: 'lost', reason: 'never reached its worker', worker: 'heard' };
  }
  const isOverdue = now >= plusSeconds(job.deadlineAt, OVERRUN_SECONDS);
  if (answer.kind === 'answered' && answer.value?.manifestSha256 === job.manifestSha256) {
    const report = answer.value;
    if (!hasEnded(report.status) && isOverdue) {
      return { kind: 'lost', reason: 'ran past its deadline', worker: 'heard' };
    }
    return { kind: 'report', report, news: isNews(job, report) };
  }
  const misses = job.misses + 1;
  const silentSeconds = secondsBetween(job.firstMissAt ?? now, now);
  if (
    misses >= settings.looks.lostAfterMisses &&
    silentSeconds >= settings.looks.lostAfterSeconds
  ) {
    const silent = answer.kind === 'silent';
    const why = silent ? `worker lost: ${answer.why}` : 'its worker does not know it';
    const reason = `${why}, ${misses} times in ${silentSeconds} s`;
    return { kind: 'lost', reason, worker: silent ? 'lost' : 'heard' };
  }
  if (isOverdue) {
    const worker = answer.kind === 'silent' ? 'silent' : 'heard';
    return { kind: 'lost', reason: 'silent past its deadline', worker };
  }
  return { kind: 'nothing', miss: true };
}

const isNews = (job: JobRow, report: JobReport): boolean =>
  report.status !== job.reported ||
  report.checkpoints.some(({ line, sequence }) => sequence > seenSequence(job, line)) ||
  report.failures.length !== job.failures.length ||
  report.uploaded.some((line) => !job.uploaded.has(line)) ||
  job.misses > 0;

/**
 * Whether the batches of a job are to hear that it is alive, so that the sweep leaves them alone: of a job that
 * reports often once in a quarter of `jobSeconds`, for which each report counts. A lost job's report is always
 * tried on them, and refused there.
 */
export function isToBeHeard(
  { status, answeredAt, submittedAt }: JobRow,
  { lease }: Pick<Settings, 'lease'>,
  now: Instant,
): boolean {
  const quarter = (at: Instant) =>
    Math.floor(secondsBetween(submittedAt, at) / (lease.jobSeconds / 4));
  return status === 'lost' || answeredAt === undefined || quarter(answeredAt) !== quarter(now);
}

/** Whether the job still holds this batch, under the fence it claimed it with. */
export const isClaimOf = (job: JobRow, batch: BatchRow): boolean =>
  batch.status === 'claimed' &&
  job.batches.some(
    ({ batchId, batchFence }) => batchId === batch.batchId && batchFence === batch.batchFence,
  );

/** Whether what a job does for this batch counts: it holds it, or the batch was re-issued while it did. */
export const isWantedFor = (job: JobRow, batch: BatchRow): boolean =>
  isClaimOf(job, batch) ||
  (batch.earlierJob === job.jobId && (batch.status === 'open' || batch.status === 'claimed'));

/** Given up, but its uploads still count: it is asked until its URLs die. */
export const isLost = (job: JobRow, now: Instant): boolean =>
  job.status === 'lost' && now < job.deadlineAt && !hasEnded(job.reported);

/** Whether anything can still come of a job: it runs, may come back, or has uploads nobody looked at. */
export const isOpen = (job: JobRow, now: Instant): boolean =>
  job.status === 'submitting' ||
  job.status === 'running' ||
  isLost(job, now) ||
  (job.status === 'lost' && !job.salvaged) ||
  hasUnread(job);

/** Lines a worker says it could not do, and why. */
export const failedLines = (
  job: JobRow,
): ReadonlyMap<number, { readonly class: string; readonly message: string }> =>
  new Map(job.failures.map(({ line, ...failure }) => [line, failure]));

/** Lines whose newest checkpoint was not looked at yet, nor their results. */
export const unreadCheckpoints = (job: JobRow): number[] =>
  job.checkpoints
    .filter(
      ({ line, sequence }) =>
        line < job.tasks && !job.collected.has(line) && sequence > seenSequence(job, line),
    )
    .map(({ line }) => line);

const seenSequence = ({ checkpointsSeen }: JobRow, line: number): number =>
  checkpointsSeen.find((seen) => seen.line === line)?.sequence ?? 0;

/** Whether Collect has something to look at. */
export const hasUnread = (job: JobRow): boolean =>
  unread(job).length > 0 || unreadCheckpoints(job).length > 0;

/** Lines that are said to have come to an end and were not looked at yet; those beyond the job are ignored. */
export const unread = (job: JobRow): number[] =>
  [...new Set([...job.uploaded, ...failedLines(job).keys()])]
    .filter((line) => line < job.tasks && !job.collected.has(line))
    .sort((a, b) => a - b);

/**
 * Seconds until the next look at running jobs: the shortest wait after news, half as much again after
 * every quiet look, up to the longest; spread by a quarter either way so that bursts do not beat together.
 */
export function lookAgainSeconds(
  quietLooks: number,
  { shortestSeconds, longestSeconds }: Settings['looks'],
  random: number,
): number {
  const grown = Math.min(longestSeconds, shortestSeconds * 1.5 ** quietLooks);
  return Math.max(1, Math.round(grown * (0.75 + random / 2)));
}
