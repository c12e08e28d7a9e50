import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLate, usualWait } from '../../shared/plan/usual-wait.ts';
import { aLease, at, NOW } from '../support/burst-rows.ts';

const DAY = 24 * 3600;

describe('how long clusters take', () => {
  const samples = (seconds: number, count: number, daysAgo = 0) =>
    Array.from({ length: count }, () => ({ at: at(-daysAgo * DAY), seconds }));

  it.each([
    ['before any was seen: half 300 s, nine in ten 647', [], 300, 647],
    ['one sample alone moves the middle by two tenths of the assumed', samples(10, 1), 219, 647],
    ['many are believed', samples(90, 50), 90, 90],
    ['many old ones are not', samples(90, 50, 365), 300, 647],
    ['one outlier among many changes nothing', [...samples(90, 49), ...samples(2700, 1)], 90, 90],
  ])('%s', (_what, seen, p50Seconds, p90Seconds) => {
    expect(usualWait(seen, NOW)).toEqual({ p50Seconds, p90Seconds });
  });

  it('is a positive number of seconds that was seen or assumed, whatever was seen', () => {
    const sample = fc.record({
      at: fc.integer({ min: -5000, max: 5000 }).map((days) => at(days * DAY)),
      seconds: fc.double({ min: 0, max: 1e9, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 50 }), (seen) => {
        const { p50Seconds, p90Seconds } = usualWait(seen, NOW);
        expect(p50Seconds).toBeGreaterThanOrEqual(1);
        expect(p90Seconds).toBeGreaterThanOrEqual(p50Seconds);
        expect(p90Seconds).toBeLessThanOrEqual(Math.max(805, ...seen.map((one) => one.seconds)));
      }),
    );
  });

  it.each([
    [{ createdClusterAt: at(-800) }, false],
    [{ createdClusterAt: at(-800.001) }, true],
    [{ createdClusterAt: at(-600), usualSeconds: 90 }, false],
    [{ createdClusterAt: at(-600.001), usualSeconds: 90 }, true],
    [{ createdClusterAt: at(-9000), phase: 'ready' as const }, false],
    [{ createdClusterAt: at(-9000), usualSeconds: undefined }, false],
    [{ createdClusterAt: undefined }, false],
  ])('is late beyond twice what nine in ten take, 400 s, and ten minutes: %j', (fields, late) => {
    const lease = aLease({ phase: 'provisioning', usualSeconds: 400, ...fields });
    expect(isLate(lease, NOW)).toBe(late);
  });
});
