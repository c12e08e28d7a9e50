import {
  FIELD_MODULUS,
  Fr,
  type G1Point,
  type G2Point,
  SCALAR_MODULUS,
} from '../../shared/kinds/zk/points.ts';
import { BadSpec } from '../execute.ts';
import { G1_FORMAT, G2_FORMAT, type PointFormat, type PointList, pointList } from './key-points.ts';
import { readSections, readU256, type Section } from './sectioned-file.ts';

/**
 * A proving key of snarkjs. `a`, `b1`, `b2` have one point a wire, `c` one a wire that is not public, `h` one an
 * element of the domain, in the Lagrange basis of the coset (see polynomial.ts).
 */
export interface Zkey {
  /** How many numbers a witness has: the constant 1, the public signals, everything else. */
  readonly wires: number;
  readonly publicSignals: number;
  readonly domainSize: number;
  readonly alpha1: G1Point;
  readonly beta1: G1Point;
  readonly beta2: G2Point;
  readonly gamma2: G2Point;
  readonly delta1: G1Point;
  readonly delta2: G2Point;
  readonly ic: PointList<G1Point>;
  readonly a: PointList<G1Point>;
  readonly b1: PointList<G1Point>;
  readonly b2: PointList<G2Point>;
  readonly c: PointList<G1Point>;
  readonly h: PointList<G1Point>;
  /** The entries of the constraint matrices A and B. */
  readonly coefficients: Coefficients;
}

/** `matrix` 0 is A, 1 is B. */
type Visit = (matrix: number, constraint: number, wire: number, value: bigint) => void;

interface Coefficients {
  /** Values come times 2^512, as they are stored: what is summed up is multiplied once, by {@link UNSCALE}. */
  forEach(visit: Visit): void;
}

/** 2^-512: turns a stored coefficient into the one it stands for. */
export const UNSCALE = Fr.inv(2n ** 512n % SCALAR_MODULUS);

const GROTH16 = 1;
const COEFFICIENT_BYTES = 44;

/**
 * Reads the header of a .zkey and the bounds of all its parts; points and coefficients are decoded when asked
 * for. Takes memory for no more than the header. The subgroup of G2 points is not checked: that would take longer
 * than to prove, the file's SHA-256 is pinned by its owner, and the finished proof is verified.
 *
 * @throws BadSpec when it is no Groth16 key over BN254 or contradicts itself.
 */
export function readZkey(bytes: Uint8Array): Zkey {
  const file = readSections('zkey', bytes, { magic: 'zkey', version: 1 });
  const protocol = file.section(1);
  if (protocol.u32() !== GROTH16) throw new BadSpec('zkey: is not of Groth16');
  protocol.end();

  const header = file.section(2);
  expectModulus(header, FIELD_MODULUS);
  expectModulus(header, SCALAR_MODULUS);
  const wires = header.u32();
  const publicSignals = header.u32();
  const domainSize = header.u32();
  if (publicSignals >= wires) throw new BadSpec('zkey: has no wire besides its public signals');
  if (!isPowerOfTwo(domainSize)) throw new BadSpec('zkey: its domain is no power of two');

  const list = <P>(name: string, id: number, length: number, format: PointFormat<P>) =>
    pointList(name, file.section(id).bytes, length, format);
  return {
    ...{ wires, publicSignals, domainSize },
    ...readHeaderPoints(header),
    ic: list('IC', 3, publicSignals + 1, G1_FORMAT),
    coefficients: readCoefficients(file.section(4), { wires, domainSize }),
    a: list('A', 5, wires, G1_FORMAT),
    b1: list('B1', 6, wires, G1_FORMAT),
    b2: list('B2', 7, wires, G2_FORMAT),
    c: list('C', 8, wires - publicSignals - 1, G1_FORMAT),
    h: list('H', 9, domainSize, G1_FORMAT),
  };
}

/** The length of a number in bytes, then the number: both must be those of BN254. @throws BadSpec */
export function expectModulus(section: Section, modulus: bigint): void {
  if (section.u32() !== 32 || section.u256() !== modulus) {
    throw new BadSpec(`${section.name}: is not over BN254`);
  }
}

const isPowerOfTwo = (n: number): boolean => n > 0 && (n & (n - 1)) === 0;

function readHeaderPoints(header: Section) {
  const next = <P extends { is0(): boolean }>(name: string, format: PointFormat<P>): P => {
    const point = format.read(header.take(format.bytes), 0);
    if (point === undefined || point.is0()) throw new BadSpec(`zkey: ${name} is no point`);
    return point;
  };
  const points = {
    alpha1: next('alpha', G1_FORMAT),
    beta1: next('beta', G1_FORMAT),
    beta2: next('beta', G2_FORMAT),
    gamma2: next('gamma', G2_FORMAT),
    delta1: next('delta', G1_FORMAT),
    delta2: next('delta', G2_FORMAT),
  };
  header.end();
  return points;
}

function readCoefficients(
  section: Section,
  { wires, domainSize }: { readonly wires: number; readonly domainSize: number },
): Coefficients {
  const count = section.u32();
  const bytes = section.take(count * COEFFICIENT_BYTES);
  section.end();
  return {
    forEach(visit) {
      for (let at = 0; at < bytes.length; at += COEFFICIENT_BYTES) {
        const matrix = bytes.readUInt32LE(at);
        const constraint = bytes.readUInt32LE(at + 4);
        const wire = bytes.readUInt32LE(at + 8);
        if (matrix > 1 || constraint >= domainSize || wire >= wires) {
          throw new BadSpec('zkey: a coefficient is outside of the matrices');
        }
        visit(matrix, constraint, wire, readU256(bytes, at + 12));
      }
    },
  };
}
