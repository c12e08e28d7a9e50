import { bn254 } from '@noble/curves/bn254.js';
import { ProofFile, PublicFile, shapeFault } from './files.ts';
import {
  Fp12,
  G1,
  type G1Point,
  type G2Point,
  POINT_FAULTS,
  type PointFault,
  type ReadPoint,
  readG1,
  readG2,
  SCALAR_MODULUS,
} from './points.ts';
import type { VerificationKey } from './verification-key.ts';

/** Why something is not a proof under a key. */
interface ProofRefused {
  readonly code:
    | 'E_RESULT_SHAPE'
    | 'E_RESULT_SCALAR'
    | 'E_RESULT_CURVE'
    | 'E_RESULT_SUBGROUP'
    | 'E_RESULT_PUBLIC'
    | 'E_RESULT_PAIRING';
  readonly detail: string;
}

export interface Proof {
  readonly a: G1Point;
  readonly b: G2Point;
  readonly c: G1Point;
}

export type VerifiedProof =
  | { readonly ok: true; readonly proof: Proof; readonly publicSignals: readonly bigint[] }
  | { readonly ok: false; readonly refused: ProofRefused };

/**
 * Verifies a Groth16 proof over BN254: e(A, B) = e(alpha, beta) · e(L, gamma) · e(C, delta), where
 * L = IC[0] + Σ signal[i] · IC[i + 1] (Groth, "On the size of pairing-based non-interactive arguments", 2016).
 *
 * In this order: shape; every public signal in [0, r), because x and x + r would be one signal and two
 * nullifiers; as many of them as the key has; every point on its curve and in its subgroup; the pairing. What
 * the signals *should* be is the caller's question, and without it a proof of something else passes.
 *
 * About 35 ms on a shared EPYC core. Pure; never throws for what `publicSignals` and `proof` hold.
 *
 * @param publicSignals - JSON of `public.json`, from a stranger.
 * @param proof - JSON of `proof.json`, from a stranger.
 */
export function verifyGroth16(
  vk: VerificationKey,
  publicSignals: unknown,
  proof: unknown,
): VerifiedProof {
  const signalsFile = PublicFile.safeParse(publicSignals);
  if (!signalsFile.success) return no('E_RESULT_SHAPE', `public ${shapeFault(signalsFile.error)}`);
  const proofFile = ProofFile.safeParse(proof);
  if (!proofFile.success) return no('E_RESULT_SHAPE', `proof ${shapeFault(proofFile.error)}`);

  const signals = signalsFile.data.map(BigInt);
  const beyond = signals.findIndex((signal) => signal >= SCALAR_MODULUS);
  if (beyond >= 0) return no('E_RESULT_SCALAR', `public signal ${beyond} is not below r`);
  if (signals.length !== vk.ic.length - 1) {
    const wanted = vk.ic.length - 1;
    return no('E_RESULT_PUBLIC', `${signals.length} public signals; the key has ${wanted}`);
  }

  const a = readG1(proofFile.data.pi_a);
  if (!a.ok) return badPoint('pi_a', a);
  const b = readG2(proofFile.data.pi_b);
  if (!b.ok) return badPoint('pi_b', b);
  const c = readG1(proofFile.data.pi_c);
  if (!c.ok) return badPoint('pi_c', c);

  const read: Proof = { a: a.point, b: b.point, c: c.point };
  return pairs(vk, signals, read)
    ? { ok: true, proof: read, publicSignals: signals }
    : no('E_RESULT_PAIRING', 'the proof does not verify for these public signals');
}

function pairs(vk: VerificationKey, signals: readonly bigint[], { a, b, c }: Proof): boolean {
  const [constant = G1.ZERO, ...bases] = vk.ic;
  const publicSide = bases.reduce(
    (sum, base, index) => sum.add(base.multiplyUnsafe(signals[index] ?? 0n)),
    constant,
  );
  const product = bn254.pairingBatch([
    { g1: a.negate(), g2: b },
    { g1: vk.alpha, g2: vk.beta },
    { g1: c, g2: vk.delta },
    // A term with infinity is 1, and the library wants it left out.
    ...(publicSide.is0() ? [] : [{ g1: publicSide, g2: vk.gamma }]),
  ]);
  return Fp12.eql(product, Fp12.ONE);
}

const no = (code: ProofRefused['code'], detail: string) =>
  ({ ok: false, refused: { code, detail } }) as const;

const CODES: Readonly<Record<PointFault, ProofRefused['code']>> = {
  coordinate: 'E_RESULT_CURVE',
  infinity: 'E_RESULT_CURVE',
  curve: 'E_RESULT_CURVE',
  subgroup: 'E_RESULT_SUBGROUP',
};

const badPoint = (name: string, { fault }: ReadPoint<never> & { readonly ok: false }) =>
  no(CODES[fault], `${name} ${POINT_FAULTS[fault]}`);
