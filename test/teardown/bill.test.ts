import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { billOf, shareOut } from '../../shared/teardown/bill.ts';
import { aLease, at, aView, NOW } from '../support/burst-rows.ts';

describe('the bill', () => {
  it('is what the provider says, for the time the cluster lived', () => {
    const view = aView({ startedAt: at(-1000), endedAt: at(-400), amountPaidMicroUsd: 123 });
    expect(billOf(aLease({ quotedMicroUsd: 999 }), view, NOW)).toEqual({
      billedMicroUsd: 123,
      aliveSeconds: 600,
    });
  });

  it('of a cluster the provider forgot is every term that was bought', () => {
    const lease = aLease({ quotedMicroUsd: 999, confirmedGoneAt: at(-90) });
    expect(billOf(lease, undefined, NOW)).toEqual({ billedMicroUsd: 999, aliveSeconds: 1700 });
  });

  it('of one it forgot after its end was confirmed is what it said then', () => {
    const lease = aLease({ quotedMicroUsd: 999, endedMicroUsd: 123 });
    expect(billOf(lease, undefined, NOW).billedMicroUsd).toBe(123);
    const view = aView({ amountPaidMicroUsd: 124 });
    expect(billOf(lease, view, NOW).billedMicroUsd).toBe(124);
  });

  it('of a burst that never had one is nothing', () => {
    const lease = aLease({ clusterId: undefined, quotedMicroUsd: 999 });
    expect(billOf(lease, undefined, NOW)).toEqual({ billedMicroUsd: 0, aliveSeconds: 0 });
  });

  it('never counts time backwards', () => {
    const view = aView({ startedAt: at(0), endedAt: at(-1) });
    expect(billOf(aLease(), view, NOW).aliveSeconds).toBe(0);
  });
});

describe('a bill over several holds', () => {
  const spent = (holds: number[], billed: number, terms = holds.length) =>
    shareOut(
      holds.map((microUsd, index) => ({ term: index + 1, microUsd })),
      billed,
      terms,
    ).map(({ spentMicroUsd }) => spentMicroUsd);

  it.each([
    ['less than the first', [100, 100], 99, [99, 0]],
    ['all of the first', [100, 100], 100, [100, 0]],
    ['a little of the second', [100, 100], 101, [100, 1]],
    ['all of both', [100, 100], 200, [100, 100]],
    ['more than was held', [100, 100], 250, [100, 150]],
    ['nothing', [100, 100], 0, [0, 0]],
  ])('takes the first term first: %s', (_how, holds, billed, expected) => {
    expect(spent(holds, billed)).toEqual(expected);
  });

  it.each([
    [1, [150, 0]],
    [2, [100, 50]],
  ])(
    'spends nothing against the hold of a term that was not bought: %i of two',
    (terms, expected) => {
      expect(spent([100, 100], 150, terms)).toEqual(expected);
    },
  );

  it('of a cluster nobody learned of falls to the hold of its first term', () => {
    expect(spent([100, 100], 150, 0)).toEqual([150, 0]);
  });

  it('is spread without loss', () => {
    const amounts = fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(amounts, fc.nat(5000), (holds, billed) => {
        expect(spent(holds, billed).reduce((sum, one) => sum + one, 0)).toBe(billed);
      }),
    );
  });
});
