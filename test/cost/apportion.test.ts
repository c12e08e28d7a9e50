import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apportion } from '../../shared/cost/apportion.ts';

describe('an amount divided by weights', () => {
  it.each([
    ['by proportion', 100, [1, 3], [25, 75]],
    ['the largest remainder gets what is left', 10, [1, 1, 4], [2, 2, 6]],
    ['equal remainders go to the earlier', 10, [1, 1, 1], [4, 3, 3]],
    ['less than there are parts', 2, [1, 1, 1], [1, 1, 0]],
    ['nothing to those without weight', 7, [0, 5, 0], [0, 7, 0]],
    ['the first gets all where none has weight', 7, [0, 0], [7, 0]],
    ['nothing', 0, [3, 4], [0, 0]],
    ['more than a double can multiply', 500_000_001, [9_007_199_254_740_991, 1], [500_000_001, 0]],
  ])('%s', (_how, amount, weights, parts) => {
    expect(apportion(amount, weights)).toEqual(parts);
  });

  it('is whole, loses nothing, and is nowhere further than one from the exact share', () => {
    const weights = fc.array(fc.maxSafeNat(), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.maxSafeNat(), weights, (amount, given) => {
        const parts = apportion(amount, given);
        expect(parts.reduce((sum, part) => sum + BigInt(part), 0n)).toBe(BigInt(amount));
        const total = given.reduce((sum, weight) => sum + BigInt(weight), 0n);
        if (total === 0n) return;
        parts.forEach((part, index) => {
          const floor = (BigInt(amount) * BigInt(given[index] ?? 0)) / total;
          expect([floor, floor + 1n]).toContain(BigInt(part));
        });
      }),
    );
  });
});
