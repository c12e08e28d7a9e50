import { pow } from '@noble/curves/abstract/modular.js';
import { CHALLENGE_BITS, type Claim, challengePrime } from './challenge.ts';
import { canonical, type Group } from './group.ts';

/** Bits of a digit of the quotient that a proof is raised to. */
const DIGIT_BITS = 8;

/** Digits of floor(2^squarings / l): the steps a proof takes. A shorter one at the front is 0. */
export const digitsOf = (squarings: number): number => Math.floor(squarings / DIGIT_BITS);

/** value^(2^times), not yet canonical: one squaring after another. */
export function squared(group: Group, value: bigint, times: number): bigint {
  let power = value;
  for (let time = 0; time < times; time += 1) power = group.multiply(power, power);
  return power;
}

/** Takes a proof from one digit of the quotient to another. */
type Prover = (value: bigint, from: number, to: number) => bigint;

/**
 * Makes π = x^floor(2^T / l) for a claim by Wesolowski's long division, in base 256: per
 * digit eight squarings and a product with one of 256 powers of x, so T + T / 8 multiplications and
 * 64 KiB, whatever T is.
 *
 * The remainder before a digit is 2^(bits so far) mod l, so a proof goes on from any digit with its
 * value alone, which is 1 at the start.
 */
export function proverOf(group: Group, claim: Claim): Prover {
  const prime = challengePrime(claim);
  const powers = [1n];
  for (let last = 1n; powers.length < 2 ** DIGIT_BITS; powers.push(last)) {
    last = group.multiply(last, claim.x);
  }
  return (value, from, to) => {
    let power = value;
    const bits = (claim.squarings % DIGIT_BITS) + from * DIGIT_BITS;
    let remainder = pow(2n, BigInt(bits), prime);
    for (let digit = from; digit < to; digit += 1) {
      const dividend = remainder << BigInt(DIGIT_BITS);
      remainder = dividend % prime;
      const factor = powers[Number(dividend / prime)] ?? 1n;
      power = group.multiply(squared(group, power, DIGIT_BITS), factor);
    }
    return canonical(group, power);
  };
}

/**
 * Whether `proof` shows the claim: π^l · x^(2^T mod l) = y. All three are canonical. Takes 545
 * multiplications in the group whatever the claim says, and the search for l.
 */
export function proves(group: Group, claim: Claim, proof: bigint): boolean {
  const prime = challengePrime(claim);
  const rest = pow(2n, BigInt(claim.squarings), prime);
  const factors = [1n, proof, claim.x, group.multiply(proof, claim.x)];
  let product = 1n;
  for (let bit = BigInt(CHALLENGE_BITS - 1); bit >= 0n; bit -= 1n) {
    const which = ((prime >> bit) & 1n) + 2n * ((rest >> bit) & 1n);
    product = group.multiply(group.multiply(product, product), factors[Number(which)] ?? 1n);
  }
  return canonical(group, product) === claim.y;
}
