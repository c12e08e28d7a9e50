import * as z from 'zod';
import { hashToInteger } from './hash.ts';

/**
 * A group whose order nobody knows: the integers modulo N without their sign.
 *
 * In the integers modulo N alone, −1 is an element of known order, and whoever has (y, π) also has
 * the proof −π of the wrong output −y. So v and N − v are one element here, written as the smaller
 * of the two ({@link canonical}); the other way of writing it is refused.
 */
export interface Group {
  readonly modulus: bigint;
  /** The product of two representatives, not yet canonical. */
  multiply(a: bigint, b: bigint): bigint;
}

/** RSA-2048 as published: 617 digits, digit sum 2738. */
const RSA_2048_MODULUS = BigInt(
  '2519590847565789349402718324004839857142928212620403202777713783604366202070' +
    '7595556264018525880784406918290641249515082189298559149176184502808489120072' +
    '8449926873928072877767359714183472702618963750149718246911650776133798590957' +
    '0009733045974880842840179742910064245869181719511874612151517265463228221686' +
    '9987549182422433637259085141865462043576798423387184774447920739934236584823' +
    '8242811981638150106748104516603773060562016196762561338441436038339044149526' +
    '3443219011465754445417842402092461651572335077870774981712577246796292638635' +
    '6373289912154831438167899885040445364023527381951378636564391212010397122822' +
    '120720357',
);

/**
 * The group of the RSA Factoring Challenge's largest number, RSA-2048 (RSA Laboratories, 2001; the
 * challenge ended in 2007, this number was never factored in public).
 *
 * The caveat: RSA Laboratories made the number from two primes and says it kept neither. Whoever has
 * them knows the order of this group, and then outputs cost nothing and proofs can be forged.
 */
export const RSA_2048: Group = {
  modulus: RSA_2048_MODULUS,
  multiply: (a, b) => (a * b) % RSA_2048_MODULUS,
};

/** Bytes of an element of {@link RSA_2048}. */
export const ELEMENT_BYTES = 256;

/** The one way of writing ±value; `value` is at least 0 and below the modulus. */
export const canonical = ({ modulus }: Group, value: bigint): bigint =>
  value + value > modulus ? modulus - value : value;

/**
 * The element a seed stands for: 256 bits more than the modulus has, so that no element is likelier
 * than another by more than 2^-256.
 */
export const hashToGroup = (group: Group, seed: string): bigint =>
  canonical(
    group,
    hashToInteger('element', Buffer.from(seed, 'utf8'), ELEMENT_BYTES + 32) % group.modulus,
  );

/**
 * An element of {@link RSA_2048} as text: hex in small letters without leading zeros, from 1 to
 * (N − 1) / 2. Multiples of N's factors pass; writing one down is factoring N.
 */
export const ElementHex = z
  .string()
  .regex(/^[1-9a-f][0-9a-f]{0,511}$/, 'is not hex in small letters without leading zeros')
  .transform((hex) => BigInt(`0x${hex}`))
  .refine((value) => value <= RSA_2048.modulus / 2n, 'is not the smaller of v and N - v');
