import { pow } from '@noble/curves/abstract/modular.js';
import { describe, expect, it } from 'vitest';
import { challengePrime } from '../../../shared/kinds/vdf/challenge.ts';
import { canonical, type Group, hashToGroup, RSA_2048 } from '../../../shared/kinds/vdf/group.ts';
import { digitsOf, proverOf, proves, squared } from '../../../shared/kinds/vdf/wesolowski.ts';

const { modulus } = RSA_2048;
const x = hashToGroup(RSA_2048, 'lantern');

/** Output and proof straight from their definitions, with 2^T written out. */
function byDefinition(squarings: number) {
  const exponent = 1n << BigInt(squarings);
  const y = canonical(RSA_2048, pow(x, exponent, modulus));
  const claim = { x, y, squarings };
  const proof = canonical(RSA_2048, pow(x, exponent / challengePrime(claim), modulus));
  return { claim, proof };
}

/** The group with a count of what was multiplied in it. */
function counting() {
  const spent = { multiplications: 0 };
  const group: Group = {
    modulus,
    multiply(a, b) {
      spent.multiplications += 1;
      return RSA_2048.multiply(a, b);
    },
  };
  return { group, spent };
}

describe('an output and its proof', () => {
  it.each([0, 1, 7, 8, 9, 272, 1007])(
    'of %i squarings are those of the definition',
    (squarings) => {
      const { claim, proof } = byDefinition(squarings);
      expect(canonical(RSA_2048, squared(RSA_2048, x, squarings))).toBe(claim.y);
      expect(proverOf(RSA_2048, claim)(1n, 0, digitsOf(squarings))).toBe(proof);
      expect(proves(RSA_2048, claim, proof)).toBe(true);
    },
  );

  it('are the same wherever the proof is cut', () => {
    const { claim, proof } = byDefinition(1003);
    const prove = proverOf(RSA_2048, claim);
    const last = digitsOf(1003);
    for (const cut of [0, 1, 33, 34, 35, last - 1, last]) {
      expect(prove(prove(1n, 0, cut), cut, last)).toBe(proof);
    }
  });

  it('cost one squaring each and an eighth of a product, and the powers of x', () => {
    const { claim } = byDefinition(1003);
    const { group, spent } = counting();
    proverOf(group, claim)(1n, 0, digitsOf(1003));
    expect(spent.multiplications).toBe(255 + 125 * 9);
  });
});

describe('checking a proof', () => {
  it.each([1_000, 1_000_000_000, 2_000_000_000])(
    'costs 545 multiplications for %i squarings, true or not',
    (squarings) => {
      const { group, spent } = counting();
      expect(proves(group, { x, y: 12_345n, squarings }, 67_890n)).toBe(false);
      expect(spent.multiplications).toBe(545);
    },
  );

  it('costs the same where it succeeds', () => {
    const { claim, proof } = byDefinition(1000);
    const { group, spent } = counting();
    expect(proves(group, claim, proof)).toBe(true);
    expect(spent.multiplications).toBe(545);
  });

  it('would take the wrong sign without the canonical form, which is why there is one', () => {
    const { claim, proof } = byDefinition(1000);
    const prime = challengePrime(claim);
    const plain = (root: bigint) =>
      RSA_2048.multiply(
        pow(root, prime, modulus),
        pow(x, pow(2n, BigInt(claim.squarings), prime), modulus),
      );
    expect(plain(modulus - proof)).toBe(modulus - plain(proof));
    expect(proves(RSA_2048, { ...claim, y: modulus - claim.y }, modulus - proof)).toBe(false);
  });

  it('refuses an output that was moved together with its proof', () => {
    const { claim, proof } = byDefinition(1000);
    const step = 3n;
    const moved = RSA_2048.multiply(claim.y, pow(step, challengePrime(claim), modulus));
    const root = canonical(RSA_2048, RSA_2048.multiply(proof, step));
    expect(proves(RSA_2048, { ...claim, y: canonical(RSA_2048, moved) }, root)).toBe(false);
  });
});
