import * as z from 'zod';
import { Decimal, G1File, G2File } from '../../shared/kinds/zk/files.ts';
import {
  G1,
  type G1Point,
  G2,
  type G2Point,
  type ReadPoint,
  readG1,
  readG2,
  SCALAR_MODULUS,
  writeG1,
  writeG2,
} from '../../shared/kinds/zk/points.ts';
import { Sha256 } from '../../shared/model/ids.ts';
import { readU256, writeU256s } from './sectioned-file.ts';
import type { Zkey } from './zkey.ts';

/** What is done at a time, in order. H comes first of the sums: nothing after it needs the quotient. */
export const STAGES = ['witness', 'quotient', 'H', 'A', 'B1', 'B2', 'C'] as const;
export type Stage = (typeof STAGES)[number];

/** The five sums of points; infinity until their stage. */
export interface Sums {
  readonly H: G1Point;
  readonly A: G1Point;
  readonly B1: G1Point;
  readonly B2: G2Point;
  readonly C: G1Point;
}

export const NO_SUMS: Sums = { H: G1.ZERO, A: G1.ZERO, B1: G1.ZERO, B2: G2.ZERO, C: G1.ZERO };

/** Everything a proof still needs. Secret: it holds the witness, and r and s give the witness away. */
export interface ProverState {
  /** The last stage that is done. */
  readonly stage: Stage;
  readonly r: bigint;
  readonly s: bigint;
  /** After the last sum no more than the constant and the public signals. */
  readonly witness: readonly bigint[];
  /** Empty but between its own stage and H. */
  readonly quotient: readonly bigint[];
  readonly sums: Sums;
}

/** What a state must belong to. */
export interface Statement {
  /** Of the circuit and the input together: a state of another circuit or another input is not ours. */
  readonly sha256: Sha256;
  readonly zkey: Pick<Zkey, 'wires' | 'publicSignals' | 'domainSize'>;
}

const Header = z.strictObject({
  v: z.literal(1),
  statement: Sha256,
  stage: z.enum(STAGES),
  r: Decimal,
  s: Decimal,
  sums: z.strictObject({ H: G1File, A: G1File, B1: G1File, B2: G2File, C: G1File }),
});

/** Longest header: sixteen numbers of 78 digits, and their names. */
const MAX_HEADER_BYTES = 4096;

/** A state as bytes: one line of JSON, then witness and quotient with 32 bytes a number. */
export function writeState(state: ProverState, { sha256 }: Statement): Uint8Array {
  const { H, A, B1, B2, C } = state.sums;
  const header: z.infer<typeof Header> = {
    v: 1,
    statement: sha256,
    stage: state.stage,
    r: String(state.r),
    s: String(state.s),
    sums: { H: writeG1(H), A: writeG1(A), B1: writeG1(B1), B2: writeG2(B2), C: writeG1(C) },
  };
  return Buffer.concat([
    Buffer.from(`${JSON.stringify(header)}\n`),
    writeU256s(state.witness),
    writeU256s(state.quotient),
  ]);
}

/**
 * Reads a state that another machine wrote. Undefined for whatever is not one of this statement: the proof then
 * starts over. A state that lies within its form gives a proof that does not verify, so the caller looks.
 */
export function readState(bytes: Uint8Array, statement: Statement): ProverState | undefined {
  const payload = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const newline = payload.subarray(0, MAX_HEADER_BYTES).indexOf('\n');
  const header = Header.safeParse(jsonOf(payload.toString('latin1', 0, Math.max(newline, 0))));
  if (!header.success || header.data.statement !== statement.sha256) return undefined;
  const { stage } = header.data;
  const sums = sumsOf(header.data.sums);
  const lengths = lengthsAt(stage, statement.zkey);
  const numbers = readNumbers(payload.subarray(newline + 1), lengths.witness + lengths.quotient);
  const [r, s] = [BigInt(header.data.r), BigInt(header.data.s)];
  if (sums === undefined || numbers === undefined) return undefined;
  if (r >= SCALAR_MODULUS || s >= SCALAR_MODULUS || numbers[0] !== 1n) return undefined;
  const witness = numbers.slice(0, lengths.witness);
  return { stage, r, s, witness, quotient: numbers.slice(lengths.witness), sums };
}

const lengthsAt = (stage: Stage, { wires, publicSignals, domainSize }: Statement['zkey']) => ({
  witness: stage === 'C' ? publicSignals + 1 : wires,
  quotient: stage === 'quotient' ? domainSize : 0,
});

function readNumbers(bytes: Buffer, count: number): bigint[] | undefined {
  if (bytes.length !== count * 32) return undefined;
  const numbers = Array.from({ length: count }, (_, n) => readU256(bytes, n * 32));
  return numbers.every((number) => number < SCALAR_MODULUS) ? numbers : undefined;
}

function sumsOf(files: z.infer<typeof Header>['sums']): Sums | undefined {
  const H = orInfinity(readG1(files.H), G1.ZERO);
  const A = orInfinity(readG1(files.A), G1.ZERO);
  const B1 = orInfinity(readG1(files.B1), G1.ZERO);
  const B2 = orInfinity(readG2(files.B2), G2.ZERO);
  const C = orInfinity(readG1(files.C), G1.ZERO);
  return H && A && B1 && B2 && C && { H, A, B1, B2, C };
}

const orInfinity = <P>(read: ReadPoint<P>, infinity: P): P | undefined =>
  read.ok ? read.point : read.fault === 'infinity' ? infinity : undefined;

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
