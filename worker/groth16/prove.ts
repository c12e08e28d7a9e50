import type { WeierstrassPoint, WeierstrassPointCons } from '@noble/curves/abstract/weierstrass.js';
import type { ProofFile, PublicFile } from '../../shared/kinds/zk/files.ts';
import { G1, G2, SCALAR_MODULUS, writeG1, writeG2 } from '../../shared/kinds/zk/points.ts';
import { BUILT_IN_DOMAIN_POWER } from '../../shared/kinds/zk-groth16.ts';
import type { Sha256 } from '../../shared/model/ids.ts';
import { BadSpec } from '../execute.ts';
import type { PointList } from './key-points.ts';
import { multiScalarSum } from './multi-scalar.ts';
import { quotientOnCoset } from './polynomial.ts';
import {
  NO_SUMS,
  type ProverState,
  readState,
  STAGES,
  type Stage,
  type Sums,
  writeState,
} from './prover-state.ts';
import type { Zkey } from './zkey.ts';

/** Points of one multiplication: more would not make it faster, and all of them decoded fill the memory. */
const POINTS_AT_A_TIME = 2 ** 15;

export interface ProveRequest {
  readonly zkey: Zkey;
  /** Of the circuit and the input together; a checkpoint of anything else is not used. */
  readonly statement: Sha256;
  /** Called unless a checkpoint holds the witness: one number below r for each wire of the key. */
  readonly witness: () => readonly bigint[] | Promise<readonly bigint[]>;
  /** Two numbers below r, uniformly random and never used again: they hide the witness. */
  readonly randomScalars: () => { readonly r: bigint; readonly s: bigint };
  /** The payload of a checkpoint, from wherever it came. */
  readonly resume?: Uint8Array | undefined;
  /** Called after every stage with all that is needed to go on from there. The payload is secret. */
  readonly checkpoint: (stage: Stage, payload: Uint8Array) => void;
}

/** What one prover of snarkjs's file contract makes. */
export interface ProofFiles {
  readonly proof: ProofFile;
  readonly publicSignals: PublicFile;
}

/**
 * Makes a Groth16 proof over BN254, in stages: witness, quotient, the five sums H, A, B1, B2, C, assembly.
 *
 * The reference prover: one thread, no native code. Semaphore of depth 10 (2^12) takes about 4 seconds. A payload
 * that is unreadable or of another statement makes it start over; one that lies gives a proof that does not
 * verify. The same key, witness, r and s give the same proof, resumed or not.
 *
 * @throws BadSpec when the domain is too large for it or the key is malformed.
 */
export async function proveGroth16(request: ProveRequest): Promise<ProofFiles> {
  const { zkey } = request;
  if (zkey.domainSize > 2 ** BUILT_IN_DOMAIN_POWER) {
    throw new BadSpec(
      `zkey: a domain of ${zkey.domainSize} needs an external prover; this one ends at 2^${BUILT_IN_DOMAIN_POWER}`,
    );
  }
  const statement = { sha256: request.statement, zkey };
  const reached = (state: ProverState) => {
    request.checkpoint(state.stage, writeState(state, statement));
    return state;
  };

  const resumed = request.resume && readState(request.resume, statement);
  let state = resumed ?? reached(await begin(request));
  for (const stage of STAGES.slice(STAGES.indexOf(state.stage) + 1)) {
    state = reached({ ...advance(zkey, state, stage), stage });
  }
  return assemble(zkey, state);
}

async function begin({ witness, randomScalars }: ProveRequest): Promise<ProverState> {
  const { r, s } = randomScalars();
  return { stage: 'witness', r, s, witness: await witness(), quotient: [], sums: NO_SUMS };
}

function advance(zkey: Zkey, state: ProverState, stage: Stage): ProverState {
  const { witness } = state;
  const own = zkey.publicSignals + 1;
  const add = (sum: Partial<Sums>): ProverState => ({ ...state, sums: { ...state.sums, ...sum } });
  switch (stage) {
    case 'witness':
      return state;
    case 'quotient':
      return { ...state, quotient: quotientOnCoset(zkey, witness) };
    case 'H':
      return { ...add({ H: sumOf(G1, zkey.h, state.quotient) }), quotient: [] };
    case 'A':
      return add({ A: sumOf(G1, zkey.a, witness) });
    case 'B1':
      return add({ B1: sumOf(G1, zkey.b1, witness) });
    case 'B2':
      return add({ B2: sumOf(G2, zkey.b2, witness) });
    case 'C':
      return {
        ...add({ C: sumOf(G1, zkey.c, witness.slice(own)) }),
        witness: witness.slice(0, own),
      };
  }
}

/** Σ scalar[n] · point[n] over a list of the key. Zero scalars and infinity would cost as much as others. */
function sumOf<F>(
  group: WeierstrassPointCons<F>,
  list: PointList<WeierstrassPoint<F>>,
  scalars: readonly bigint[],
): WeierstrassPoint<F> {
  let sum = group.ZERO;
  for (let start = 0; start < list.length; start += POINTS_AT_A_TIME) {
    const end = Math.min(start + POINTS_AT_A_TIME, list.length);
    const terms = list
      .slice(start, end)
      .map((point, n) => ({ point, scalar: scalars[start + n] ?? 0n }))
      .filter(({ point, scalar }) => scalar !== 0n && !point.is0());
    const points = terms.map(({ point }) => point);
    const factors = terms.map(({ scalar }) => scalar);
    sum = sum.add(multiScalarSum(group, points, factors));
  }
  return sum;
}

/** A = α + ΣA + rδ, B = β + ΣB + sδ, C = ΣC + H + sA + rB - rsδ. */
function assemble(zkey: Zkey, { r, s, witness, sums }: ProverState): ProofFiles {
  const { alpha1, beta1, beta2, delta1, delta2 } = zkey;
  const a = sums.A.add(alpha1).add(delta1.multiplyUnsafe(r));
  const b2 = sums.B2.add(beta2).add(delta2.multiplyUnsafe(s));
  const b1 = sums.B1.add(beta1).add(delta1.multiplyUnsafe(s));
  const c = sums.C.add(sums.H)
    .add(a.multiplyUnsafe(s))
    .add(b1.multiplyUnsafe(r))
    .subtract(delta1.multiplyUnsafe((r * s) % SCALAR_MODULUS));
  return {
    proof: {
      pi_a: writeG1(a),
      pi_b: writeG2(b2),
      pi_c: writeG1(c),
      protocol: 'groth16',
      curve: 'bn128',
    },
    publicSignals: witness.slice(1).map(String),
  };
}
