import { quantile } from '../bench/measures.ts';

/** Middle and bad case of several runs. */
export interface Spread {
  readonly p50: number;
  readonly p95: number;
}

/** By nearest rank: each is a value that a run had. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) };
}
