import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonical, ElementHex, hashToGroup, RSA_2048 } from '../../../shared/kinds/vdf/group.ts';

const { modulus } = RSA_2048;
const half = (modulus - 1n) / 2n;
const textHash = (value: bigint) => createHash('sha256').update(value.toString(16)).digest('hex');

describe('the modulus', () => {
  it('has the length and the digit sum RSA-2048 was published with', () => {
    const digits = [...modulus.toString()].map(Number);
    expect(digits).toHaveLength(617);
    expect(digits.reduce((sum, digit) => sum + digit, 0)).toBe(2738);
    expect(modulus.toString(2)).toHaveLength(2048);
  });
});

describe('an element', () => {
  it('is written the same with either sign', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: modulus - 1n }), (value) => {
        const written = canonical(RSA_2048, value);
        expect(written).toBe(canonical(RSA_2048, modulus - value));
        expect(written <= half).toBe(true);
        expect(ElementHex.parse(written.toString(16))).toBe(written);
      }),
    );
  });

  it.each([
    ['1', true],
    [half.toString(16), true],
    [(half + 1n).toString(16), false],
    [(modulus - 1n).toString(16), false],
    [modulus.toString(16), false],
    ['f'.repeat(512), false],
    [`1${'0'.repeat(512)}`, false],
    ['0', false],
    ['01', false],
    ['', false],
    ['A', false],
    ['0x1', false],
    ['-1', false],
    ['1 ', false],
    ['1\n', false],
    [1, false],
    [null, false],
  ])('read from %j: %s', (hex, taken) => {
    expect(ElementHex.safeParse(hex).success).toBe(taken);
  });
});

describe('hashing to the group', () => {
  it.each([
    ['lantern', '7c2a4678b5b25f181c2baaf81f39d3cbbf4e42a6161e01e6ec990229c2d6a456'],
    ['épreuve №1 🌙', '435c1c846a4b2522318ebe2dbf7cc63e1de2e293ab045d6af5fadc7f7cd787ad'],
  ])('gives %j the element computed by an independent program', (seed, sha256) => {
    expect(textHash(hashToGroup(RSA_2048, seed))).toBe(sha256);
  });
});
