import * as z from 'zod';
import { canonicalJson, sha256Of } from '../../model/digest.ts';
import type { Sha256 } from '../../model/ids.ts';
import { VerificationKeyFile } from './files.ts';
import {
  type G1Point,
  type G2Point,
  POINT_FAULTS,
  type ReadPoint,
  readG1,
  readG2,
} from './points.ts';

/** A key to verify with: every point is on its curve, in its subgroup, and not infinity. */
export interface VerificationKey {
  readonly alpha: G1Point;
  readonly beta: G2Point;
  readonly gamma: G2Point;
  readonly delta: G2Point;
  /** One more than there are public signals: the first is the constant's. */
  readonly ic: readonly G1Point[];
  /** Of what the key means, not of how its file is written. */
  readonly sha256: Sha256;
}

/**
 * Reads `verification_key.json`. Refused besides malformed points:
 *
 * - a point at infinity: an IC point there leaves its public signal unbound, any value verifies;
 * - gamma = delta, which is a set-up whose second phase was skipped: anyone can then shift a part of C into the
 *   public side and prove what is false.
 */
export const VerificationKey = VerificationKeyFile.transform((file, context): VerificationKey => {
  const sha256 = digestOf(file);
  const known = recent.get(sha256);
  if (known !== undefined) return known;
  let sound = true;
  const refuse = (path: PropertyKey[], message: string) => {
    sound = false;
    context.addIssue({ code: 'custom', path, message });
  };
  const need = <P>(path: PropertyKey[], read: ReadPoint<P>): P | undefined => {
    if (read.ok) return read.point;
    refuse(path, POINT_FAULTS[read.fault]);
    return undefined;
  };
  const alpha = need(['vk_alpha_1'], readG1(file.vk_alpha_1));
  const beta = need(['vk_beta_2'], readG2(file.vk_beta_2));
  const gamma = need(['vk_gamma_2'], readG2(file.vk_gamma_2));
  const delta = need(['vk_delta_2'], readG2(file.vk_delta_2));
  const ic = file.IC.flatMap((point, index) => need(['IC', index], readG1(point)) ?? []);
  if (file.IC.length !== file.nPublic + 1) {
    refuse(['IC'], `has ${file.IC.length} points; ${file.nPublic} public signals need one more`);
  }
  if (alpha === undefined || beta === undefined) return z.NEVER;
  if (gamma === undefined || delta === undefined) return z.NEVER;
  if (gamma.equals(delta)) {
    refuse(['vk_delta_2'], 'equals vk_gamma_2: the key skipped its second phase and can be forged');
  }
  return sound ? remember({ alpha, beta, gamma, delta, ic, sha256 }) : z.NEVER;
});

const digestOf = ({ vk_alphabeta_12: _, ...meaning }: VerificationKeyFile): Sha256 =>
  sha256Of(canonicalJson(meaning));

/** Keys that were found sound: the tasks of a batch have one in common, and to check it takes 20 ms. */
const recent = new Map<Sha256, VerificationKey>();
const MOST_RECENT = 16;

function remember(vk: VerificationKey): VerificationKey {
  const [oldest] = recent.keys();
  if (recent.size >= MOST_RECENT && oldest !== undefined) recent.delete(oldest);
  recent.set(vk.sha256, vk);
  return vk;
}
