import fc from 'fast-check';
import { expect, it } from 'vitest';
import { taskSecondsOf } from '../../infra/estimate/draws.ts';
import { spreadOf } from '../../infra/estimate/quantiles.ts';

const upTo = (count: number) => Array.from({ length: count }, (_, n) => count - n);

it.each([
  [upTo(1), { p50: 1, p95: 1 }],
  [upTo(2), { p50: 1, p95: 2 }],
  [upTo(19), { p50: 10, p95: 19 }],
  [upTo(20), { p50: 10, p95: 19 }],
  [upTo(21), { p50: 11, p95: 20 }],
])('the quantiles of %j are those of the nearest rank', (values, expected) => {
  expect(spreadOf(values)).toEqual(expected);
});

it('quantiles are values that occurred, and the bad case is no better than the middle', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 }),
      (values) => {
        const { p50, p95 } = spreadOf(values);
        expect(values).toContain(p50);
        expect(values).toContain(p95);
        expect(p95).toBeGreaterThanOrEqual(p50);
      },
    ),
  );
});

const timed = (taskId: string, kind: string, unitSeconds: number) => ({
  ...{ taskId, kind, unitSeconds },
});

it('a kind that is slow under a seed is slow for all of its tasks, and another kind need not be', () => {
  const tasks = [
    ...Array.from({ length: 50 }, (_, n) => timed(`a-${n}`, 'a', 10)),
    ...Array.from({ length: 50 }, (_, n) => timed(`b-${n}`, 'b', 10)),
  ];
  const meanOf = (seed: number, kind: string) => {
    const seconds = taskSecondsOf(seed, tasks);
    const own = tasks.filter((task) => task.kind === kind);
    return own.reduce((sum, { taskId }) => sum + (seconds.get(taskId) ?? 0), 0) / own.length;
  };
  const seeds = upTo(40);
  const means = spreadOf(seeds.map((seed) => meanOf(seed, 'a')));
  expect(means.p50).toBeGreaterThan(7);
  expect(means.p50).toBeLessThan(14);
  expect(means.p95).toBeGreaterThan(1.5 * means.p50);
  expect(seeds.some((seed) => meanOf(seed, 'a') > 1.5 * meanOf(seed, 'b'))).toBe(true);
  expect(taskSecondsOf(3, tasks)).toEqual(taskSecondsOf(3, tasks));
  expect(taskSecondsOf(3, tasks)).not.toEqual(taskSecondsOf(4, tasks));
});
