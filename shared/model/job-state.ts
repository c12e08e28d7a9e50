import { hasEnded } from './job.ts';
import type { BatchRow, JobRow } from './rows.ts';
import type { Instant } from './time.ts';

/** Statuses in which a job occupies a slot. A lost job's worker gets nothing until it answers again. */
export const isLive = (job: JobRow): boolean =>
  job.status === 'submitting' || job.status === 'running';

/** A live job that has not said that it ended. */
export const isAtWork = (job: JobRow): boolean => isLive(job) && !hasEnded(job.reported);

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

/** The newest checkpoint of a line that was looked at; 0: none. */
export const seenSequence = ({ checkpointsSeen }: JobRow, line: number): number =>
  checkpointsSeen.find((seen) => seen.line === line)?.sequence ?? 0;

/** Whether Collect has something to look at. */
export const hasUnread = (job: JobRow): boolean =>
  unread(job).length > 0 || unreadCheckpoints(job).length > 0;

/** Lines that are said to have come to an end and were not looked at yet; those beyond the job are ignored. */
export const unread = (job: JobRow): number[] =>
  [...new Set([...job.uploaded, ...failedLines(job).keys()])]
    .filter((line) => line < job.tasks && !job.collected.has(line))
    .sort((a, b) => a - b);
