import { FpInvertBatch, type IField } from '@noble/curves/abstract/modular.js';
import type {
  AffinePoint,
  WeierstrassPoint,
  WeierstrassPointCons,
} from '@noble/curves/abstract/weierstrass.js';

/** A point in affine coordinates; undefined is infinity. */
type Affine<F> = AffinePoint<F> | undefined;

/** Bits of r, the order of both groups. */
const SCALAR_BITS = 254;

/**
 * Σ scalar[n] · point[n] by Pippenger's buckets. An addition in affine coordinates takes half the multiplications
 * of the library's in projective ones, if it need not invert: so a round of additions is made at once, and all of
 * its inversions for the price of one (Montgomery's trick).
 *
 * Not in constant time, and need not be: who owns the machine owns the witness.
 *
 * @param points - Of the group, one for each scalar.
 * @param scalars - Each below 2^254.
 */
export function multiScalarSum<F>(
  group: WeierstrassPointCons<F>,
  points: readonly WeierstrassPoint<F>[],
  scalars: readonly bigint[],
): WeierstrassPoint<F> {
  const bits = Math.max(2, Math.floor(Math.log2(points.length + 1)) - 4);
  const affine = points.map((point) => (point.is0() ? undefined : point.toAffine()));
  const windows = Array.from({ length: Math.ceil(SCALAR_BITS / bits) }, (_, window) =>
    bucketSums(group.Fp, affine, digitsOf(scalars, window * bits, bits), 2 ** bits),
  );
  const sums = weightedSums(group.Fp, windows, 2 ** bits);
  return sums.reduceRight<WeierstrassPoint<F>>((total, sum) => {
    let shifted = total;
    for (let bit = 0; bit < bits; bit += 1) shifted = shifted.double();
    return sum === undefined ? shifted : shifted.add(group.fromAffine(sum));
  }, group.ZERO);
}

function digitsOf(scalars: readonly bigint[], shift: number, bits: number): number[] {
  const mask = 2n ** BigInt(bits) - 1n;
  return scalars.map((scalar) => Number((scalar >> BigInt(shift)) & mask));
}

/** For each digit the sum of its points: neighbours are added in pairs until no bucket has two. */
function bucketSums<F>(
  field: IField<F>,
  points: readonly Affine<F>[],
  digits: readonly number[],
  size: number,
): Affine<F>[] {
  let buckets = Array.from({ length: size }, (): Affine<F>[] => []);
  for (const [n, digit] of digits.entries()) if (digit !== 0) buckets[digit]?.push(points[n]);
  while (buckets.some(({ length }) => length > 1)) {
    const sums = addPairs(field, buckets.flatMap(neighbours)).values();
    buckets = buckets.map((bucket) => {
      const added = Array.from({ length: bucket.length >> 1 }, () => sums.next().value);
      return bucket.length % 2 === 0 ? added : [...added, bucket.at(-1)];
    });
  }
  return buckets.map(([sum]) => sum);
}

type Pair<F> = readonly [Affine<F>, Affine<F>];

const neighbours = <F>(points: readonly Affine<F>[]): Pair<F>[] =>
  Array.from({ length: points.length >> 1 }, (_, n) => [points[2 * n], points[2 * n + 1]]);

/** Σ digit · bucket[digit] for every window: the sum of all sums from the last bucket down to each. */
function weightedSums<F>(
  field: IField<F>,
  windows: readonly (readonly Affine<F>[])[],
  size: number,
): Affine<F>[] {
  let running: Affine<F>[] = windows.map(() => undefined);
  let total = running;
  for (let digit = size - 1; digit > 0; digit -= 1) {
    running = addPairs(
      field,
      windows.map((buckets, n) => [running[n], buckets[digit]]),
    );
    total = addPairs(
      field,
      total.map((sum, n) => [sum, running[n]]),
    );
  }
  return total;
}

/** p + q for every pair, on y² = x³ + b: the slope is that of the chord, or of the tangent where p = q. */
function addPairs<F>(field: IField<F>, pairs: readonly Pair<F>[]): Affine<F>[] {
  const slopes = pairs.map(([p, q]) => p && q && slopeOf(field, p, q));
  const inverses = FpInvertBatch(
    field,
    slopes.map((slope) => slope?.run ?? field.ONE),
  );
  return pairs.map(([p, q], n) => {
    if (p === undefined || q === undefined) return p ?? q;
    const [slope, inverse] = [slopes[n], inverses[n]];
    if (slope === undefined || inverse === undefined) return undefined;
    const lambda = field.mul(slope.rise, inverse);
    const x = field.sub(field.sub(field.sqr(lambda), p.x), q.x);
    return { x, y: field.sub(field.mul(lambda, field.sub(p.x, x)), p.y) };
  });
}

/** Undefined: p = -q, and their sum is infinity. */
function slopeOf<F>(
  field: IField<F>,
  p: AffinePoint<F>,
  q: AffinePoint<F>,
): { readonly rise: F; readonly run: F } | undefined {
  if (!field.eql(p.x, q.x)) return { rise: field.sub(q.y, p.y), run: field.sub(q.x, p.x) };
  if (!field.eql(p.y, q.y)) return undefined;
  const square = field.sqr(p.x);
  return { rise: field.add(field.add(square, square), square), run: field.add(p.y, p.y) };
}
