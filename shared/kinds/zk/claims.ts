import { sha256Of } from '../../model/digest.ts';
import { FIELD_MODULUS, writeG1, writeG2 } from './points.ts';
import type { VerificationKey } from './verification-key.ts';
import type { Proof } from './verify.ts';

/**
 * What one accepted proof uses up, as facts no other task may rest on.
 *
 * `proof:` is the digest of the key and the proof, with (A, B, C) and (-A, -B, C), which verify alike, made one. It
 * stops a proof from being handed in a second time as it is, and no more than that: Groth16 proofs can be
 * re-randomised by anyone, (A/x, xB, C) verifies for every x, and such a copy has another digest. What keeps a copy
 * from standing for other work are the pinned public signals, and above all `nullifier:`: whatever a proof is
 * turned into, its public signals stay, so one nullifier is used once per key.
 */
export function claimsOf(
  vk: Pick<VerificationKey, 'sha256'>,
  proof: Proof,
  nullifier: bigint | undefined,
): readonly string[] {
  const digest = `proof:${proofDigest(vk, proof)}`;
  return nullifier === undefined ? [digest] : [digest, `nullifier:${vk.sha256}:${nullifier}`];
}

function proofDigest({ sha256 }: Pick<VerificationKey, 'sha256'>, { a, b, c }: Proof): string {
  const upper = a.toAffine().y > FIELD_MODULUS / 2n;
  const [one, two] = upper ? [a.negate(), b.negate()] : [a, b];
  return sha256Of(JSON.stringify([sha256, writeG1(one), writeG2(two), writeG1(c)]));
}
