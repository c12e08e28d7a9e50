import { expect, it } from 'vitest';
import { lptMakespan, makespan } from '../../infra/bench/makespan.ts';
import { indexUnits, itemBytes, readUnits, writeUnits } from '../../infra/bench/request-units.ts';

const row = (bytes: number) => ({ a: 'x'.repeat(bytes - itemBytes({ a: '' })) });

it('an item is as large as its names and values, and the mark every write leaves', () => {
  const nothing = itemBytes({});
  expect(itemBytes(undefined)).toBe(0);
  expect(itemBytes({ ab: 'cdé' }) - nothing).toBe(2 + 4);
  expect(itemBytes({ a: 1234, b: true }) - nothing).toBe(1 + 3 + 1 + 1);
  expect(itemBytes({ a: { b: 'c' } }) - nothing).toBe(1 + 3 + 1 + 2);
});

it.each([
  [1024, 1],
  [1025, 2],
])(
  'an item of %i bytes takes %i units to write, whichever of its versions is that large',
  (bytes, units) => {
    expect(writeUnits(row(bytes), row(100))).toBe(units);
    expect(writeUnits(undefined, row(bytes))).toBe(units);
  },
);

it.each([
  [0, 1],
  [4096, 1],
  [4097, 2],
])('reading %i bytes takes %i units', (bytes, units) => {
  expect(readUnits(bytes)).toBe(units);
});

it('an entry of the index is paid where it is put, removed or moved', () => {
  const [early, late] = [
    { dueOf: 'batch', dueAt: '1' },
    { dueOf: 'batch', dueAt: '2' },
  ];
  expect(indexUnits(undefined, early)).toBe(1);
  expect(indexUnits(early, {})).toBe(1);
  expect(indexUnits(early, late)).toBe(2);
  expect(indexUnits(early, { ...early, other: 1 })).toBe(0);
});

it('longest first is what it says', () => {
  expect(lptMakespan([2, 3, 4], 2)).toBe(5);
});

it('every task of known length is run, in no less than the least time', () => {
  const seconds = Array.from({ length: 24 }, (_, n) => 10 + ((n * 7919) % 37));
  const bound = seconds.reduce((sum, one) => sum + one, 0) / 4;
  const took = makespan(seconds, 4);
  expect(took).toBeGreaterThanOrEqual(bound);
  expect(took).toBeLessThanOrEqual(bound + Math.max(...seconds));
});
