import { MAX_PROOF_BYTES, maxPublicBytes } from '../../shared/kinds/zk/files.ts';
import { SCALAR_MODULUS } from '../../shared/kinds/zk/points.ts';
import type { Groth16Spec } from '../../shared/kinds/zk/spec.ts';
import { PROOF_FILE, PUBLIC_FILE, zkGroth16 } from '../../shared/kinds/zk-groth16.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { assetName, BadSpec, type Executor, type Files, type Work } from '../execute.ts';
import { type ExternalProver, proveExternally } from './external.ts';
import { proveGroth16 } from './prove.ts';
import { inputOf, witnessOf } from './witness.ts';
import { writeWtns } from './wtns.ts';
import { readZkey, type Zkey } from './zkey.ts';

export interface Groth16Tools {
  /** Unpredictable bytes: r and s of a proof are made of them. */
  readonly randomBytes: (count: number) => Uint8Array;
  /** Absent: the built-in prover proves. */
  readonly prover?: ExternalProver | undefined;
}

/** Makes the proofs of `zk.groth16` and looks at each as Burst will, so that a faulty one is never handed in. */
export const groth16Executor = (tools: Groth16Tools): Executor => ({
  gpuUsed: tools.prover?.gpuUsed ?? zkGroth16.gpuUsed,
  run: (work) => run(work, tools),
});

async function run(work: Work, tools: Groth16Tools): Promise<Files> {
  const spec = zkGroth16.spec.parse(work.spec);
  const zkeyBytes = inputOf(work.inputs, assetName(spec.circuit.zkey.sha256));
  const zkey = readZkey(zkeyBytes);
  expectKeysOfOneCircuit(zkey, spec.circuit);

  const prove = (resume: Work['resume']) =>
    tools.prover === undefined
      ? proveHere(work, spec, zkey, tools, resume)
      : proveThere(work, spec, zkey, tools.prover);
  const files = await prove(work.resume);
  if (zkGroth16.verify(spec, files).verified) return files;
  // A checkpoint comes from a machine nobody trusts: what is wrong may be no more than that.
  const again = work.resume === undefined ? files : await prove(undefined);
  const verdict = zkGroth16.verify(spec, again);
  if (verdict.verified) return again;
  // The calculator has asserted its witness. A witness brought along may break any constraint, and an external prover
  // may be what is wrong: another worker has another one.
  if (spec.witness.from === 'wtns' && tools.prover === undefined) {
    throw new BadSpec(`witness: does not satisfy the circuit (${verdict.reason})`);
  }
  throw new Error(`the proof is none: ${verdict.reason}`);
}

/** Proving and verification key must be one pair: a proof under another key is paid for and refused. */
function expectKeysOfOneCircuit(zkey: Zkey, { vk, domainPower }: Groth16Spec['circuit']): void {
  if (zkey.domainSize !== 2 ** domainPower) {
    throw new BadSpec(`zkey: has a domain of ${zkey.domainSize}, not 2^${domainPower}`);
  }
  const ic = zkey.ic.length === vk.ic.length ? zkey.ic.slice(0, zkey.ic.length) : [];
  const same =
    zkey.alpha1.equals(vk.alpha) &&
    zkey.beta2.equals(vk.beta) &&
    zkey.gamma2.equals(vk.gamma) &&
    zkey.delta2.equals(vk.delta) &&
    vk.ic.every((point, index) => ic[index]?.equals(point));
  if (!same) throw new BadSpec('zkey: is not the proving key of circuit.vk');
}

async function proveHere(
  { inputs, checkpoint }: Work,
  spec: Groth16Spec,
  zkey: Zkey,
  { randomBytes }: Groth16Tools,
  resume: Work['resume'],
): Promise<Files> {
  const { circuit, witness, expectedPublic } = spec;
  const source = sha256Of(inputOf(inputs, witness.file));
  const { proof, publicSignals } = await proveGroth16({
    zkey,
    statement: sha256Of(JSON.stringify([circuit.zkey.sha256, source, expectedPublic])),
    witness: () => witnessOf(spec, inputs, zkey),
    randomScalars: () => ({ r: randomScalar(randomBytes), s: randomScalar(randomBytes) }),
    resume: resume?.payload,
    checkpoint,
  });
  return new Map([
    [PROOF_FILE, Buffer.from(JSON.stringify(proof))],
    [PUBLIC_FILE, Buffer.from(JSON.stringify(publicSignals))],
  ]);
}

/** Uniform below r up to one part in 2^258. */
const randomScalar = (randomBytes: Groth16Tools['randomBytes']): bigint =>
  BigInt(`0x${Buffer.from(randomBytes(64)).toString('hex')}`) % SCALAR_MODULUS;

async function proveThere(
  { inputs }: Work,
  spec: Groth16Spec,
  zkey: Zkey,
  prover: ExternalProver,
): Promise<Files> {
  const outputs = [
    { name: PROOF_FILE, maxBytes: MAX_PROOF_BYTES },
    { name: PUBLIC_FILE, maxBytes: maxPublicBytes(zkey.publicSignals) },
  ];
  const files = await proveExternally(
    prover,
    {
      zkey: inputOf(inputs, assetName(spec.circuit.zkey.sha256)),
      wtns: writeWtns(await witnessOf(spec, inputs, zkey)),
    },
    outputs,
  );
  return new Map(outputs.map(({ name }, index) => [name, files[index] ?? new Uint8Array()]));
}
