import { sha256Of } from '../model/digest.ts';
import type { TaskKind, Verdict } from './kind.ts';
import { claimsOf } from './zk/claims.ts';
import {
  MAX_PROOF_BYTES,
  maxPublicBytes,
  ProofFile,
  PublicFile,
  readJsonFile,
} from './zk/files.ts';
import { assetsOf, Groth16Spec } from './zk/spec.ts';
import { verifyGroth16 } from './zk/verify.ts';

export const PROOF_FILE = 'proof.json';
export const PUBLIC_FILE = 'public.json';

/** log2 of the largest domain the prover in the worker takes; beyond it minutes become hours. */
export const BUILT_IN_DOMAIN_POWER = 17;

const isBuiltIn = ({ circuit }: Groth16Spec): boolean =>
  circuit.domainPower <= BUILT_IN_DOMAIN_POWER;

/**
 * Seconds to prove with the built-in prover on a domain of 2^12. Measured: Semaphore of depth 10, one shared EPYC
 * core, Node 20. Time goes with the domain, a little less towards larger ones.
 */
const SECONDS_AT_2_12 = 4.3;

/**
 * Seconds of an external prover on a domain of 2^21, with its key read from disk: snarkjs on many cores, as its
 * authors measured (github.com/iden3/snarkjs/pull/628). A GPU is faster, and the key takes as long to read.
 */
const EXTERNAL_SECONDS_AT_2_21 = 8.6;

/**
 * Most bytes of a checkpoint: a header, the witness, and a number for each element of the domain. A key has 256
 * bytes or more for each wire, the witness 32.
 */
const maxCheckpointBytes = ({ circuit: { zkey, domainPower } }: Groth16Spec): number =>
  4096 + Math.ceil(zkey.bytes / 8) + 32 * 2 ** domainPower;

/** Groth16 proofs over BN254 of circom circuits, verified one by one under the owner's key. */
export const zkGroth16: TaskKind<Groth16Spec> = {
  name: 'zk.groth16',
  spec: Groth16Spec,
  gpuUsed: false,
  abilities: ['external-prover'],
  checkpoints: true,
  unitSeconds: (spec) =>
    isBuiltIn(spec)
      ? SECONDS_AT_2_12 * 2 ** (spec.circuit.domainPower - 12)
      : EXTERNAL_SECONDS_AT_2_21 * 2 ** (spec.circuit.domainPower - 21),
  affinityKey: ({ circuit }) => circuit.zkey.sha256,
  needsConfidentiality: true,
  needs: (spec) => (isBuiltIn(spec) ? [] : ['external-prover']),
  assets: assetsOf,
  inputs: ({ witness }) => [witness.file],
  // An external prover ends too soon to write any.
  maxCheckpointBytes: (spec) => (isBuiltIn(spec) ? maxCheckpointBytes(spec) : undefined),
  outputs: ({ expectedPublic }) => [
    { name: PROOF_FILE, contentType: 'application/json', maxBytes: MAX_PROOF_BYTES },
    {
      name: PUBLIC_FILE,
      contentType: 'application/json',
      maxBytes: maxPublicBytes(expectedPublic.length),
    },
  ],
  verify,
};

/**
 * A proof is accepted if it verifies under the owner's key and its public signals are the expected ones. The
 * second half is what binds it to the task: a valid proof of something else verifies just as well.
 */
function verify(spec: Groth16Spec, files: ReadonlyMap<string, Uint8Array>): Verdict {
  const { vk } = spec.circuit;
  const { expectedPublic, nullifierIndex } = spec;
  const proofBytes = files.get(PROOF_FILE);
  const publicBytes = files.get(PUBLIC_FILE);
  if (proofBytes === undefined) return refused('E_RESULT_MISSING', `no ${PROOF_FILE}`);
  if (publicBytes === undefined) return refused('E_RESULT_MISSING', `no ${PUBLIC_FILE}`);
  const proof = readJsonFile(proofBytes, MAX_PROOF_BYTES, ProofFile);
  if (!proof.ok) return refused('E_RESULT_SHAPE', `${PROOF_FILE}: ${proof.fault}`);
  const signals = readJsonFile(publicBytes, maxPublicBytes(expectedPublic.length), PublicFile);
  if (!signals.ok) return refused('E_RESULT_SHAPE', `${PUBLIC_FILE}: ${signals.fault}`);

  const verified = verifyGroth16(vk, signals.value, proof.value);
  if (!verified.ok) return refused(verified.refused.code, verified.refused.detail);
  const other = expectedPublic.findIndex(
    (expected, index) => expected !== null && expected !== signals.value[index],
  );
  if (other >= 0) {
    return refused('E_RESULT_PUBLIC', `public signal ${other} is not the one this task expects`);
  }

  const nullifier =
    nullifierIndex === undefined ? undefined : verified.publicSignals[nullifierIndex];
  return {
    verified: true,
    verifiedBy: 'proof',
    evidence: {
      vkSha256: vk.sha256,
      publicSha256: sha256Of(JSON.stringify(signals.value)),
      ...(nullifier === undefined ? {} : { nullifier: String(nullifier) }),
    },
    claims: claimsOf(spec, verified),
  };
}

const refused = (code: string, detail: string): Verdict => ({
  verified: false,
  reason: `${code}: ${detail}`,
});
