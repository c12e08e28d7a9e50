import type { VerificationKeyFile } from '../../shared/kinds/zk/files.ts';
import {
  FIELD_MODULUS,
  Fr,
  G1,
  type G1Point,
  G2,
  type G2Point,
  SCALAR_MODULUS,
  writeG1,
  writeG2,
} from '../../shared/kinds/zk/points.ts';
import { writeSections, writeU256s } from '../../worker/groth16/sectioned-file.ts';

/** One row of a constraint system: (a·w) · (b·w) = (c·w), each as wire to coefficient. */
interface Constraint {
  readonly a: Readonly<Record<number, bigint>>;
  readonly b: Readonly<Record<number, bigint>>;
  readonly c: Readonly<Record<number, bigint>>;
}

export interface ConstraintSystem {
  readonly wires: number;
  readonly publicSignals: number;
  readonly constraints: readonly Constraint[];
}

export interface KeyPair {
  readonly zkey: Uint8Array;
  readonly vk: VerificationKeyFile;
  readonly domainPower: number;
}

/** The toxic waste of a set-up, here for all to see. */
const SECRETS = { tau: 1_234_567n, alpha: 23n, beta: 29n, gamma: 31n, delta: 37n };

/**
 * Keys for a constraint system from secrets everybody knows: DEVELOPMENT KEYS, FORGEABLE, for tests only. They
 * are made by the formulas of the Groth16 paper and not by those of the prover under test.
 */
export function developmentKey({ wires, publicSignals, constraints }: ConstraintSystem): KeyPair {
  const { tau, alpha, beta, gamma, delta } = SECRETS;
  // snarkjs ties every public wire to the key with a row of its own in A.
  const binding = Array.from({ length: publicSignals + 1 }, (_, n) => ({
    a: { [n]: 1n },
    b: {},
    c: {},
  }));
  const rows: Constraint[] = [...constraints, ...binding];
  const domainPower = Math.max(1, Math.ceil(Math.log2(rows.length)));
  const domainSize = 2 ** domainPower;
  const lagrange = lagrangeAt(tau, domainPower);
  const polynomial = (matrix: 'a' | 'b' | 'c', wire: number) =>
    rows.reduce((sum, row, n) => sum + (row[matrix][wire] ?? 0n) * (lagrange[n] ?? 0n), 0n);
  const columns = Array.from({ length: wires }, (_, wire) => {
    const [u, v, w] = [polynomial('a', wire), polynomial('b', wire), polynomial('c', wire)];
    return { u, v, mixed: beta * u + alpha * v + w };
  });
  const inside = columns.slice(publicSignals + 1);
  const outside = columns.slice(0, publicSignals + 1);
  const over = (divisor: bigint) => Fr.inv(divisor);
  const odd = lagrangeAt(tau, domainPower + 1).filter((_, n) => n % 2 === 1);
  const ic = outside.map(({ mixed }) => g1(mixed * over(gamma)));

  const zkey = writeSections({ magic: 'zkey', version: 1 }, [
    { id: 1, bytes: u32s(1) },
    {
      id: 2,
      bytes: Buffer.concat([
        u32s(32),
        writeU256s([FIELD_MODULUS]),
        u32s(32),
        writeU256s([SCALAR_MODULUS]),
        u32s(wires, publicSignals, domainSize),
        ...[g1Bytes(g1(alpha)), g1Bytes(g1(beta)), g2Bytes(g2(beta)), g2Bytes(g2(gamma))],
        ...[g1Bytes(g1(delta)), g2Bytes(g2(delta))],
      ]),
    },
    { id: 3, bytes: Buffer.concat(ic.map(g1Bytes)) },
    { id: 4, bytes: coefficientBytes(rows) },
    { id: 5, bytes: Buffer.concat(columns.map(({ u }) => g1Bytes(g1(u)))) },
    { id: 6, bytes: Buffer.concat(columns.map(({ v }) => g1Bytes(g1(v)))) },
    { id: 7, bytes: Buffer.concat(columns.map(({ v }) => g2Bytes(g2(v)))) },
    { id: 8, bytes: Buffer.concat(inside.map(({ mixed }) => g1Bytes(g1(mixed * over(delta))))) },
    { id: 9, bytes: Buffer.concat(odd.map((value) => g1Bytes(g1(value * over(delta))))) },
  ]);
  const vk: VerificationKeyFile = {
    protocol: 'groth16',
    curve: 'bn128',
    nPublic: publicSignals,
    vk_alpha_1: writeG1(g1(alpha)),
    vk_beta_2: writeG2(g2(beta)),
    vk_gamma_2: writeG2(g2(gamma)),
    vk_delta_2: writeG2(g2(delta)),
    IC: ic.map(writeG1),
  };
  return { zkey, vk, domainPower };
}

/** Every Lagrange polynomial of the 2^power-th roots of unity at a point: ω^n (x^N - 1) / (N (x - ω^n)). */
function lagrangeAt(x: bigint, power: number): bigint[] {
  const size = 2n ** BigInt(power);
  const root = Fr.pow(5n, (SCALAR_MODULUS - 1n) / size);
  const vanishing = Fr.mul(Fr.sub(Fr.pow(x, size), 1n), Fr.inv(size));
  return Array.from({ length: Number(size) }, (_, n) => {
    const point = Fr.pow(root, BigInt(n));
    return Fr.mul(Fr.mul(point, vanishing), Fr.inv(Fr.sub(x, point)));
  });
}

const g1 = (scalar: bigint): G1Point => G1.BASE.multiplyUnsafe(Fr.create(scalar));
const g2 = (scalar: bigint): G2Point => G2.BASE.multiplyUnsafe(Fr.create(scalar));

const montgomery = (coordinate: bigint): bigint => (coordinate * 2n ** 256n) % FIELD_MODULUS;

function g1Bytes(point: G1Point): Uint8Array {
  const { x, y } = point.toAffine();
  return writeU256s([x, y].map(montgomery));
}

function g2Bytes(point: G2Point): Uint8Array {
  const { x, y } = point.toAffine();
  return writeU256s([x.c0, x.c1, y.c0, y.c1].map(montgomery));
}

const u32s = (...numbers: number[]): Buffer => {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [n, number] of numbers.entries()) bytes.writeUInt32LE(number, n * 4);
  return bytes;
};

function coefficientBytes(rows: readonly Constraint[]): Uint8Array {
  const entries = rows.flatMap((row, n) =>
    [row.a, row.b].flatMap((matrix, m) =>
      Object.entries(matrix).map(([wire, value]) =>
        Buffer.concat([
          u32s(m, n, Number(wire)),
          writeU256s([(value * 2n ** 512n) % SCALAR_MODULUS]),
        ]),
      ),
    ),
  );
  return Buffer.concat([u32s(entries.length), ...entries]);
}
