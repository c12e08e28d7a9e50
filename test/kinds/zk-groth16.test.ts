import { beforeAll, describe, expect, it } from 'vitest';
import { checkEnvelope } from '../../shared/intake/check-envelope.ts';
import { kindNamed } from '../../shared/kinds/kinds.ts';
import { FIELD_MODULUS, SCALAR_MODULUS } from '../../shared/kinds/zk/points.ts';
import { PROOF_FILE, PUBLIC_FILE, zkGroth16 } from '../../shared/kinds/zk-groth16.ts';
import type { ProofFiles } from '../../worker/groth16/prove.ts';
import { tiny, tinySpec } from '../support/tiny-circuit.ts';

const files = ({ proof, publicSignals }: ProofFiles, changes: Record<string, unknown> = {}) =>
  new Map(
    Object.entries({ [PROOF_FILE]: proof, [PUBLIC_FILE]: publicSignals, ...changes }).map(
      ([name, value]) => [name, new TextEncoder().encode(JSON.stringify(value))],
    ),
  );

const verify = (uploaded: ReadonlyMap<string, Uint8Array>, changes = {}) =>
  zkGroth16.verify(zkGroth16.spec.parse(tinySpec(changes)), uploaded);

function reasonOf(verdict: ReturnType<typeof verify>): string {
  return verdict.verified ? 'verified' : verdict.reason;
}

let made: ProofFiles;
let other: ProofFiles;
beforeAll(async () => {
  made = await tiny.prove(3n, 7n);
  other = await tiny.prove(-3n + SCALAR_MODULUS, 5n);
});

describe('a result of zk.groth16', () => {
  it('is verified by its proof, and says what it was verified against', () => {
    expect(verify(files(made))).toEqual({
      verified: true,
      verifiedBy: 'proof',
      evidence: {
        vkSha256: tiny.verificationKey.sha256,
        publicSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      claims: [{ fact: expect.stringMatching(/^proof:[0-9a-f]{64}$/), ifTaken: 'rejected' }],
    });
  });

  it('is verified when only some public signals are pinned', () => {
    expect(verify(files(made), { expectedPublic: [null, '9'] }).verified).toBe(true);
  });

  it('is refused when it is a valid proof of other inputs', () => {
    expect(reasonOf(verify(files(other)))).toBe(
      'E_RESULT_PUBLIC: public signal 0 is not the one this task expects',
    );
  });

  it('is refused when it is the proof of another task with the signals of this one', () => {
    const stolen = files({ ...other, publicSignals: made.publicSignals });
    expect(reasonOf(verify(stolen))).toMatch(/^E_RESULT_PAIRING: /);
  });

  it.each([
    { name: 'no proof', without: PROOF_FILE },
    { name: 'no public signals', without: PUBLIC_FILE },
  ])('is refused with $name', ({ without }) => {
    const uploaded = files(made);
    uploaded.delete(without);
    expect(reasonOf(verify(uploaded))).toBe(`E_RESULT_MISSING: no ${without}`);
  });

  it.each([
    { name: 'an empty proof', file: PROOF_FILE, bytes: new Uint8Array() },
    { name: 'a proof above its limit', file: PROOF_FILE, bytes: new Uint8Array(4097).fill(32) },
    { name: 'signals above their limit', file: PUBLIC_FILE, bytes: new Uint8Array(449).fill(32) },
  ])('is refused with $name', ({ file, bytes }) => {
    const uploaded = files(made).set(file, bytes);
    expect(reasonOf(verify(uploaded))).toMatch(new RegExp(`^E_RESULT_SHAPE: ${file}: `));
  });
});

describe('the claims of a proof', () => {
  const claims = (uploaded: ReadonlyMap<string, Uint8Array>, changes = {}) => {
    const verdict = verify(uploaded, changes);
    return verdict.verified === true ? verdict.claims : undefined;
  };

  it('are the same for its trivial negation (-A, -B, C)', () => {
    const minus = (y: string) => String(FIELD_MODULUS - BigInt(y));
    const { pi_a, pi_b } = made.proof;
    const negated = files(made, {
      [PROOF_FILE]: {
        ...made.proof,
        pi_a: [pi_a[0], minus(pi_a[1]), '1'],
        pi_b: [pi_b[0], pi_b[1].map(minus), pi_b[2]],
      },
    });
    expect(claims(negated)).toEqual(claims(files(made)));
  });

  it('differ for another proof of the same', async () => {
    const again = await tiny.prove(3n, 7n, { r: 5n, s: 6n });
    expect(claims(files(again))).not.toEqual(claims(files(made)));
  });

  it('have the nullifier with its key: no worker can mend one that the task itself pins', () => {
    const fact = `nullifier:${tiny.verificationKey.sha256}:9`;
    expect(claims(files(made), { nullifierIndex: 1 })?.[1]).toEqual({ fact, ifTaken: 'failed' });
    const open = { nullifierIndex: 1, expectedPublic: ['21', null] };
    expect(claims(files(made), open)?.[1]).toEqual({ fact, ifTaken: 'rejected' });
  });
});

describe('a task of zk.groth16', () => {
  const envelope = (spec: unknown, changes: object = {}) => ({
    taskId: 'proof-1',
    kind: 'zk.groth16',
    spec,
    inputs: [{ name: 'witness.wtns', sha256: 'c'.repeat(64), bytes: 236 }],
    confidentiality: 'witness-visible',
    ...changes,
  });

  it('is taken at intake', () => {
    expect(checkEnvelope(envelope(tinySpec()))).toMatchObject({ ok: true });
  });

  it.each<{ name: string; spec: object; refusal: object }>([
    {
      name: 'with no public signal pinned',
      spec: { expectedPublic: [null, null] },
      refusal: { code: 'E_UNBOUND_PROOF', field: 'spec.expectedPublic' },
    },
    {
      name: 'with too few expectations',
      spec: { expectedPublic: ['21'] },
      refusal: { code: 'E_VALUE', field: 'spec.expectedPublic' },
    },
    {
      name: 'with too many expectations',
      spec: { expectedPublic: ['21', '9', '1'] },
      refusal: { code: 'E_VALUE', field: 'spec.expectedPublic' },
    },
    {
      name: 'that expects r',
      spec: { expectedPublic: ['21', String(SCALAR_MODULUS)] },
      refusal: { code: 'E_VALUE', field: 'spec.expectedPublic.1' },
    },
    {
      name: 'that expects a word',
      spec: { expectedPublic: ['21', 'nine'] },
      refusal: { code: 'E_VALUE', field: 'spec.expectedPublic.1' },
    },
    {
      name: 'with a nullifier beyond the last signal',
      spec: { nullifierIndex: 2 },
      refusal: { code: 'E_VALUE', field: 'spec.nullifierIndex' },
    },
    {
      name: 'with an input and no calculator for it',
      spec: { witness: { from: 'input', file: 'witness.wtns' } },
      refusal: { code: 'E_VALUE', field: 'spec.witness.from' },
    },
    {
      name: 'with a witness file that is a path',
      spec: { witness: { from: 'wtns', file: '../w' } },
      refusal: { code: 'E_VALUE', field: 'spec.witness.file' },
    },
    {
      name: 'with a field nobody knows',
      spec: { secret: 'x' },
      refusal: { code: 'E_UNKNOWN_FIELD', field: 'spec.secret' },
    },
  ])('$name is refused', ({ spec, refusal }) => {
    expect(checkEnvelope(envelope(tinySpec(spec)))).toMatchObject({ ok: false, refusal });
  });

  it.each<{ name: string; circuit: object; field: string }>([
    { name: 'a domain of 2^0', circuit: { domainPower: 0 }, field: 'domainPower' },
    { name: 'a domain of 2^29', circuit: { domainPower: 29 }, field: 'domainPower' },
    {
      name: 'a domain its key has no room for',
      circuit: { domainPower: 6, zkey: { sha256: 'b'.repeat(64), bytes: 4096 } },
      field: 'domainPower',
    },
    { name: 'an id with a line feed', circuit: { id: 'a\nb' }, field: 'id' },
    { name: 'an id of 65 letters', circuit: { id: 'a'.repeat(65) }, field: 'id' },
    {
      name: 'a key that can be forged',
      circuit: { vk: { ...tiny.vk, vk_delta_2: tiny.vk.vk_gamma_2 } },
      field: 'vk.vk_delta_2',
    },
    {
      name: 'a calculator nobody would run',
      circuit: { wasm: { sha256: 'd'.repeat(64), bytes: 9 } },
      field: '',
    },
  ])('with $name is refused', ({ circuit, field }) => {
    const spec = tinySpec();
    const changed = { ...spec, circuit: { ...spec.circuit, ...circuit } };
    const where = field === '' ? 'spec.witness.from' : `spec.circuit.${field}`;
    expect(checkEnvelope(envelope(changed))).toMatchObject({ refusal: { field: where } });
  });

  it('must say who may see its witness', () => {
    expect(checkEnvelope(envelope(tinySpec(), { confidentiality: undefined }))).toMatchObject({
      refusal: { code: 'E_REQUIRED', field: 'confidentiality' },
    });
  });

  it.each([
    [17, [], true],
    [18, ['external-prover'], false],
  ])('on a domain of 2^%i needs %j of a worker', (domainPower, needs, checkpoints) => {
    const spec = tinySpec();
    const zkey = { sha256: 'b'.repeat(64), bytes: 500_000_000 };
    const circuit = { ...spec.circuit, domainPower, zkey };
    const read = kindNamed('zk.groth16')?.read({ ...spec, circuit });
    if (read?.ok !== true) throw new Error('the spec was refused');
    expect(read.task.needs).toEqual(needs);
    expect(read.task.maxCheckpointBytes !== undefined).toBe(checkpoints);
    expect(read.task.unitSeconds).toBeGreaterThan(0);
    expect(read.task.affinityKey).toBe(zkey.sha256);
    expect(read.task.assets).toEqual([zkey]);
    expect(read.task.inputs).toEqual(['witness.wtns']);
  });
});
