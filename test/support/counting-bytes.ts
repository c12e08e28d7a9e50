import { createHash } from 'node:crypto';

/** Bytes that look random and are the same in every run: a source of chance for tests. */
export function countingBytes(seed: number): (count: number) => Uint8Array {
  let n = 0;
  return (count) => {
    n += 1;
    return createHash('shake256', { outputLength: count }).update(`${seed} ${n}`).digest();
  };
}
