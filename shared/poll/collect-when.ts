import { hasEnded } from '../model/job.ts';
import type { JobRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, secondsBetween } from '../model/time.ts';
import { hasUnread, unread, unreadCheckpoints } from './job-look.ts';

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
        !(isAtWork(job) || (wentWell(job) && jobs.some((other) => isNextOf(job, other)))),
    )
  );
}

const isAtWork = ({ status, reported }: JobRow): boolean =>
  status === 'running' && !hasEnded(reported);

const wentWell = ({ status, reported, failures }: JobRow): boolean =>
  status === 'running' && reported === 'succeeded' && failures.length === 0;

const isNextOf = (job: JobRow, other: JobRow): boolean =>
  other.worker === job.worker && other.n > job.n && isAtWork(other);
