import { pippenger } from '@noble/curves/abstract/curve.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { G1, type G1Point, G2, SCALAR_MODULUS } from '../../../shared/kinds/zk/points.ts';
import { multiScalarSum } from '../../../worker/groth16/multi-scalar.ts';

const scalar = fc.oneof(
  fc.bigInt({ min: 0n, max: SCALAR_MODULUS - 1n }),
  fc.constantFrom(0n, 1n, 2n, SCALAR_MODULUS - 1n),
);

/** Few different points, so that equal and opposite ones meet in a bucket; 0 is infinity. */
const terms = (most: number) =>
  fc.array(fc.record({ factor: fc.integer({ min: -4, max: 4 }), scalar }), { maxLength: most });

const times = (factor: number): G1Point => G1.BASE.multiplyUnsafe(BigInt(Math.abs(factor)));
const g1 = (factor: number): G1Point => (factor < 0 ? times(factor).negate() : times(factor));

describe('a sum of multiples of points', () => {
  it('is the one the definition gives, equal and opposite points and infinity included', () => {
    fc.assert(
      fc.property(terms(60), (list) => {
        const points = list.map(({ factor }) => g1(factor));
        const scalars = list.map((term) => term.scalar);
        const expected = list.reduce((sum, term) => sum + BigInt(term.factor) * term.scalar, 0n);
        const factor = ((expected % SCALAR_MODULUS) + SCALAR_MODULUS) % SCALAR_MODULUS;
        const sum = multiScalarSum(G1, points, scalars);
        expect(sum.equals(G1.BASE.multiplyUnsafe(factor))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it.each([0, 1, 2, 15, 16, 17, 100])(
    'of %i points of G2 is the one the library gives',
    (count) => {
      const points = Array.from({ length: count }, (_, n) => G2.BASE.multiplyUnsafe(BigInt(n + 1)));
      const scalars = points.map((_, n) => SCALAR_MODULUS / BigInt(n + 2));
      const sum = multiScalarSum(G2, points, scalars);
      expect(sum.equals(pippenger(G2, points, scalars))).toBe(true);
    },
  );

  it('is right where all points fall into one bucket', () => {
    const points = Array.from({ length: 300 }, () => G1.BASE);
    const sum = multiScalarSum(
      G1,
      points,
      points.map(() => 7n),
    );
    expect(sum.equals(G1.BASE.multiply(2100n))).toBe(true);
  });
});
