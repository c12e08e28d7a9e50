import { checkPrimeSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHALLENGE_BITS, challengePrime, isPrime } from '../../../shared/kinds/vdf/challenge.ts';
import { hashToGroup, RSA_2048 } from '../../../shared/kinds/vdf/group.ts';
import { aVdf, done } from './make.ts';

describe('the challenge prime', () => {
  it.each([
    [1n, 1n, 0, 'f2efa3391ec2f0a7827e7f62caead4a65172e1b77dd6d885dee9a912e650113a45d9'],
    [2n, 3n, 2_000_000_000, '82987dff94ca6321012c78dc1855e423ddb6b87a3f6232b62d52057e48a45a3c71c7'],
  ])('of (%s, %s, %i) is the one computed by an independent program', (x, y, squarings, hex) => {
    expect(challengePrime({ x, y, squarings }).toString(16)).toBe(hex);
  });

  it('of a task that was done is the one computed by an independent program', () => {
    const x = hashToGroup(RSA_2048, 'lantern');
    const { y } = done(aVdf()).result;
    expect(challengePrime({ x, y, squarings: 1000 }).toString(16)).toBe(
      'ae736fc270eeda91d63501c8f9d8c5cdcd1ee2afa5682f874f2cb25c5a92cbf36f15',
    );
  });

  it('is a prime of full size that depends on every part of the claim', () => {
    const claims = [
      { x: 5n, y: 7n, squarings: 11 },
      { x: 6n, y: 7n, squarings: 11 },
      { x: 5n, y: 8n, squarings: 11 },
      { x: 5n, y: 7n, squarings: 12 },
    ];
    const primes = claims.map(challengePrime);
    for (const prime of primes) {
      expect(prime.toString(2)).toHaveLength(CHALLENGE_BITS);
      expect(checkPrimeSync(prime)).toBe(true);
    }
    expect(new Set(primes).size).toBe(claims.length);
  });
});

describe('isPrime', () => {
  it('agrees with OpenSSL on every odd number from 5 to 1,001', () => {
    const odd = Array.from({ length: 499 }, (_, index) => BigInt(2 * index + 5));
    expect(odd.filter(isPrime)).toEqual(odd.filter((number) => checkPrimeSync(number)));
  });

  it('agrees with OpenSSL on numbers of the size of a challenge', () => {
    const large = fc.bigInt({ min: 1n << 271n, max: (1n << 272n) - 1n });
    fc.assert(
      fc.property(large, (number) => {
        expect(isPrime(number | 1n)).toBe(checkPrimeSync(number | 1n));
      }),
    );
  });

  it.each([
    ['a Carmichael number', 443_372_888_629_441n],
    ['a strong pseudoprime to the bases 2, 3, 5 and 7', 3_215_031_751n],
    ['a strong pseudoprime to the first twelve primes', 318_665_857_834_031_151_167_461n],
    ['the square of a prime', ((1n << 127n) - 1n) ** 2n],
  ])('is not deceived by %s', (_, number) => {
    expect(isPrime(number)).toBe(false);
  });

  it('knows a large prime', () => {
    expect(isPrime((1n << 127n) - 1n)).toBe(true);
    expect(isPrime((1n << 255n) - 19n)).toBe(true);
  });
});
