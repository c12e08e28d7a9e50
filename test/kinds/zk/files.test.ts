import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_PROOF_BYTES,
  maxPublicBytes,
  ProofFile,
  PublicFile,
  readJsonFile,
} from '../../../shared/kinds/zk/files.ts';
import { SCALAR_MODULUS } from '../../../shared/kinds/zk/points.ts';
import { tiny } from '../../support/tiny-circuit.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string, max = 1000) => readJsonFile(bytes(text), max, PublicFile);

describe('a JSON file of a worker', () => {
  it('is read however it is indented', () => {
    expect(read('[\n "21",\r\n\t"9"\n]\n')).toEqual({ ok: true, value: ['21', '9'] });
  });

  it.each([
    { name: 'nothing', text: '' },
    { name: 'text', text: 'hello' },
    { name: 'half a file', text: '["21","9"' },
    { name: 'two files', text: '["21","9"]["21","9"]' },
    { name: 'a byte order mark in front', text: '\ufeff["21","9"]' },
    { name: 'an escaped digit', text: '["\\u0032\\u0031","9"]' },
    { name: 'a number as a number', text: '[21,"9"]' },
    { name: 'a space in a number', text: '["2 1","9"]' },
    { name: 'a thousand brackets', text: '['.repeat(1000) },
  ])('with $name is refused', ({ text }) => {
    expect(read(text).ok).toBe(false);
  });

  it('is refused with a key twice, whichever of the two a reader would take', async () => {
    const { proof } = await tiny.prove(3n, 7n);
    const text = JSON.stringify(proof);
    const take = (file: string) => readJsonFile(bytes(file), MAX_PROOF_BYTES, ProofFile);
    expect(take(text).ok).toBe(true);
    const fault = 'is not plainly written: a key twice, or an escape';
    expect(take(text.replace('{', '{"curve":"bn128",'))).toEqual({ ok: false, fault });
    expect(take(text.replace('{', '{"__proto__":{},')).ok).toBe(false);
  });

  it('is refused when it is no UTF-8', () => {
    expect(readJsonFile(Uint8Array.of(0x22, 0xff, 0x22), 100, PublicFile).ok).toBe(false);
  });

  it.each([
    [0, true],
    [1, true],
    [-1, false],
  ])('of its limit less %i bytes is taken: %s', (spare, ok) => {
    const text = '["21","9"]';
    expect(read(text, text.length + spare).ok).toBe(ok);
  });

  it('has room for the largest proof and the largest signals, indented', () => {
    const big = String(SCALAR_MODULUS - 1n);
    const pair = [big, big];
    const proof = {
      pi_a: [big, big, '1'],
      pi_b: [pair, pair, ['1', '0']],
      pi_c: [big, big, '1'],
      protocol: 'groth16',
      curve: 'bn128',
    };
    expect(JSON.stringify(proof, null, 4).length).toBeLessThan(MAX_PROOF_BYTES);
    for (const signals of [1, 4, 512]) {
      const text = JSON.stringify(Array(signals).fill(big), null, 4);
      expect(text.length).toBeLessThan(maxPublicBytes(signals));
    }
  });

  it('takes any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        expect(readJsonFile(any, 150, ProofFile).ok).toBe(false);
      }),
    );
  });
});
