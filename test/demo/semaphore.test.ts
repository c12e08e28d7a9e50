import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Identity,
  NULLIFIER_INDEX,
  semaphoreStatement,
  throwAwayIdentity,
} from '../../infra/local/demo/semaphore.ts';
import { zkGroth16 } from '../../shared/kinds/zk-groth16.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { assetName, type Files } from '../../worker/execute.ts';
import { readCircuitInput } from '../../worker/groth16/circuit-input.ts';
import { groth16Executor } from '../../worker/groth16/executor.ts';
import { calculateWitness } from '../../worker/groth16/witness-calculator.ts';
import { countingBytes } from '../support/counting-bytes.ts';
import { snarkjs } from '../support/snarkjs.ts';

const FOLDER = new URL('../../infra/examples/semaphore/', import.meta.url);
const artifact = (name: string) => readFileSync(new URL(name, FOLDER));
const zkey = artifact('semaphore-10.zkey');
const wasm = artifact('semaphore-10.wasm');
const vk = JSON.parse(artifact('verification_key.json').toString());

const randomBytes = countingBytes(7);
const members = Array.from({ length: 9 }, () => throwAwayIdentity(randomBytes));

/** What the member at `index` of a group of that size states. */
function statement(
  size: number,
  index: number,
  changes: { message?: string; scope?: string } = {},
) {
  const group = members.slice(0, size);
  const [identity = expect.unreachable()]: Identity[] = group.slice(index);
  const commitments = group.map(({ commitment }) => commitment);
  return semaphoreStatement({
    ...{ identity, members: commitments, message: 'yes', scope: 'vote 1' },
    ...changes,
  });
}

describe('the vendored circuit', () => {
  it('is the one that SHA256SUMS names, to the byte', () => {
    const sums = artifact('SHA256SUMS').toString().trim().split('\n');
    const names = sums.map((line) => line.slice(66));
    const all = readdirSync(FOLDER).filter((name) => !/^(SHA256SUMS|README\.md)$/.test(name));
    expect(names.toSorted()).toEqual(all.toSorted());
    for (const line of sums) {
      const [sum, name = ''] = line.split('  ');
      expect(createHash('sha256').update(artifact(name)).digest('hex'), name).toBe(sum);
    }
    expect(sha256Of(zkey)).toBe('f644af6753be9d48454d8f9bb74bf2e9a416dd7d1a704c3cf1d50e535969a19a');
  });
});

describe('a statement of a member', () => {
  it.each([
    [1, 0],
    [2, 1],
    [3, 2],
    [5, 4],
    [7, 6],
    [9, 3],
    [9, 8],
  ])(
    'of a group of %i, at %i, has the public signals the circuit computes',
    async (size, index) => {
      const { input, expectedPublic } = statement(size, index);
      const file = new TextEncoder().encode(JSON.stringify(input));
      const witness = await calculateWitness(wasm, readCircuitInput(file));
      expect(witness.slice(1, 5).map(String)).toEqual(expectedPublic);
    },
  );

  it('has one nullifier for each scope, whatever is said', () => {
    const nullifier = (changes: object) => statement(5, 2, changes).expectedPublic[NULLIFIER_INDEX];
    expect(nullifier({ message: 'no' })).toBe(nullifier({}));
    expect(nullifier({ scope: 'vote 2' })).not.toBe(nullifier({}));
    expect(statement(5, 3).expectedPublic[NULLIFIER_INDEX]).not.toBe(nullifier({}));
  });

  it.each([31, 32])('has a message of 31 bytes and not of 32: %i', (length) => {
    const say = () => statement(2, 0, { message: 'a'.repeat(length) });
    if (length === 31) expect(say).not.toThrow();
    else expect(say).toThrow(RangeError);
  });

  it('cannot be made by one who is no member', () => {
    const [identity = expect.unreachable()] = members;
    const others = members.slice(1).map(({ commitment }) => commitment);
    const outside = { identity, members: others, message: 'm', scope: 's' };
    expect(() => semaphoreStatement(outside)).toThrow('not a member');
  });
});

describe('a Semaphore proof', () => {
  const { input, expectedPublic } = statement(5, 4);
  const file = new TextEncoder().encode(JSON.stringify(input));
  const spec = {
    circuit: {
      id: 'semaphore-v4-depth-10',
      domainPower: 12,
      wasm: { sha256: sha256Of(wasm), bytes: wasm.length },
      zkey: { sha256: sha256Of(zkey), bytes: zkey.length },
      vk,
    },
    witness: { from: 'input', file: 'input.json' },
    expectedPublic,
    nullifierIndex: NULLIFIER_INDEX,
  };
  const stages: string[] = [];
  let files: Files;
  beforeAll(async () => {
    files = await groth16Executor({ randomBytes }).run({
      spec,
      inputs: new Map<string, Uint8Array>([
        ['input.json', file],
        [assetName(spec.circuit.wasm.sha256), wasm],
        [assetName(spec.circuit.zkey.sha256), zkey],
      ]),
      resume: undefined,
      checkpoint: (stage) => stages.push(stage),
    });
  });

  it('is made by our prover under the key of the ceremony, and verified', () => {
    const verdict = zkGroth16.verify(zkGroth16.spec.parse(spec), files);
    expect(verdict).toMatchObject({
      verified: true,
      verifiedBy: 'proof',
      evidence: { nullifier: expectedPublic[NULLIFIER_INDEX] },
    });
    expect(stages).toHaveLength(7);
  });

  it.skipIf(snarkjs === undefined)(
    'is accepted by snarkjs (skipped unless snarkjs is installed: it is GPL and no dependency)',
    async () => {
      const json = (name: string) => JSON.parse(Buffer.from(files.get(name) ?? []).toString());
      expect(await snarkjs?.groth16.verify(vk, json('public.json'), json('proof.json'))).toBe(true);
    },
  );
});
