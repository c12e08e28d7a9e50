import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyGroth16 } from '../../../shared/kinds/zk/verify.ts';
import { zkGroth16 } from '../../../shared/kinds/zk-groth16.ts';
import { sha256Of } from '../../../shared/model/digest.ts';
import { BadSpec } from '../../../worker/execute.ts';
import { type ProofFiles, proveGroth16 } from '../../../worker/groth16/prove.ts';
import { readState, STAGES } from '../../../worker/groth16/prover-state.ts';
import { tiny, tinySpec } from '../../support/tiny-circuit.ts';

const STATEMENT = sha256Of('3 and 7');

interface Run {
  readonly files: ProofFiles;
  /** What was checkpointed, by stage, in order. */
  readonly checkpoints: ReadonlyMap<string, Uint8Array>;
  readonly witnessesComputed: number;
}

async function run({
  resume = undefined as Uint8Array | undefined,
  r = 17n,
  s = 19n,
} = {}): Promise<Run> {
  const checkpoints = new Map<string, Uint8Array>();
  let witnessesComputed = 0;
  const files = await proveGroth16({
    zkey: tiny.key,
    statement: STATEMENT,
    witness: () => {
      witnessesComputed += 1;
      return tiny.witness(3n, 7n);
    },
    randomScalars: () => ({ r, s }),
    resume,
    checkpoint: (stage, payload) => checkpoints.set(stage, payload),
  });
  return { files, checkpoints, witnessesComputed };
}

const verifies = ({ publicSignals, proof }: ProofFiles) =>
  verifyGroth16(tiny.verificationKey, publicSignals, proof).ok;

const whole = await run();
const payloadAt = (stage: string): Uint8Array => {
  const payload = whole.checkpoints.get(stage);
  if (payload === undefined) throw new Error(`no checkpoint at ${stage}`);
  return payload;
};

describe('the staged prover', () => {
  it('leaves a checkpoint after every stage', () => {
    expect([...whole.checkpoints.keys()]).toEqual(STAGES);
    expect(verifies(whole.files)).toBe(true);
  });

  it.each(STAGES)('goes on after %s to the very proof made in one go', async (stage) => {
    const rest = await run({ resume: payloadAt(stage), r: 1n, s: 2n });
    expect(rest.files).toEqual(whole.files);
    expect(rest.witnessesComputed).toBe(0);
    expect([...rest.checkpoints.keys()]).toEqual(STAGES.slice(STAGES.indexOf(stage) + 1));
  });

  it('keeps in a checkpoint no more than the rest needs', () => {
    const numbers = (stage: string) => {
      const payload = Buffer.from(payloadAt(stage));
      return (payload.length - payload.indexOf('\n') - 1) / 32;
    };
    expect(STAGES.map(numbers)).toEqual([5, 5 + 8, 5, 5, 5, 5, 3]);
  });

  it('makes checkpoints within what its kind announces', () => {
    const most = zkGroth16.maxCheckpointBytes?.(zkGroth16.spec.parse(tinySpec())) ?? 0;
    for (const payload of whole.checkpoints.values()) expect(payload.length).toBeLessThan(most);
  });

  it('takes a witness of zeros', async () => {
    const files = await tiny.prove(0n, 0n);
    expect(verifies(files)).toBe(true);
  });

  it('refuses a domain above 2^17 before it begins', async () => {
    const zkey = { ...tiny.key, domainSize: 2 ** 18 };
    const proving = proveGroth16({
      zkey,
      statement: STATEMENT,
      witness: () => expect.unreachable(),
      randomScalars: () => expect.unreachable(),
      checkpoint: () => expect.unreachable(),
    });
    await expect(proving).rejects.toThrow(BadSpec);
    await expect(proving).rejects.toThrow(/external prover/);
  });
});

describe('a checkpoint that is not one of this proof', () => {
  const text = (payload: Uint8Array) => Buffer.from(payload).toString('latin1');
  const changed = (stage: string, from: string | RegExp, to: string) =>
    Buffer.from(text(payloadAt(stage)).replace(from, to), 'latin1');

  it.each<{ name: string; payload: () => Uint8Array }>([
    { name: 'empty', payload: () => new Uint8Array() },
    { name: 'noise', payload: () => new Uint8Array(5000).fill(7) },
    { name: 'cut off', payload: () => payloadAt('A').subarray(0, -1) },
    { name: 'too long', payload: () => Buffer.concat([payloadAt('A'), Buffer.alloc(32)]) },
    { name: 'without its numbers', payload: () => payloadAt('A').subarray(0, 400) },
    { name: 'of another version', payload: () => changed('A', '"v":1', '"v":2') },
    { name: 'of a stage nobody knows', payload: () => changed('A', '"stage":"A"', '"stage":"D"') },
    { name: 'of another stage', payload: () => changed('A', '"stage":"A"', '"stage":"C"') },
    {
      name: 'with r above the order',
      payload: () => changed('A', '"r":"17"', `"r":"${'9'.repeat(77)}"`),
    },
    { name: 'with a sum off the curve', payload: () => changed('A', /"A":\["\d+"/, '"A":["5"') },
    {
      name: 'with a number above the order',
      payload: () => Buffer.concat([payloadAt('A').subarray(0, -32), Buffer.alloc(32, 0xff)]),
    },
    { name: 'of another statement', payload: () => changed('A', STATEMENT, sha256Of('other')) },
  ])('($name) makes it start over', async ({ payload }) => {
    const resumed = await run({ resume: payload() });
    expect(resumed.witnessesComputed).toBe(1);
    expect(resumed.files).toEqual(whole.files);
  });

  it('is read or passed over, whatever its bytes', () => {
    const statement = { sha256: STATEMENT, zkey: tiny.key };
    const stages = fc.constantFrom(...STAGES);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readState(bytes, statement)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(stages, fc.nat(2000), fc.integer({ min: 1, max: 255 }), (stage, n, change) => {
        const bytes = Buffer.from(payloadAt(stage));
        const place = n % bytes.length;
        bytes.writeUInt8(bytes.readUInt8(place) ^ change, place);
        const state = readState(bytes, statement);
        expect(state === undefined || STAGES.includes(state.stage)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
