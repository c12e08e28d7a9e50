import type { BatchRow } from '../model/rows.ts';
import { type Instant, plusSeconds, secondsBetween } from '../model/time.ts';

/** After this long a batch without a deadline comes before all that are younger, however long they are. */
const LONG_WAIT_SECONDS = 3600;

/**
 * Batches in the order they are claimed: the highest priority, then the least slack to a deadline, then what has
 * waited for very long, then the longest (list scheduling by longest processing time: the makespan is at most 4/3
 * of the shortest possible), then the oldest. Lengths are told apart to a millisecond.
 *
 * Slots are few and a backlog may be long: of the longest, only those that are asked for are put in order.
 */
export function* claimOrder(batches: readonly BatchRow[], now: Instant): Generator<BatchRow> {
  const groups = byPriority(batches, now);
  for (const [, { due, waited, others, keys }] of [...groups].sort(([a], [b]) => b - a)) {
    yield* due
      .sort((a, b) => a.slackSeconds - b.slackSeconds || b.seconds - a.seconds)
      .map(({ batch }) => batch);
    yield* waited;
    const heap = heapOf(keys);
    for (let size = heap.length; size > 0; size -= 1) {
      const longest = others[takeSmallest(heap, size) % PLACES];
      if (longest !== undefined) yield longest;
    }
  }
}

function byPriority(batches: readonly BatchRow[], now: Instant): Map<number, Group> {
  const longAgo = plusSeconds(now, -LONG_WAIT_SECONDS);
  const groups = new Map<number, Group>();
  for (const batch of oldestFirst(batches)) {
    let group = groups.get(batch.priority);
    if (group === undefined) {
      group = { due: [], waited: [], others: [], keys: [] };
      groups.set(batch.priority, group);
    }
    const { seconds, deadlineAt } = leftOf(batch);
    if (deadlineAt !== undefined) {
      group.due.push({ batch, seconds, slackSeconds: secondsBetween(now, deadlineAt) - seconds });
    } else if (batch.openedAt <= longAgo) group.waited.push(batch);
    else {
      group.keys.push(lengthFirst(seconds, group.others.length));
      group.others.push(batch);
    }
  }
  return groups;
}

/** Batches of one priority, each part with the oldest in front. */
interface Group {
  readonly due: {
    readonly batch: BatchRow;
    readonly seconds: number;
    readonly slackSeconds: number;
  }[];
  readonly waited: BatchRow[];
  readonly others: BatchRow[];
  /** Of each of the others: by its length and its place. */
  readonly keys: number[];
}

/** A ledger lists them like this: then there is nothing to sort. */
function oldestFirst(batches: readonly BatchRow[]): readonly BatchRow[] {
  const isListed = batches.every(
    ({ batchId }, index) => index === 0 || (batches[index - 1]?.batchId ?? '') < batchId,
  );
  return isListed ? batches : [...batches].sort((a, b) => (a.batchId < b.batchId ? -1 : 1));
}

/** Estimated slot time of the tasks that have not ended, and the earliest deadline among theirs. */
function leftOf({ tasks, settled }: BatchRow) {
  let seconds = 0;
  let deadlineAt: Instant | undefined;
  for (let index = 0; index < tasks.length; index += 1) {
    const task = tasks[index];
    // Most batches have no ended task: a million questions to empty sets would be half the time of this.
    if (task === undefined || (settled.size > 0 && settled.has(index))) continue;
    seconds += task.unitSeconds;
    if (task.deadlineAt === undefined) continue;
    if (deadlineAt === undefined || task.deadlineAt < deadlineAt) deadlineAt = task.deadlineAt;
  }
  return { seconds, deadlineAt };
}

/** Room for the place of a batch beside its length: a number holds 53 bits exactly, and this leaves 31 for the length. */
const PLACES = 2 ** 22;

/** Longer ones are all the same: 24 days. */
const MOST_MS = 2 ** 31 - 1;

/** A number that holds length and place: numbers are put in order many times faster than rows by a comparison. */
const lengthFirst = (seconds: number, place: number): number =>
  (MOST_MS - Math.min(MOST_MS, Math.round(seconds * 1000))) * PLACES + place;

/** A binary heap of these numbers, the smallest at its root. */
function heapOf(numbers: readonly number[]): Float64Array {
  const heap = new Float64Array(numbers);
  for (let root = Math.floor(heap.length / 2) - 1; root >= 0; root -= 1) {
    siftDown(heap, root, heap.length);
  }
  return heap;
}

/** Takes the smallest out of the first `size` numbers, which are a heap; one fewer are one afterwards. */
function takeSmallest(heap: Float64Array, size: number): number {
  const smallest = heap[0] ?? 0;
  heap[0] = heap[size - 1] ?? 0;
  siftDown(heap, 0, size - 1);
  return smallest;
}

/** Moves what is at `root` down until nothing below it is smaller. */
function siftDown(heap: Float64Array, root: number, size: number): void {
  const moved = heap[root] ?? 0;
  let hole = root;
  for (let child = 2 * hole + 1; child < size; child = 2 * hole + 1) {
    if (child + 1 < size && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child += 1;
    const smaller = heap[child] ?? 0;
    if (smaller >= moved) break;
    heap[hole] = smaller;
    hole = child;
  }
  heap[hole] = moved;
}
