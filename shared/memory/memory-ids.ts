import { millisecondsOf } from '../model/time.ts';
import type { Clock, Ids } from '../ports.ts';

/** 9 digits in base 36 hold every millisecond up to the year 5188. */
const TIME_DIGITS = 9;
const COUNT_DIGITS = 5;

/**
 * Ids and randomness from a seed: equal seeds and equal calls give equal answers.
 *
 * An id is the time and a running number, both in base 36 and of fixed width, so ids in text order are
 * in order of time as long as the clock does not go back; the number keeps them apart even then.
 *
 * @param clock - left out, ids are ordered by their running number alone.
 */
export function memoryIds(seed: number, clock?: Clock): Ids {
  const random = randomFrom(seed);
  let count = 0;
  return {
    unique: () => {
      const milliseconds = clock === undefined ? 0 : millisecondsOf(clock.now());
      return digits(milliseconds, TIME_DIGITS) + digits(count++, COUNT_DIGITS);
    },
    random,
  };
}

const digits = (value: number, width: number): string => value.toString(36).padStart(width, '0');

/**
 * Uniform in [0, 1), 32 bits each: Weyl sequence through the finaliser of MurmurHash3, the construction
 * known as SplitMix32. For simulations and tests, never for secrets.
 */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    mixed ^= mixed >>> 16;
    return (mixed >>> 0) / 2 ** 32;
  };
}
