import { deadlineOf } from '../model/limits.ts';
import type { BatchRow } from '../model/rows.ts';
import { type Instant, plusSeconds, secondsBetween } from '../model/time.ts';
import { openSeconds } from './lanes.ts';

/** After this long a batch without a deadline comes before all that are younger, however long they are. */
const LONG_WAIT_SECONDS = 3600;

/**
 * Batches in the order they are claimed: the highest priority, then the least slack to a deadline, then what has
 * waited for very long, then the longest (list scheduling by longest processing time: the makespan is at most 4/3
 * of the shortest possible), then the oldest. Lengths are told apart to a tenth of a second.
 */
export function claimOrder(batches: readonly BatchRow[], now: Instant): BatchRow[] {
  const longAgo = plusSeconds(now, -LONG_WAIT_SECONDS);
  const groups = new Map<number, Group>();
  for (const batch of oldestFirst(batches)) {
    let group = groups.get(batch.priority);
    if (group === undefined) {
      group = { due: [], waited: [], others: [] };
      groups.set(batch.priority, group);
    }
    if (deadlineOf(batch) !== undefined) group.due.push(batch);
    else if (batch.openedAt <= longAgo) group.waited.push(batch);
    else group.others.push(batch);
  }
  return [...groups]
    .sort(([a], [b]) => b - a)
    .flatMap(([, { due, waited, others }]) => [
      ...leastSlackFirst(due, now),
      ...waited,
      ...longestFirst(others),
    ]);
}

/** Batches of one priority, each part with the oldest in front. */
interface Group {
  readonly due: BatchRow[];
  readonly waited: BatchRow[];
  readonly others: BatchRow[];
}

/** A ledger lists them like this: then there is nothing to sort. */
function oldestFirst(batches: readonly BatchRow[]): readonly BatchRow[] {
  const isListed = batches.every(
    ({ batchId }, index) => index === 0 || (batches[index - 1]?.batchId ?? '') < batchId,
  );
  return isListed ? batches : [...batches].sort((a, b) => (a.batchId < b.batchId ? -1 : 1));
}

function leastSlackFirst(batches: readonly BatchRow[], now: Instant): BatchRow[] {
  const keyed = batches.map((batch) => {
    const seconds = openSeconds(batch);
    return {
      batch,
      seconds,
      slackSeconds: secondsBetween(now, deadlineOf(batch) ?? now) - seconds,
    };
  });
  return keyed
    .sort((a, b) => a.slackSeconds - b.slackSeconds || b.seconds - a.seconds)
    .map(({ batch }) => batch);
}

/** Room for the place of a batch beside its length: a number holds 53 bits exactly, and this leaves 29 for the length. */
const PLACES = 2 ** 24;

/** Longer ones are all the same: 18 months. */
const MOST_TENTHS = 2 ** 29 - 1;

/** Sorts numbers that hold length and place, many times faster than rows by a comparison. */
function longestFirst(batches: readonly BatchRow[]): BatchRow[] {
  const keys = Float64Array.from(batches, (batch, place) => {
    const tenths = Math.min(MOST_TENTHS, Math.round(openSeconds(batch) * 10));
    return (MOST_TENTHS - tenths) * PLACES + place;
  });
  return Array.from(keys.sort(), (key) => batches[key % PLACES]).filter(
    (batch) => batch !== undefined,
  );
}
