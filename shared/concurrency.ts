/**
 * Runs `work` on every item, at most `width` at a time, and gives the results in order.
 * The first rejection is passed on once everything that had begun is over.
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const waiting = items.entries();
  const lane = async () => {
    for (const [index, item] of waiting) results[index] = await work(item, index);
  };
  const lanes = await Promise.allSettled(
    Array.from({ length: Math.min(width, items.length) }, lane),
  );
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason;
  return results;
}
