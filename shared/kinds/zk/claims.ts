import { sha256Of } from '../../model/digest.ts';
import type { Sha256 } from '../../model/ids.ts';
import type { Claim } from '../kind.ts';
import { FIELD_MODULUS, writeG1, writeG2 } from './points.ts';
import type { Groth16Spec } from './spec.ts';
import type { Proof } from './verify.ts';

/**
 * What one accepted proof uses up.
 *
 * `proof:` is the digest of the key and the proof, with (A, B, C) and (-A, -B, C), which verify alike, made one. It
 * stops a proof from being handed in a second time as it is, and no more than that: Groth16 proofs can be
 * re-randomised by anyone ((A/x, xB, C) verifies for every x), and such a copy has another digest. What keeps a
 * copy from standing for other work are the pinned public signals, and above all `nullifier:`, since whatever a
 * proof is turned into, its public signals stay.
 *
 * A nullifier the task itself pins cannot be had by any worker once it is taken; one the task left open came from
 * this worker's proof, and another one may bring the right one.
 */
export function claimsOf(
  { circuit, expectedPublic, nullifierIndex }: Groth16Spec,
  { proof, publicSignals }: { readonly proof: Proof; readonly publicSignals: readonly bigint[] },
): Claim[] {
  const { sha256 } = circuit.vk;
  const once: Claim = { fact: `proof:${proofDigest(sha256, proof)}`, ifTaken: 'rejected' };
  if (nullifierIndex === undefined) return [once];
  const fact = `nullifier:${sha256}:${publicSignals[nullifierIndex]}`;
  const pinned = expectedPublic[nullifierIndex] !== null;
  return [once, { fact, ifTaken: pinned ? 'failed' : 'rejected' }];
}

function proofDigest(vkSha256: Sha256, { a, b, c }: Proof): Sha256 {
  const upper = a.toAffine().y > FIELD_MODULUS / 2n;
  const [one, two] = upper ? [a.negate(), b.negate()] : [a, b];
  return sha256Of(JSON.stringify([vkSha256, writeG1(one), writeG2(two), writeG1(c)]));
}
