import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VerificationKeyFile } from '../../../shared/kinds/zk/files.ts';
import { VerificationKey } from '../../../shared/kinds/zk/verification-key.ts';
import { tiny } from '../../support/tiny-circuit.ts';

const SEMAPHORE = new URL(
  '../../../infra/examples/semaphore/verification_key.json',
  import.meta.url,
);
const semaphore = JSON.parse(readFileSync(SEMAPHORE, 'utf8'));

/** Where the first fault is, and what it is. */
function fault(file: unknown): string {
  const parsed = VerificationKey.safeParse(file);
  if (parsed.success) return 'sound';
  const [issue] = parsed.error.issues;
  return `${issue?.path.join('.')}: ${issue?.message}`;
}

describe('a verification key', () => {
  it('of the Semaphore ceremony is sound', () => {
    expect(VerificationKey.parse(semaphore).ic).toHaveLength(5);
  });

  it('is the same key however its file is written', () => {
    const { vk_alphabeta_12: _, ...less } = semaphore;
    const turned = Object.fromEntries(Object.entries(less).reverse());
    expect(VerificationKey.parse(turned)).toBe(VerificationKey.parse(semaphore));
  });

  it('is another key with another point', () => {
    const changed = { ...tiny.vk, IC: tiny.vk.IC.toReversed() };
    expect(VerificationKey.parse(changed).sha256).not.toBe(tiny.verificationKey.sha256);
  });

  it.each<{ name: string; change: (vk: VerificationKeyFile) => unknown; why: RegExp }>([
    {
      name: 'that skipped its second phase',
      change: (vk) => ({ ...vk, vk_delta_2: vk.vk_gamma_2 }),
      why: /^vk_delta_2: equals vk_gamma_2/,
    },
    {
      name: 'with a public signal that does not count',
      change: (vk) => ({ ...vk, IC: [vk.IC[0], ['0', '0', '1'], vk.IC[2]] }),
      why: /^IC\.1: is the point at infinity/,
    },
    {
      name: 'with alpha off the curve',
      change: (vk) => ({ ...vk, vk_alpha_1: ['1', '3', '1'] }),
      why: /^vk_alpha_1: is not on the curve/,
    },
    {
      name: 'with beta off its curve',
      change: (vk) => ({
        ...vk,
        vk_beta_2: [
          ['1', '2'],
          ['3', '4'],
          ['1', '0'],
        ],
      }),
      why: /^vk_beta_2: is not on the curve/,
    },
    {
      name: 'with fewer points than public signals need',
      change: (vk) => ({ ...vk, IC: vk.IC.slice(1) }),
      why: /^IC: has 2 points; 2 public signals need one more/,
    },
    { name: 'of no public signal', change: (vk) => ({ ...vk, nPublic: 0 }), why: /^nPublic: / },
    { name: 'of 513', change: (vk) => ({ ...vk, nPublic: 513 }), why: /^nPublic: / },
    { name: 'of plonk', change: (vk) => ({ ...vk, protocol: 'plonk' }), why: /^protocol: / },
    { name: 'on another curve', change: (vk) => ({ ...vk, curve: 'bls12381' }), why: /^curve: / },
    { name: 'with a key nobody knows', change: (vk) => ({ ...vk, more: 1 }), why: /more/ },
    { name: 'that is missing', change: () => undefined, why: /expected object/ },
  ])('$name is refused', ({ change, why }) => {
    expect(fault(change(tiny.vk))).toMatch(why);
  });

  it('takes any JSON without throwing', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom('IC', 'vk_delta_2', 'nPublic'),
        (value, field) => {
          expect(fault(value)).not.toBe('sound');
          expect(fault({ ...tiny.vk, [field]: value })).toBeTypeOf('string');
        },
      ),
    );
  });
});
