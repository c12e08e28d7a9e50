import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { zkGroth16 } from '../../../shared/kinds/zk-groth16.ts';
import { sha256Of } from '../../../shared/model/digest.ts';
import { assetName, BadSpec, type Work } from '../../../worker/execute.ts';
import { groth16Executor } from '../../../worker/groth16/executor.ts';
import { ExternalProver } from '../../../worker/groth16/external.ts';
import { STAGES } from '../../../worker/groth16/prover-state.ts';
import { writeWtns } from '../../../worker/groth16/wtns.ts';
import { countingBytes } from '../../support/counting-bytes.ts';
import { developmentKey } from '../../support/development-key.ts';
import { SYSTEM, tiny, tinySpec } from '../../support/tiny-circuit.ts';

const WITNESS = tiny.witness(3n, 7n);

/** One task with its files; what a test is about goes into the argument. */
function work({
  spec = tinySpec(),
  witness = WITNESS,
  zkey = tiny.zkey,
  resume = undefined as Work['resume'],
  checkpoint = (() => {}) as Work['checkpoint'],
} = {}): Work {
  const asset = assetName(sha256Of(zkey));
  const inputs = new Map([
    ['witness.wtns', writeWtns(witness)],
    [asset, zkey],
  ]);
  return { spec, inputs, resume, checkpoint };
}

const executor = (prover?: ExternalProver, seed = 1) =>
  groth16Executor({ randomBytes: countingBytes(seed), prover });

const isVerified = (files: ReadonlyMap<string, Uint8Array>) =>
  zkGroth16.verify(zkGroth16.spec.parse(tinySpec()), files).verified;

/** Runs a task that must fail, and says how. */
async function failure(run: () => unknown): Promise<{ bad: boolean; message: string }> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { bad: error instanceof BadSpec, message: error.message };
  }
  throw new Error('it did not fail');
}

describe('the executor of zk.groth16', () => {
  it('makes the files that our side verifies', async () => {
    expect(isVerified(await executor().run(work()))).toBe(true);
  });

  it('makes another proof with other randomness, of the same public signals', async () => {
    const [one, two] = await Promise.all([
      executor(undefined, 1).run(work()),
      executor(undefined, 2).run(work()),
    ]);
    expect(two.get('public.json')).toEqual(one.get('public.json'));
    expect(two.get('proof.json')).not.toEqual(one.get('proof.json'));
  });

  it('goes on from a checkpoint of another worker', async () => {
    const left: [string, Uint8Array][] = [];
    const checkpoint = (stage: string, payload: Uint8Array) => left.push([stage, payload]);
    const first = await executor().run(work({ checkpoint }));
    expect(left.map(([stage]) => stage)).toEqual(STAGES);
    const [stage, payload] = left[4] ?? ['', new Uint8Array()];

    const rest: string[] = [];
    const resume = { sequence: 5, stage, payload };
    const again = await executor(undefined, 2).run(
      work({ resume, checkpoint: (reached) => rest.push(reached) }),
    );
    expect(rest).toEqual(['B2', 'C']);
    expect(again).toEqual(first);
  });

  it('starts over from a checkpoint that is well formed and wrong', async () => {
    const left: Uint8Array[] = [];
    await executor().run(work({ checkpoint: (_, payload) => left.push(payload) }));
    const honest = Buffer.from(left.at(-1) ?? []).toString('latin1');
    const lie = honest.replace(/"A":\["\d+","\d+"/, '"A":["1","2"');
    expect(lie).not.toBe(honest);
    const reached: string[] = [];
    const files = await executor().run(
      work({
        resume: { sequence: 7, stage: 'C', payload: Buffer.from(lie, 'latin1') },
        checkpoint: (stage) => reached.push(stage),
      }),
    );
    expect(isVerified(files)).toBe(true);
    expect(reached).toEqual(STAGES);
  });

  it.each<{ name: string; changes: Parameters<typeof work>[0]; why: RegExp }>([
    { name: 'of a wire too few', changes: { witness: WITNESS.slice(1) }, why: /constant 1/ },
    {
      name: 'of another circuit',
      changes: { witness: [...WITNESS, 5n] },
      why: /witness: has 6 numbers; the key is for 5/,
    },
    {
      name: 'of other public signals',
      changes: { witness: tiny.witness(3n, 8n) },
      why: /public signal 0 is not the one expectedPublic names/,
    },
    {
      name: 'that breaks a constraint',
      changes: { witness: [1n, 21n, 9n, 3n, 8n] },
      why: /does not satisfy the circuit/,
    },
  ])('refuses a witness $name for good', async ({ changes, why }) => {
    expect(await failure(() => executor().run(work(changes)))).toEqual({
      bad: true,
      message: expect.stringMatching(why),
    });
  });

  it('refuses a proving key of another verification key for good, before it proves', async () => {
    const { zkey } = developmentKey({ ...SYSTEM, constraints: SYSTEM.constraints.toReversed() });
    const spec = tinySpec();
    const circuit = { ...spec.circuit, zkey: { sha256: sha256Of(zkey), bytes: zkey.length } };
    const checkpoint = () => expect.unreachable();
    const other = work({ spec: { ...spec, circuit }, zkey, checkpoint });
    const message = 'zkey: is not the proving key of circuit.vk';
    expect(await failure(() => executor().run(other))).toEqual({ bad: true, message });
  });

  it('refuses a proving key of another domain for good', async () => {
    const spec = tinySpec();
    const circuit = { ...spec.circuit, domainPower: 4 };
    const message = 'zkey: has a domain of 8, not 2^4';
    expect(await failure(() => executor().run(work({ spec: { ...spec, circuit } })))).toEqual({
      bad: true,
      message,
    });
  });

  it('fails, but not for good, when it was not given a file', async () => {
    const { inputs, ...rest } = work();
    const lacking = new Map([...inputs].slice(1));
    expect(await failure(() => executor().run({ ...rest, inputs: lacking }))).toEqual({
      bad: false,
      message: 'witness.wtns was not fetched',
    });
  });
});

describe('the executor with an external prover', () => {
  const program = (...command: string[]) => ExternalProver.parse({ command });
  const standIn = program(
    ...[process.execPath, '--import', import.meta.resolve('tsx')],
    fileURLToPath(new URL('../../support/standalone-prover.ts', import.meta.url)),
  );

  it('hands in what that made, once it is verified', async () => {
    const checkpoint = () => expect.unreachable();
    expect(isVerified(await executor(standIn).run(work({ checkpoint })))).toBe(true);
  });

  it('does not bother it with a witness of other public signals', async () => {
    const never = program('/no/such/prover');
    const other = work({ witness: tiny.witness(3n, 8n) });
    expect(await failure(() => executor(never).run(other))).toMatchObject({ bad: true });
  });

  it('is not taken for a bad witness when what it makes is no proof: another worker may do better', async () => {
    const wrong = work({ witness: [1n, 21n, 9n, 3n, 8n] });
    expect(await failure(() => executor(standIn).run(wrong))).toEqual({
      bad: false,
      message: expect.stringMatching(/^the proof is none: /),
    });
  });

  it('uses the GPU if the operator says so', () => {
    const prover = ExternalProver.parse({ command: ['prove'], gpuUsed: true });
    expect([executor(), executor(standIn), executor(prover)].map(({ gpuUsed }) => gpuUsed)).toEqual(
      [false, false, true],
    );
  });
});
