import { ExecutionRefused } from './api-refusal.ts';

export interface PageRequest {
  readonly nextToken?: string;
  /** At most 1,000. */
  readonly maxResults?: number;
}

const DEFAULT_RESULTS = 100;
const MAX_RESULTS = 1_000;

/**
 * One page of a list that may grow between calls. The token names the first item of the next page
 * by its key, so nothing is skipped or given twice.
 *
 * @param items - In the order they are given out.
 * @param keyOf - A number that stays with its item.
 * @throws ExecutionRefused `InvalidToken`
 */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => number,
  { nextToken, maxResults = DEFAULT_RESULTS }: PageRequest,
): { items: readonly Item[]; nextToken?: string } {
  const size = Math.min(maxResults || DEFAULT_RESULTS, MAX_RESULTS);
  const start =
    nextToken === undefined ? 0 : items.findIndex((item) => tokenOf(keyOf(item)) === nextToken);
  if (start < 0) throw new ExecutionRefused('InvalidToken', `Invalid Token: '${nextToken}'`);
  const following = items[start + size];
  return {
    items: items.slice(start, start + size),
    ...(following !== undefined && { nextToken: tokenOf(keyOf(following)) }),
  };
}

const tokenOf = (key: number): string => Buffer.from(`from ${key}`).toString('base64url');
