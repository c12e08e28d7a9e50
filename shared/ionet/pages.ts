import { ProviderUnclear } from './refusal.ts';

/** The most the API serves at once. Pages count from 0. */
export const PAGE_SIZE = 100;

/** Beyond this many pages a list is taken for a loop. */
const MAX_PAGES = 500;

export interface Page<Item> {
  readonly total: number;
  readonly items: readonly Item[];
}

/**
 * Reads a list to its end, each item once, or fails: whoever reads a list destroys by what is missing
 * from it, so half of one is worse than none.
 *
 * The end is a page that is not full, once as many items were seen as the first page announced. A list
 * that grows meanwhile is complete as of its first page; one that shrinks may have moved an item past
 * us. Neither the server's page size nor what it counts in `total` is trusted alone.
 *
 * @throws ProviderUnclear when the list shrank, repeated itself or ended early.
 */
export async function readAll<Item>(
  what: string,
  pageAt: (page: number) => Promise<Page<Item>>,
  idOf: (item: Item) => string,
): Promise<Item[]> {
  const seen = new Map<string, Item>();
  let announced = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const { total, items } = await pageAt(page);
    if (page === 0) announced = total;
    if (total < announced) throw new ProviderUnclear(`${what} shrank while it was read`);

    const before = seen.size;
    for (const item of items) seen.set(idOf(item), item);

    if (items.length < PAGE_SIZE && seen.size >= announced) return [...seen.values()];
    if (seen.size === before) {
      throw new ProviderUnclear(`${what} announced ${announced} entries and showed ${seen.size}`);
    }
  }
  throw new ProviderUnclear(`${what} has more than ${MAX_PAGES} pages`);
}
