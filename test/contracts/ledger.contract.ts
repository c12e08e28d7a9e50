import { beforeAll, describe, expect, it } from 'vitest';
import type { Instant } from '../../shared/model/time.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Condition, Key, Ledger, Row, Value, Write } from '../../shared/ports.ts';

const at = (second: number): Instant => instantOf(Date.UTC(2030, 0, 1) + second * 1000);

/**
 * What every ledger does. Each test works in a partition of its own; the index is shared, so its tests
 * look at instants of their own.
 */
export function ledgerContract(name: string, makeLedger: () => Promise<Ledger>): void {
  describe(`the ledger (${name})`, () => {
    let ledger: Ledger;
    let partitions = 0;
    let key: Key;

    beforeAll(async () => {
      ledger = await makeLedger();
    });

    const fresh = (): Key => {
      key = { pk: `${name}-${partitions++}`, sk: '#' };
      return key;
    };
    const put = (set: Write['set']) =>
      ledger.write({ key: fresh(), when: [], ...(set && { set }) });
    const writeWhen = (...when: Condition[]) =>
      ledger.write({ key, when, set: [['mark', 'written']] });
    const stored = async (): Promise<Row> => {
      const { pk: _pk, sk: _sk, ...row } = (await ledger.read(key)) ?? {};
      return row;
    };

    it('reads nothing where nothing was written', async () => {
      expect(await ledger.read(fresh())).toBeUndefined();
    });

    it('answers a write with the whole row, keys included', async () => {
      await put([['a', 1]]);
      expect(await ledger.write({ key, when: [], set: [['b', 'two']] })).toEqual({
        written: true,
        row: { ...key, a: 1, b: 'two' },
      });
      expect(await ledger.read(key)).toEqual({ ...key, a: 1, b: 'two' });
    });

    it('makes a row of a write that sets nothing', async () => {
      await put([]);
      expect(await ledger.read(key)).toEqual(key);
    });

    const values: [string, Value][] = [
      ['an empty text', ''],
      ['text with any characters', 'ä€😀\n"\\'],
      ['zero', 0],
      ['a fraction', -0.125],
      ['the largest whole number', Number.MAX_SAFE_INTEGER],
      ['the smallest whole number', Number.MIN_SAFE_INTEGER],
      ['a number with 16 digits', 0.1234567890123456],
      ['a very small number', 1e-130],
      ['true', true],
      ['false', false],
      ['null', null],
      ['a list of everything', ['a', 1, null, [true], { b: new Set([2]) }]],
      ['an empty list', []],
      ['an empty map', {}],
      ['a deep map', { a: { b: { c: [{ d: 1 }] } }, 'odd name #:.[0]': 'x' }],
      ['a set of numbers', new Set([3, 1, 2.5, -4])],
    ];
    it.each(values)('keeps %s', async (_name, value) => {
      await put([['value', value]]);
      expect((await ledger.read(key))?.value).toEqual(value);
    });

    it('leaves undefined values and empty sets out', async () => {
      await put([
        ['map', { here: 1, gone: undefined, empty: new Set<number>() }],
        ['empty', new Set<number>()],
      ]);
      expect(await stored()).toEqual({ map: { here: 1 } });
    });

    it.each([
      ['not a number', Number.NaN],
      ['infinity', Number.POSITIVE_INFINITY],
      ['a whole number beyond 2^53', Number.MAX_SAFE_INTEGER + 1],
      ['a number too close to zero', 1e-131],
    ])('refuses %s', async (_name, value) => {
      await expect(put([['value', value]])).rejects.toThrow();
      await expect(put([['value', new Set([value])]])).rejects.toThrow();
    });

    it('gives out copies', async () => {
      const given = { list: [1] };
      await put([['map', given]]);
      given.list.push(2);
      const read = await ledger.read(key);
      Object.assign(read ?? {}, { map: 'changed' });
      expect(await stored()).toEqual({ map: { list: [1] } });
    });

    describe('conditions', () => {
      const row: [string, Value][] = [
        ['number', 10],
        ['text', 'm'],
        ['yes', true],
        ['nothing', null],
        ['map', { entry: 5, 'a.b': 'dot', word: 'open' }],
      ];
      const table: [Condition, boolean][] = [
        [{ is: 'exists' }, true],
        [{ is: 'absent' }, false],
        [{ is: 'exists', path: 'number' }, true],
        [{ is: 'exists', path: 'nothing' }, true],
        [{ is: 'exists', path: 'missing' }, false],
        [{ is: 'absent', path: 'missing' }, true],
        [{ is: 'absent', path: 'number' }, false],
        [{ is: 'exists', path: ['map', 'entry'] }, true],
        [{ is: 'exists', path: ['map', 'a.b'] }, true],
        [{ is: 'exists', path: ['map', 'missing'] }, false],
        [{ is: 'absent', path: ['map', 'missing'] }, true],
        [{ is: 'absent', path: ['missing', 'entry'] }, true],
        [{ is: 'absent', path: ['text', 'entry'] }, true],
        [{ is: 'equal', path: 'number', value: 10 }, true],
        [{ is: 'equal', path: 'number', value: 9 }, false],
        [{ is: 'equal', path: 'number', value: '10' }, false],
        [{ is: 'equal', path: 'text', value: 'm' }, true],
        [{ is: 'equal', path: 'text', value: 'M' }, false],
        [{ is: 'equal', path: 'yes', value: true }, true],
        [{ is: 'equal', path: 'yes', value: false }, false],
        [{ is: 'equal', path: 'missing', value: false }, false],
        [{ is: 'equal', path: 'nothing', value: false }, false],
        [{ is: 'equal', path: ['map', 'entry'], value: 5 }, true],
        [{ is: 'equal', path: ['missing', 'entry'], value: 5 }, false],
        [{ is: 'atLeast', path: 'number', value: 9 }, true],
        [{ is: 'atLeast', path: 'number', value: 10 }, true],
        [{ is: 'atLeast', path: 'number', value: 11 }, false],
        [{ is: 'atLeast', path: 'number', value: '1' }, false],
        [{ is: 'atLeast', path: 'missing', value: 0 }, false],
        [{ is: 'atMost', path: 'number', value: 9 }, false],
        [{ is: 'atMost', path: 'number', value: 10 }, true],
        [{ is: 'atMost', path: 'number', value: 11 }, true],
        [{ is: 'atMost', path: 'missing', value: 0 }, false],
        [{ is: 'atLeast', path: 'text', value: 'l' }, true],
        [{ is: 'atLeast', path: 'text', value: 'm' }, true],
        [{ is: 'atLeast', path: 'text', value: 'm0' }, false],
        [{ is: 'atMost', path: 'text', value: 'm' }, true],
        [{ is: 'atMost', path: 'text', value: 'l' }, false],
        [{ is: 'atLeast', path: ['map', 'entry'], value: 5 }, true],
        [{ is: 'atLeast', path: ['map', 'entry'], value: 5.5 }, false],
        [{ is: 'oneOf', path: 'text', values: ['a', 'm'] }, true],
        [{ is: 'oneOf', path: 'text', values: ['a', 'b'] }, false],
        [{ is: 'oneOf', path: 'missing', values: ['a'] }, false],
        [{ is: 'oneOf', path: 'number', values: ['10'] }, false],
        [{ is: 'oneOf', path: ['map', 'word'], values: ['open', 'done'] }, true],
      ];
      it.each(table)('%j holds: %s', async (condition, holds) => {
        const before = await put(row);
        const outcome = await writeWhen(condition);
        expect(outcome).toEqual({
          written: holds,
          row: holds ? { ...before.row, mark: 'written' } : before.row,
        });
        expect(await ledger.read(key)).toEqual(outcome.row);
      });

      const ofNothing: [Condition, boolean][] = [
        [{ is: 'exists' }, false],
        [{ is: 'absent' }, true],
        [{ is: 'absent', path: 'missing' }, true],
        [{ is: 'equal', path: 'number', value: 0 }, false],
        [{ is: 'atLeast', path: 'number', value: 0 }, false],
      ];
      it.each(ofNothing)('%j holds where there is no row: %s', async (condition, holds) => {
        fresh();
        const outcome = await writeWhen(condition);
        expect(outcome).toEqual({
          written: holds,
          row: holds ? { ...key, mark: 'written' } : undefined,
        });
        expect(await ledger.read(key)).toEqual(outcome.row);
      });

      it.each([
        { first: 10, second: 'm', written: true },
        { first: 11, second: 'm', written: false },
        { first: 10, second: 'n', written: false },
      ])('must all hold: $first and $second', async ({ first, second, written }) => {
        await put(row);
        const outcome = await writeWhen(
          { is: 'equal', path: 'number', value: first },
          { is: 'equal', path: 'text', value: second },
        );
        expect(outcome.written).toBe(written);
      });

      it.each([
        { count: 0, taken: false },
        { count: 1, taken: true },
        { count: 100, taken: true },
        { count: 101, taken: false },
      ])('takes a oneOf of $count values: $taken', async ({ count, taken }) => {
        await put([['text', 'v0']]);
        const values = Array.from({ length: count }, (_, n) => `v${n}`);
        const outcome = writeWhen({ is: 'oneOf', path: 'text', values });
        await (taken
          ? expect(outcome).resolves.toMatchObject({ written: true })
          : expect(outcome).rejects.toThrow());
      });
    });

    describe('changes', () => {
      it('sets, adds and removes at once and leaves the rest alone', async () => {
        await put([
          ['known', 1],
          ['unknown to this version', { deep: ['kept'] }],
          ['gone', 'x'],
          ['map', { kept: 1, 'a.b/c': 2, counted: 3 }],
        ]);
        await ledger.write({
          key,
          when: [],
          set: [
            ['known', 2],
            [['map', 'new entry'], { v: 1 }],
          ],
          add: [
            ['fresh count', 5],
            [['map', 'counted'], -4],
            [['map', 'fresh'], 7],
          ],
          remove: ['gone', ['map', 'a.b/c'], 'never there'],
        });
        expect(await stored()).toEqual({
          known: 2,
          'unknown to this version': { deep: ['kept'] },
          map: { kept: 1, 'new entry': { v: 1 }, counted: -1, fresh: 7 },
          'fresh count': 5,
        });
      });

      it('adds fractions as decimals', async () => {
        await put([['sum', 0.1]]);
        await ledger.write({ key, when: [], add: [['sum', 0.2]] });
        expect(await stored()).toEqual({ sum: 0.3 });
      });

      it('unites sets of numbers, starting from none', async () => {
        fresh();
        await ledger.write({ key, when: [], add: [['seen', new Set([2, 1])]] });
        await ledger.write({ key, when: [], add: [['seen', new Set([2, 3])]] });
        await ledger.write({ key, when: [], add: [['seen', new Set()]] });
        expect(await stored()).toEqual({ seen: new Set([1, 2, 3]) });
      });

      it('removes what is set to an empty set', async () => {
        await put([
          ['seen', new Set([1])],
          ['map', { seen: new Set([1]) }],
        ]);
        await ledger.write({
          key,
          when: [],
          set: [
            ['seen', new Set<number>()],
            [['map', 'seen'], new Set<number>()],
          ],
        });
        expect(await stored()).toEqual({ map: {} });
      });

      const refused: [string, Omit<Write, 'key' | 'when'>][] = [
        ['an entry of a map that is not there', { set: [[['none', 'a'], 1]] }],
        ['an entry of something that is no map', { set: [[['text', 'a'], 1]] }],
        ['adding to an entry of a map that is not there', { add: [[['none', 'a'], 1]] }],
        ['removing an entry of a map that is not there', { remove: [['none', 'a']] }],
        ['adding a number to a text', { add: [['text', 1]] }],
        ['adding a set to a number', { add: [['number', new Set([1])]] }],
        ['adding a number to a set', { add: [['numbers', 1]] }],
        ['adding a set inside a map', { add: [[['map', 'a'], new Set([1])]] }],
        [
          'setting one path twice',
          {
            set: [
              ['a', 1],
              ['a', 2],
            ],
          },
        ],
        ['setting and removing one path', { set: [['a', 1]], remove: ['a'] }],
        ['a map and its entry', { set: [['map', {}]], add: [[['map', 'a'], 1]] }],
        ['an entry twice', { set: [[['map', 'a'], 1]], remove: [['map', 'a']] }],
        ['changing the key', { set: [['pk', 'other']] }],
        ["the ledger's own attribute", { set: [['op', 'mine']] }],
        [
          'an index key that is no text',
          {
            set: [
              ['dueOf', 1],
              ['dueAt', at(0)],
            ],
          },
        ],
      ];
      it.each(refused)('refuses %s and changes nothing', async (_name, change) => {
        await put([
          ['text', 'x'],
          ['number', 1],
          ['numbers', new Set([1])],
          ['map', {}],
        ]);
        const before = await ledger.read(key);
        await expect(ledger.write({ key, when: [], ...change })).rejects.toThrow();
        expect(await ledger.read(key)).toEqual(before);
      });

      it('looks at the conditions before it looks for the map', async () => {
        await put([]);
        const outcome = await ledger.write({
          key,
          when: [{ is: 'exists', path: 'holds' }],
          set: [[['holds', 'a'], 1]],
        });
        expect(outcome).toEqual({ written: false, row: key });
      });
    });

    describe('races', () => {
      it('have exactly one winner of twenty', async () => {
        await put([['status', 'open']]);
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, racer) =>
            ledger.write({
              key,
              when: [{ is: 'equal', path: 'status', value: 'open' }],
              set: [['status', `claimed by ${racer}`]],
            }),
          ),
        );
        const winners = outcomes.filter(({ written }) => written);
        expect(winners).toHaveLength(1);
        expect(await ledger.read(key)).toEqual(winners[0]?.row);
      });

      it('lose no addition', async () => {
        await put([['available', 10]]);
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, () =>
            ledger.write({
              key,
              when: [{ is: 'atLeast', path: 'available', value: 1 }],
              add: [['available', -1]],
            }),
          ),
        );
        expect(outcomes.filter(({ written }) => written)).toHaveLength(10);
        expect(await stored()).toEqual({ available: 0 });
      });
    });

    describe('queries', () => {
      const names = ['#', 'B#1', 'B#2', 'B#3', 'J#1', 'J#\uffee', 'J#😀'];
      let pk: string;
      beforeAll(async () => {
        ({ pk } = fresh());
        for (const sk of names.toReversed()) {
          await ledger.write({ key: { pk, sk }, when: [], set: [['name', sk]] });
        }
        await ledger.write({ key: { pk: `${pk}0`, sk: 'B#1' }, when: [] });
      });
      const found = async (from: string, to: string, limit?: number) =>
        (await ledger.query({ pk, from, to, ...(limit && { limit }) })).map(({ name }) => name);

      it.each([
        { from: '#', to: '~', names: ['#', 'B#1', 'B#2', 'B#3', 'J#1', 'J#\uffee', 'J#😀'] },
        { from: 'B#1', to: 'B#3', names: ['B#1', 'B#2', 'B#3'] },
        { from: 'B#', to: 'B#~', names: ['B#1', 'B#2', 'B#3'] },
        { from: 'B#10', to: 'B#29', names: ['B#2'] },
        { from: 'C', to: 'D', names: [] },
        { from: 'B#3', to: 'B#1', names: [] },
      ])('finds $names from $from to $to', async ({ from, to, names }) => {
        expect(await found(from, to)).toEqual(names);
      });

      it.each([1, 2, 3, 4])('stops at a limit of %i', async (limit) => {
        expect(await found('B#', 'B#~', limit)).toEqual(['B#1', 'B#2', 'B#3'].slice(0, limit));
      });

      it('finds nothing in a partition that does not exist', async () => {
        expect(await ledger.query({ pk: 'nowhere', from: '#', to: '~' })).toEqual([]);
      });

      it.each([0, -1])('refuses a limit of %i', async (limit) => {
        await expect(ledger.query({ pk, from: '#', to: '~', limit })).rejects.toThrow(RangeError);
        await expect(ledger.due({ of: 'batch', until: at(0), limit })).rejects.toThrow(RangeError);
      });

      it('reads beyond one page of a megabyte', async () => {
        const big = fresh();
        const filler = 'x'.repeat(300_000);
        for (let n = 0; n < 5; n++) {
          const row = { pk: big.pk, sk: `J#${n}` };
          await ledger.write({ key: row, when: [], set: [['filler', filler]] });
        }
        expect(await ledger.query({ pk: big.pk, from: '#', to: '~' })).toHaveLength(5);
        expect(await ledger.query({ pk: big.pk, from: '#', to: '~', limit: 4 })).toHaveLength(4);
      });
    });

    describe('the index of due rows', () => {
      /** Asked twice, because the first answer may be as old as the question before. */
      const due = async (of: 'batch' | 'lease' | 'profile', second: number, limit = 10) => {
        const question = { of, until: at(second), limit };
        await ledger.due(question);
        return ledger.due(question);
      };

      it('finds rows by kind and instant, oldest first, up to the limit', async () => {
        const { pk } = fresh();
        const keys = [30, 10, 20, 40].map((second) => ({ pk, sk: `L#${second}`, second }));
        for (const { second, ...row } of keys) {
          await ledger.write({
            key: row,
            when: [],
            set: [
              ['dueOf', 'lease'],
              ['dueAt', at(second)],
            ],
          });
        }
        const other = { pk, sk: 'B#' };
        await ledger.write({
          key: other,
          when: [],
          set: [
            ['dueOf', 'batch'],
            ['dueAt', at(5)],
          ],
        });

        const keyOf = (second: number) => ({ pk, sk: `L#${second}` });
        expect(await due('lease', 29)).toEqual([keyOf(10), keyOf(20)]);
        expect(await due('lease', 30)).toEqual([keyOf(10), keyOf(20), keyOf(30)]);
        expect(await due('lease', 99, 2)).toEqual([keyOf(10), keyOf(20)]);
        expect(await due('batch', 99)).toEqual([other]);

        await ledger.write({ key: keyOf(10), when: [], remove: ['dueOf', 'dueAt'] });
        await ledger.write({ key: keyOf(20), when: [], set: [['dueAt', at(50)]] });
        await ledger.write({ key: keyOf(30), when: [], remove: ['dueOf'] });
        expect(await due('lease', 99)).toEqual([keyOf(40), keyOf(20)]);
      });

      it('leaves out rows that are never due', async () => {
        await put([['status', 'accepted']]);
        expect(await due('profile', 99)).toEqual([]);
      });
    });
  });
}
