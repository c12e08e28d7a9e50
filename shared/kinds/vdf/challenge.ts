import { pow } from '@noble/curves/abstract/modular.js';
import { ELEMENT_BYTES } from './group.ts';
import { bigEndian, hashToInteger } from './hash.ts';

/** The claim a proof is for: y = x^(2^squarings). */
export interface Claim {
  readonly x: bigint;
  readonly y: bigint;
  readonly squarings: number;
}

const CHALLENGE_BYTES = 34;

/**
 * Bits of the challenge prime. For k bits of security Wesolowski draws from 2^(2k) primes (Efficient
 * Verifiable Delay Functions, 2019): a cheater who may choose y can collect about 2^k roots
 * beforehand and try 2^k outputs, until a prime is among those prepared for. For k = 128 that is 2^256
 * primes; of 272 bits there are more than 2^263, and 264 bits would be just too few.
 */
export const CHALLENGE_BITS = CHALLENGE_BYTES * 8;

const HIGHEST_BIT = 1n << BigInt(CHALLENGE_BITS - 1);

/**
 * Rounds of Miller-Rabin. A random composite of 272 bits passes 30 rounds with a probability below
 * 2^-137 (Damgård, Landrock, Pomerance 1993: k^1.5 · 2^t · t^-0.5 · 4^(2 − √(tk)) for t ≤ k / 9).
 */
const ROUNDS = 30;

/** Three candidates of four have one of these as a factor and need no round of Miller-Rabin. */
const SMALL_PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
].map(BigInt);

/**
 * The prime a claim is challenged with, drawn from a hash of all of it. One odd number in 94 of this
 * size is prime; that more than 10,000 have to be looked at has a probability below 2^-150, whoever
 * chose the claim, so the search needs no limit of its own.
 */
export function challengePrime({ x, y, squarings }: Claim): bigint {
  const claim = Buffer.concat([
    bigEndian(x, ELEMENT_BYTES),
    bigEndian(y, ELEMENT_BYTES),
    bigEndian(BigInt(squarings), 8),
  ]);
  for (let draw = 0n; ; draw += 1n) {
    const message = Buffer.concat([claim, bigEndian(draw, 4)]);
    const candidate = hashToInteger('prime', message, CHALLENGE_BYTES) | HIGHEST_BIT | 1n;
    const sieved = SMALL_PRIMES.every((prime) => candidate % prime !== 0n);
    if (sieved && isPrime(candidate)) return candidate;
  }
}

/**
 * Miller-Rabin for an odd number from 5 to 2^272, with bases hashed from it, so that everybody gets the
 * same answer. Never wrong about a prime.
 */
export function isPrime(odd: bigint): boolean {
  let exponent = odd - 1n;
  let halvings = 0;
  while ((exponent & 1n) === 0n) {
    exponent >>= 1n;
    halvings += 1;
  }
  for (let round = 0n; round < ROUNDS; round += 1n) {
    const message = bigEndian((odd << 8n) + round, CHALLENGE_BYTES + 2);
    const base = 2n + (hashToInteger('base', message, CHALLENGE_BYTES + 16) % (odd - 3n));
    if (provesComposite(base, odd, exponent, halvings)) return false;
  }
  return true;
}

/** Whether `base` shows that odd = exponent · 2^halvings + 1 is no prime. */
function provesComposite(base: bigint, odd: bigint, exponent: bigint, halvings: number): boolean {
  let power = pow(base, exponent, odd);
  if (power === 1n) return false;
  for (let squarings = 0; squarings < halvings; squarings += 1) {
    if (power === odd - 1n) return false;
    power = (power * power) % odd;
  }
  return true;
}
