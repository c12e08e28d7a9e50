import { createHash } from 'node:crypto';

/** A reproducible source of integers. Same seed and label, same numbers, on every machine. */
export interface Random {
  /** A uniform integer in `[0, bound)`; `bound` at most 2^20. */
  below(bound: number): number;
  /** A uniform integer in `[low, high]`. */
  between(low: number, high: number): number;
  /** True in `numerator` of `denominator` cases. */
  chance(numerator: number, denominator: number): boolean;
}

/**
 * The stream of one purpose. Each part of a picture draws from a stream of its own, so that a star
 * more or less never moves a mountain.
 *
 * The generator is xoshiro128** (Blackman and Vigna, 2018), 32-bit integers only, started from
 * SHA-256(seed, label).
 *
 * @param seed - Bytes naming the picture.
 * @param label - What the numbers are for.
 */
export function randomFor(seed: Uint8Array, label: string): Random {
  const digest = createHash('sha256').update(seed).update(label, 'utf8').digest();
  let a = digest.readUInt32LE(0);
  let b = digest.readUInt32LE(4);
  let c = digest.readUInt32LE(8);
  let d = digest.readUInt32LE(12) | 1; // never the all-zero state, which stays zero

  const next = (): number => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };

  // The high bits of a 32 x 20 bit product: exact in a double, and its bias is below 2^-12.
  const below = (bound: number): number => Math.floor((next() * bound) / 0x1_0000_0000);
  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    chance: (numerator, denominator) => below(denominator) < numerator,
  };
}

const rotateLeft = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
