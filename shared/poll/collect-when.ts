import { hasEnded } from '../model/job.ts';
import { hasUnread, unread, unreadCheckpoints } from '../model/job-state.ts';
import type { JobRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, secondsBetween } from '../model/time.ts';

/**
 * Whether Collect is worth an invocation now.
 *
 * What running jobs upload may wait until it fills one, or for `unreadSeconds`; and so may the end of a job that went
 * well while its worker has another one. Whatever may need a batch to go back, and the last job of a worker, is
 * looked at at once.
 */
export function worthCollecting(
  jobs: readonly JobRow[],
  { looks, limits }: Pick<Settings, 'looks' | 'limits'>,
  now: Instant,
): boolean {
  const waiting = jobs.filter(hasUnread);
  const lines = waiting.reduce(
    (sum, job) => sum + unread(job).length + unreadCheckpoints(job).length,
    0,
  );
  return (
    jobs.some((job) => job.status === 'lost' && !job.salvaged) ||
    lines >= limits.verifyPerLook ||
    waiting.some(
      (job) =>
        secondsBetween(job.unreadSince ?? job.submittedAt, now) >= looks.unreadSeconds ||
        !(isHeardAtWork(job) || isFollowed(job, jobs)),
    )
  );
}

const isHeardAtWork = ({ status, reported }: JobRow): boolean =>
  status === 'running' && !hasEnded(reported);

/** It delivered every line and its worker has its next job: nobody waits for its end. */
const isFollowed = (job: JobRow, jobs: readonly JobRow[]): boolean =>
  job.status === 'running' &&
  job.reported === 'succeeded' &&
  job.uploaded.size >= job.tasks &&
  job.failures.length === 0 &&
  job.rejectedResults === 0 &&
  job.votes === 0 &&
  jobs.some((other) => other.worker === job.worker && other.n > job.n && isHeardAtWork(other));

/** Whether Run is to finish a job now: its uploads were looked at, and it will bring no more. */
export const isFinishable = (job: JobRow, jobs: readonly JobRow[]): boolean =>
  job.status === 'running' && hasEnded(job.reported) && !hasUnread(job) && !isFollowed(job, jobs);
