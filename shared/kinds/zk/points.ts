import type { WeierstrassPoint, WeierstrassPointCons } from '@noble/curves/abstract/weierstrass.js';
import { bn254 } from '@noble/curves/bn254.js';
import type { G1File, G2File } from './files.ts';

/** The two groups of BN254 (circom calls it bn128), both of prime order {@link SCALAR_MODULUS}. */
export const G1 = bn254.G1.Point;
export const G2 = bn254.G2.Point;
export const { Fp, Fp2, Fp12, Fr } = bn254.fields;

export type G1Point = WeierstrassPoint<bigint>;
export type G2Point = WeierstrassPoint<(typeof Fp2)['ZERO']>;

/** r: order of the groups, modulus of witness and public signals. */
export const SCALAR_MODULUS = Fr.ORDER;

/** p: modulus of the coordinates. */
export const FIELD_MODULUS = Fp.ORDER;

export type ReadPoint<P> =
  | { readonly ok: true; readonly point: P }
  | { readonly ok: false; readonly fault: PointFault };

/** Why two coordinates are no point to compute with. */
export type PointFault = 'coordinate' | 'infinity' | 'curve' | 'subgroup';

export const POINT_FAULTS: Readonly<Record<PointFault, string>> = {
  coordinate: 'has a coordinate that is not below the field modulus',
  infinity: 'is the point at infinity',
  curve: 'is not on the curve',
  subgroup: 'is on the curve but outside the subgroup of order r',
};

export const readG1 = ([x, y]: Readonly<G1File>): ReadPoint<G1Point> =>
  pointOf(G1, BigInt(x), BigInt(y), BigInt(x) < FIELD_MODULUS && BigInt(y) < FIELD_MODULUS);

export function readG2([x, y]: Readonly<G2File>): ReadPoint<G2Point> {
  const coordinates = [...x, ...y].map(BigInt);
  const [x0 = 0n, x1 = 0n, y0 = 0n, y1 = 0n] = coordinates;
  const reduced = coordinates.every((one) => one < FIELD_MODULUS);
  return pointOf(G2, { c0: x0, c1: x1 }, { c0: y0, c1: y1 }, reduced);
}

/**
 * The checks in the order in which each makes the next one safe. G1 is its whole curve; the curve of G2 has
 * about p points for each one of G2, and a pairing with such a point proves nothing.
 */
function pointOf<F>(
  group: WeierstrassPointCons<F>,
  x: F,
  y: F,
  reduced: boolean,
): ReadPoint<WeierstrassPoint<F>> {
  const no = (fault: PointFault) => ({ ok: false, fault }) as const;
  if (!reduced) return no('coordinate');
  const point = onCurve(group, x, y);
  if (point === undefined) return no('curve');
  if (point.is0()) return no('infinity');
  try {
    point.assertValidity();
  } catch {
    return no('subgroup');
  }
  return { ok: true, point };
}

/** The point with these coordinates below the modulus; (0, 0) is infinity; undefined when off the curve. */
export function onCurve<F>(
  group: WeierstrassPointCons<F>,
  x: F,
  y: F,
): WeierstrassPoint<F> | undefined {
  const field = group.Fp;
  if (field.is0(x) && field.is0(y)) return group.ZERO;
  const cubic = field.add(field.mul(field.sqr(x), x), group.CURVE().b);
  // No point of a group of odd order has y = 0, and the library constructs none.
  if (field.is0(y) || !field.eql(field.sqr(y), cubic)) return undefined;
  return group.fromAffine({ x, y });
}

export function writeG1(point: G1Point): G1File {
  const { x, y } = point.toAffine();
  return [String(x), String(y), '1'];
}

export function writeG2(point: G2Point): G2File {
  const { x, y } = point.toAffine();
  return [
    [String(x.c0), String(x.c1)],
    [String(y.c0), String(y.c1)],
    ['1', '0'],
  ];
}
