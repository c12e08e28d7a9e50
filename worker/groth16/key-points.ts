import {
  FIELD_MODULUS,
  Fp,
  G1,
  type G1Point,
  G2,
  type G2Point,
  onCurve,
} from '../../shared/kinds/zk/points.ts';
import { BadSpec } from '../execute.ts';
import { readU256 } from './sectioned-file.ts';

/** A list of points, decoded in pieces because all of it at once is most of a prover's memory. */
export interface PointList<P> {
  readonly length: number;
  /** The points from `start` up to and not including `end`. @throws BadSpec when one is not on the curve. */
  slice(start: number, end: number): P[];
}

/** How the points of one group stand in a key: affine, each coordinate times 2^256, all zeros for infinity. */
export interface PointFormat<P> {
  readonly bytes: number;
  /** Undefined when the bytes are no point. */
  read(bytes: Buffer, at: number): P | undefined;
}

const INVERSE_MONTGOMERY = Fp.inv(2n ** 256n % FIELD_MODULUS);

const coordinate = (bytes: Buffer, at: number): bigint | undefined => {
  const stored = readU256(bytes, at);
  return stored < FIELD_MODULUS ? (stored * INVERSE_MONTGOMERY) % FIELD_MODULUS : undefined;
};

export const G1_FORMAT: PointFormat<G1Point> = {
  bytes: 64,
  read(bytes, at) {
    const x = coordinate(bytes, at);
    const y = coordinate(bytes, at + 32);
    if (x === undefined || y === undefined) return undefined;
    return onCurve(G1, x, y);
  },
};

export const G2_FORMAT: PointFormat<G2Point> = {
  bytes: 128,
  read(bytes, at) {
    const [x0, x1, y0, y1] = [0, 32, 64, 96].map((offset) => coordinate(bytes, at + offset));
    if (x0 === undefined || x1 === undefined || y0 === undefined || y1 === undefined)
      return undefined;
    return onCurve(G2, { c0: x0, c1: x1 }, { c0: y0, c1: y1 });
  },
};

/** @throws BadSpec when the bytes are not `length` points long. */
export function pointList<P>(
  name: string,
  bytes: Buffer,
  length: number,
  format: PointFormat<P>,
): PointList<P> {
  if (bytes.length !== length * format.bytes) {
    throw new BadSpec(`zkey: ${name} has ${bytes.length} bytes, not ${length} points`);
  }
  return {
    length,
    slice: (start, end) =>
      Array.from({ length: end - start }, (_, n) => {
        const point = format.read(bytes, (start + n) * format.bytes);
        if (point === undefined) throw new BadSpec(`zkey: ${name}: point ${start + n} is no point`);
        return point;
      }),
  };
}
