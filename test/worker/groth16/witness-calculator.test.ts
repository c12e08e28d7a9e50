import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { semaphoreStatement, throwAwayIdentity } from '../../../infra/local/demo/semaphore.ts';
import { SCALAR_MODULUS } from '../../../shared/kinds/zk/points.ts';
import { BadSpec } from '../../../worker/execute.ts';
import { readCircuitInput } from '../../../worker/groth16/circuit-input.ts';
import { calculateWitness } from '../../../worker/groth16/witness-calculator.ts';
import { countingBytes } from '../../support/counting-bytes.ts';

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** What is wrong; anything but a BadSpec is a fault of ours. */
async function fault(run: () => unknown): Promise<string> {
  try {
    await run();
    return 'nothing';
  } catch (error) {
    if (error instanceof BadSpec) return error.message;
    throw error;
  }
}

describe('input.json', () => {
  it('is read as snarkjs reads it: decimal, hexadecimal, negative, nested', () => {
    const read = readCircuitInput(bytes({ a: '12', b: 7, c: '0x1F', d: -1, e: [['1', 2], [3]] }));
    expect([...read]).toEqual([
      ['a', [12n]],
      ['b', [7n]],
      ['c', [31n]],
      ['d', [SCALAR_MODULUS - 1n]],
      ['e', [1n, 2n, 3n]],
    ]);
  });

  it.each<{ name: string; input: unknown; why: RegExp }>([
    { name: 'is a list', input: [1], why: /one JSON object/ },
    { name: 'is null', input: null, why: /one JSON object/ },
    { name: 'has a word', input: { a: 'seven' }, why: /^input\.json: a is not made/ },
    { name: 'has a fraction', input: { a: 0.5 }, why: /a is not made/ },
    { name: 'has an unsafe integer', input: { a: 2 ** 53 }, why: /a is not made/ },
    { name: 'has an object', input: { a: { b: 1 } }, why: /a is not made/ },
    { name: 'has a null in a list', input: { a: [1, null] }, why: /a is not made/ },
    {
      name: 'has r',
      input: { a: String(SCALAR_MODULUS) },
      why: /a has a number that is not below/,
    },
    { name: 'has a million digits', input: { a: '1'.repeat(1e6) }, why: /a is not made/ },
    {
      name: 'has seventeen dimensions',
      input: JSON.parse(`{"a":${'['.repeat(17)}1${']'.repeat(17)}}`),
      why: /a is nested too deep/,
    },
  ])('that $name is refused', async ({ input, why }) => {
    expect(await fault(() => readCircuitInput(bytes(input)))).toMatch(why);
  });

  it('that is refused is not quoted: it is secret', async () => {
    const secret = new TextEncoder().encode('{"a": hunter2}');
    expect(await fault(() => readCircuitInput(secret))).toBe('input.json: is not JSON');
    expect(await fault(() => readCircuitInput(bytes({ a: 'hunter2' })))).not.toMatch(/hunter/);
  });

  it('is read or refused by name, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.uint8Array(), async (value, any) => {
        expect(await fault(() => readCircuitInput(bytes(value)))).toBeTypeOf('string');
        expect(await fault(() => readCircuitInput(any))).toBeTypeOf('string');
      }),
    );
  });
});

describe('the witness calculator', () => {
  const folder = new URL('../../../infra/examples/semaphore/', import.meta.url);
  const wasm = readFileSync(new URL('semaphore-10.wasm', folder));
  const identity = throwAwayIdentity(countingBytes(1));
  const { input, expectedPublic } = semaphoreStatement({
    identity,
    members: [identity.commitment],
    message: 'm',
    scope: 's',
  });
  const calculate = (changes: object) =>
    calculateWitness(wasm, readCircuitInput(bytes({ ...input, ...changes })));

  it("computes the circuit's witness: 1, the public signals, the rest", async () => {
    const witness = await calculate({});
    expect(witness).toHaveLength(3984);
    expect(witness.slice(0, 5).map(String)).toEqual(['1', ...expectedPublic]);
  });

  it.each<{ name: string; changes: object; why: RegExp }>([
    { name: 'lacks a signal', changes: { secret: undefined }, why: /not all inputs have been set/ },
    { name: 'has a signal too many', changes: { age: 7 }, why: /has no input signal age/ },
    {
      name: 'has a list too short',
      changes: { merkleProofSiblings: ['1'] },
      why: /merkleProofSiblings has 1 values, not 10/,
    },
    { name: 'has a list for a number', changes: { scope: ['1', '2'] }, why: /scope has 2 values/ },
    { name: 'has an empty list for a number', changes: { scope: [] }, why: /scope has 0 values/ },
    {
      name: 'breaks an assertion',
      changes: { merkleProofIndex: 1025 },
      why: /assertion of the circuit failed/,
    },
  ])('refuses an input that $name', async ({ changes, why }) => {
    expect(await fault(() => calculate(changes))).toMatch(why);
  });

  /** A module with one exported function that runs `body`. */
  const moduleOf = (name: string, body: readonly number[]) => {
    const code = [0, ...body, 0x0b];
    const label = [...new TextEncoder().encode(name)];
    return Uint8Array.from([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[1, 5, 1, 0x60, 0, 1, 0x7f],
      ...[3, 2, 1, 0],
      ...[7, label.length + 4, 1, label.length, ...label, 0, 0],
      ...[10, code.length + 2, 1, code.length, ...code],
    ]);
  };

  it.each<{ name: string; module: Uint8Array; why: RegExp }>([
    { name: 'nothing', module: new Uint8Array(), why: /no witness calculator/ },
    { name: 'text', module: new TextEncoder().encode('hello'), why: /no witness calculator/ },
    { name: 'cut off', module: wasm.subarray(0, 100_000), why: /no witness calculator/ },
    {
      name: 'an empty module',
      module: Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
      why: /exports no getVersion/,
    },
    { name: 'of circom 1', module: moduleOf('getVersion', [0x41, 1]), why: /not of circom 2/ },
    { name: 'one that traps', module: moduleOf('getVersion', [0x00]), why: /broke down/ },
    {
      name: 'one that wants the file system',
      module: Uint8Array.from([
        ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0],
        ...[2, 13, 1, 4, 0x77, 0x61, 0x73, 0x69, 4, 0x6f, 0x70, 0x65, 0x6e, 0, 0],
      ]),
      why: /no witness calculator/,
    },
  ])('refuses a module that is $name', async ({ module, why }) => {
    expect(await fault(() => calculateWitness(module, new Map()))).toMatch(why);
  });
});
