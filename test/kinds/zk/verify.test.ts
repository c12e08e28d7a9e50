import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { G1File, G2File, ProofFile } from '../../../shared/kinds/zk/files.ts';
import {
  FIELD_MODULUS,
  Fp2,
  G1,
  G2,
  SCALAR_MODULUS,
  writeG1,
  writeG2,
} from '../../../shared/kinds/zk/points.ts';
import { verifyGroth16 } from '../../../shared/kinds/zk/verify.ts';
import { sha256Of } from '../../../shared/model/digest.ts';
import { type ProofFiles, proveGroth16 } from '../../../worker/groth16/prove.ts';
import { tiny } from '../../support/tiny-circuit.ts';

const vk = tiny.verificationKey;
let made: ProofFiles;
let other: ProofFiles;
beforeAll(async () => {
  made = await tiny.prove(3n, 7n);
  other = await tiny.prove(5n, 11n);
});

/** The code of the refusal; `accepted` where there is none. */
function verdict(publicSignals: unknown, proof: unknown): string {
  const verified = verifyGroth16(vk, publicSignals, proof);
  return verified.ok ? 'accepted' : verified.refused.code;
}

const plus = (decimal: string, number: bigint) => String(BigInt(decimal) + number);

/** A point on the curve of G2, but not one of G2: nearly every point of that curve. */
function outsideG2(): G2File {
  const { b } = G2.CURVE();
  for (let c0 = 1n; ; c0 += 1n) {
    const x = { c0, c1: 1n };
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), b);
    if (!Fp2.eql(Fp2.pow(square, (Fp2.ORDER - 1n) / 2n), Fp2.ONE)) continue;
    const y = Fp2.sqrt(square);
    return [
      [String(x.c0), String(x.c1)],
      [String(y.c0), String(y.c1)],
      ['1', '0'],
    ];
  }
}

const infinity1: G1File = ['0', '0', '1'];
const infinity2: G2File = [
  ['0', '0'],
  ['0', '0'],
  ['1', '0'],
];

describe('a Groth16 proof', () => {
  it('is accepted for its own public signals, and read', () => {
    const verified = verifyGroth16(vk, made.publicSignals, made.proof);
    if (!verified.ok) throw new Error(verified.refused.detail);
    expect(verified.publicSignals).toEqual([21n, 9n]);
    expect(writeG2(verified.proof.b)).toEqual(made.proof.pi_b);
  });

  it('is accepted without its curve, as rapidsnark writes it', () => {
    const { curve: _, ...proof } = made.proof;
    expect(verdict(made.publicSignals, proof)).toBe('accepted');
  });

  it('differs for every r and s, and verifies all the same', async () => {
    const again = await tiny.prove(3n, 7n, { r: 1n, s: 0n });
    expect(again.publicSignals).toEqual(made.publicSignals);
    expect(again.proof).not.toEqual(made.proof);
    expect(verdict(again.publicSignals, again.proof)).toBe('accepted');
  });

  it('can be re-randomised by anyone, which is why public signals bind and digests do not', () => {
    const verified = verifyGroth16(vk, made.publicSignals, made.proof);
    if (!verified.ok) throw new Error(verified.refused.detail);
    const { a, b } = verified.proof;
    const half = (SCALAR_MODULUS + 1n) / 2n;
    const copy = {
      ...made.proof,
      pi_a: writeG1(a.multiply(half)),
      pi_b: writeG2(b.multiply(2n)),
    };
    expect(verdict(made.publicSignals, copy)).toBe('accepted');
  });
});

describe('public signals are refused', () => {
  it.each<{ name: string; signals: (own: string[]) => unknown; code: string }>([
    { name: 'that are no list', signals: () => ({ 0: '21' }), code: 'E_RESULT_SHAPE' },
    { name: 'that are missing', signals: () => undefined, code: 'E_RESULT_SHAPE' },
    { name: 'as numbers', signals: () => [21, 9], code: 'E_RESULT_SHAPE' },
    { name: 'with a leading zero', signals: () => ['021', '9'], code: 'E_RESULT_SHAPE' },
    { name: 'in hexadecimal', signals: () => ['0x15', '9'], code: 'E_RESULT_SHAPE' },
    { name: 'that are negative', signals: () => ['-21', '9'], code: 'E_RESULT_SHAPE' },
    { name: 'of 79 digits', signals: () => ['1'.repeat(79), '9'], code: 'E_RESULT_SHAPE' },
    { name: 'of 78 digits', signals: () => ['1'.repeat(78), '9'], code: 'E_RESULT_SCALAR' },
    { name: 'of a million digits', signals: () => ['1'.repeat(1e6), '9'], code: 'E_RESULT_SHAPE' },
    { name: 'too many for any key', signals: () => Array(513).fill('1'), code: 'E_RESULT_SHAPE' },
    { name: 'as many as any key', signals: () => Array(512).fill('1'), code: 'E_RESULT_PUBLIC' },
    { name: 'one too few', signals: ([first]) => [first], code: 'E_RESULT_PUBLIC' },
    { name: 'one too many', signals: (own) => [...own, '0'], code: 'E_RESULT_PUBLIC' },
    { name: 'none', signals: () => [], code: 'E_RESULT_PUBLIC' },
    { name: 'equal to r', signals: () => [String(SCALAR_MODULUS), '9'], code: 'E_RESULT_SCALAR' },
    {
      name: 'one less than r',
      signals: () => [String(SCALAR_MODULUS - 1n), '9'],
      code: 'E_RESULT_PAIRING',
    },
    {
      name: 'as an alias: the same number plus r',
      signals: ([first = '', second]) => [plus(first, SCALAR_MODULUS), second],
      code: 'E_RESULT_SCALAR',
    },
    { name: 'in another order', signals: (own) => own.toReversed(), code: 'E_RESULT_PAIRING' },
    { name: 'with one changed', signals: () => ['22', '9'], code: 'E_RESULT_PAIRING' },
    { name: 'of another proof', signals: () => other.publicSignals, code: 'E_RESULT_PAIRING' },
  ])('$name: $code', ({ signals, code }) => {
    expect(verdict(signals([...made.publicSignals]), made.proof)).toBe(code);
  });
});

describe('a proof is refused', () => {
  it.each<{ name: string; change: (proof: ProofFile) => unknown; code: string }>([
    { name: 'that is missing', change: () => undefined, code: 'E_RESULT_SHAPE' },
    { name: 'null', change: () => null, code: 'E_RESULT_SHAPE' },
    { name: 'of plonk', change: (p) => ({ ...p, protocol: 'plonk' }), code: 'E_RESULT_SHAPE' },
    { name: 'of another curve', change: (p) => ({ ...p, curve: 'bls' }), code: 'E_RESULT_SHAPE' },
    { name: 'with one more key', change: (p) => ({ ...p, more: 1 }), code: 'E_RESULT_SHAPE' },
    {
      name: 'without C',
      change: ({ pi_c: _, ...rest }) => rest,
      code: 'E_RESULT_SHAPE',
    },
    {
      name: 'with a projective point',
      change: (p) => ({ ...p, pi_a: [p.pi_a[0], p.pi_a[1], '2'] }),
      code: 'E_RESULT_SHAPE',
    },
    {
      name: 'with infinity as snarkjs writes it',
      change: (p) => ({ ...p, pi_a: ['0', '1', '0'] }),
      code: 'E_RESULT_SHAPE',
    },
    {
      name: 'with A at infinity',
      change: (p) => ({ ...p, pi_a: infinity1 }),
      code: 'E_RESULT_CURVE',
    },
    {
      name: 'with B at infinity',
      change: (p) => ({ ...p, pi_b: infinity2 }),
      code: 'E_RESULT_CURVE',
    },
    {
      name: 'with C at infinity',
      change: (p) => ({ ...p, pi_c: infinity1 }),
      code: 'E_RESULT_CURVE',
    },
    {
      name: 'with A off the curve',
      change: (p) => ({ ...p, pi_a: [p.pi_a[0], plus(p.pi_a[1], 1n), '1'] }),
      code: 'E_RESULT_CURVE',
    },
    {
      name: 'with y = 0',
      change: (p) => ({ ...p, pi_a: ['5', '0', '1'] }),
      code: 'E_RESULT_CURVE',
    },
    {
      name: 'with x = 0',
      change: (p) => ({ ...p, pi_c: ['0', '5', '1'] }),
      code: 'E_RESULT_CURVE',
    },
    {
      name: 'with a coordinate equal to p',
      change: (p) => ({ ...p, pi_a: [String(FIELD_MODULUS), p.pi_a[1], '1'] }),
      code: 'E_RESULT_CURVE',
    },
    {
      name: 'with an alias: the same coordinate plus p',
      change: (p) => ({ ...p, pi_c: [plus(p.pi_c[0], FIELD_MODULUS), p.pi_c[1], '1'] }),
      code: 'E_RESULT_CURVE',
    },
    {
      name: 'with B off its curve',
      change: (p) => ({ ...p, pi_b: [p.pi_b[1], p.pi_b[0], p.pi_b[2]] }),
      code: 'E_RESULT_CURVE',
    },
    {
      name: 'with c0 and c1 of B swapped, as Solidity wants them',
      change: (p) => ({
        ...p,
        pi_b: [p.pi_b[0].toReversed(), p.pi_b[1].toReversed(), p.pi_b[2]],
      }),
      code: 'E_RESULT_CURVE',
    },
    {
      name: 'with B on the curve and outside the subgroup',
      change: (p) => ({ ...p, pi_b: outsideG2() }),
      code: 'E_RESULT_SUBGROUP',
    },
    {
      name: 'with A and C swapped',
      change: (p) => ({ ...p, pi_a: p.pi_c, pi_c: p.pi_a }),
      code: 'E_RESULT_PAIRING',
    },
    {
      name: 'with A of another proof',
      change: (p) => ({ ...p, pi_a: other.proof.pi_a }),
      code: 'E_RESULT_PAIRING',
    },
    { name: 'that is another one', change: () => other.proof, code: 'E_RESULT_PAIRING' },
    {
      name: 'that consists of generators',
      change: (p) => ({
        ...p,
        pi_a: writeG1(G1.BASE),
        pi_b: writeG2(G2.BASE),
        pi_c: writeG1(G1.BASE),
      }),
      code: 'E_RESULT_PAIRING',
    },
  ])('$name: $code', ({ change, code }) => {
    expect(verdict(made.publicSignals, change(made.proof))).toBe(code);
  });

  it('of a witness that breaks a constraint', async () => {
    const { proof, publicSignals } = await proveGroth16({
      zkey: tiny.key,
      statement: sha256Of('a lie'),
      witness: () => [1n, 22n, 9n, 3n, 7n],
      randomScalars: () => ({ r: 1n, s: 2n }),
      checkpoint: () => {},
    });
    expect(verdict(publicSignals, proof)).toBe('E_RESULT_PAIRING');
  });
});

it('takes any JSON without throwing', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (signals, proof) => {
      expect(verdict(signals, proof)).toMatch(/^E_RESULT_/);
      expect(verdict(made.publicSignals, proof)).toMatch(/^E_RESULT_/);
    }),
    { numRuns: 300 },
  );
});

it('takes a proof with any number changed by a bit without throwing, and refuses it', () => {
  const numbers = JSON.stringify(made.proof).match(/\d{10,}/g) ?? [];
  expect(numbers).toHaveLength(8);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 255 }), (n, bit) => {
      const number = numbers[n] ?? '';
      const flipped = String(BigInt(number) ^ (1n << BigInt(bit)));
      const proof = JSON.parse(JSON.stringify(made.proof).replace(number, flipped));
      expect(verdict(made.publicSignals, proof)).toMatch(/^E_RESULT_(CURVE|SUBGROUP|PAIRING)$/);
    }),
    { numRuns: 60 },
  );
});
