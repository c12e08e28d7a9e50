import { describe, expect, it } from 'vitest';
import { type Page, readAll } from '../../shared/ionet/pages.ts';

const names = (count: number) => Array.from({ length: count }, (_, n) => `c-${n}`);

/** Serves `items` in pages of `size`, and counts the pages asked for. */
function listing(items: readonly string[], size = 100) {
  const asked: number[] = [];
  return {
    asked,
    pageAt: async (page: number): Promise<Page<string>> => {
      asked.push(page);
      return { total: items.length, items: items.slice(page * size, (page + 1) * size) };
    },
  };
}

const read = (pageAt: (page: number) => Promise<Page<string>>) =>
  readAll('the list', pageAt, (item) => item);

describe('readAll', () => {
  it.each([
    { count: 0, pages: [0] },
    { count: 1, pages: [0] },
    { count: 99, pages: [0] },
    { count: 100, pages: [0, 1] },
    { count: 101, pages: [0, 1] },
    { count: 200, pages: [0, 1, 2] },
  ])('reads $count entries from pages $pages', async ({ count, pages }) => {
    const { asked, pageAt } = listing(names(count));
    expect(await read(pageAt)).toEqual(names(count));
    expect(asked).toEqual(pages);
  });

  it('reads on when the server serves smaller pages than it was asked for', async () => {
    expect(await read(listing(names(25), 10).pageAt)).toEqual(names(25));
  });

  it('reads full pages to their end although the total counts only the page', async () => {
    const { pageAt } = listing(names(250));
    const perPage = async (page: number) => {
      const { items } = await pageAt(page);
      return { items, total: Math.min(items.length, 50) };
    };
    expect(await read(perPage)).toEqual(names(250));
  });

  it('keeps one of each when entries move to the next page meanwhile', async () => {
    const before = names(150);
    const after = ['new', ...before];
    const pageAt = async (page: number) =>
      page === 0
        ? { total: 150, items: before.slice(0, 100) }
        : { total: 151, items: after.slice(100 * page, 100 * (page + 1)) };
    expect(await read(pageAt)).toEqual(before);
  });

  it.each([
    {
      what: 'shrinks while it is read',
      pageAt: async (page: number) => ({
        total: 150 - page,
        items: names(150 - page).slice(100 * page, 100 * (page + 1)),
      }),
      why: 'shrank',
    },
    {
      what: 'ends before its total',
      pageAt: async (page: number) => ({ total: 30, items: page === 0 ? names(20) : [] }),
      why: 'announced 30 entries and showed 20',
    },
    {
      what: 'repeats its first page for ever',
      pageAt: async () => ({ total: 500, items: names(100) }),
      why: 'announced 500 entries and showed 100',
    },
    {
      what: 'never ends',
      pageAt: async (page: number) => ({
        total: 100,
        items: names(100).map((name) => `${page}-${name}`),
      }),
      why: 'more than 500 pages',
    },
  ])('fails when the list $what', async ({ pageAt, why }) => {
    await expect(read(pageAt)).rejects.toMatchObject({
      name: 'ProviderUnclear',
      message: expect.stringContaining(why),
    });
  });
});
