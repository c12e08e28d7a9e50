/**
 * Divides a whole amount in proportion to weights by the method of the largest remainder (Hamilton): every part
 * is whole, at most one from its exact share, and together they are the amount. Equal remainders go to the
 * earlier part. Without any weight the first part gets everything.
 *
 * @param amount - Whole, not negative, at most 2^53 - 1.
 * @param weights - Whole, not negative; at least one of them.
 */
export function apportion(amount: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  if (total === 0n) return weights.map((_, index) => (index === 0 ? amount : 0));
  const shares = weights.map((weight, index) => {
    const exact = BigInt(amount) * BigInt(weight);
    return { index, whole: Number(exact / total), remainder: exact % total };
  });
  const left = amount - shares.reduce((sum, { whole }) => sum + whole, 0);
  const luckiest = shares.toSorted((a, b) => compare(b.remainder, a.remainder)).slice(0, left);
  const extra = new Set(luckiest.map(({ index }) => index));
  return shares.map(({ whole, index }) => whole + (extra.has(index) ? 1 : 0));
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
