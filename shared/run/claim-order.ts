import { deadlineOf } from '../model/limits.ts';
import type { BatchRow } from '../model/rows.ts';
import { type Instant, secondsBetween } from '../model/time.ts';
import { openSeconds } from './lanes.ts';

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
