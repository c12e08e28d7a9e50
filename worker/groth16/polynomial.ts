import { Fr, SCALAR_MODULUS as r } from '../../shared/kinds/zk/points.ts';
import { UNSCALE, type Zkey } from './zkey.ts';

/** r - 1 = 2^28 · odd, and 5 is no square: its odd power generates all roots of unity of order 2^28. */
const ROOT_28 = Fr.pow(5n, (r - 1n) >> 28n);

/** The root of unity of order 2^power that snarkjs uses; `power` is at most 28. */
const rootOfUnity = (power: number): bigint => Fr.pow(ROOT_28, 1n << BigInt(28 - power));

/**
 * What the H points of a key are multiplied with: a·b - c on a coset of the domain.
 *
 * a and b take the values of the two constraint matrices times the witness on the domain, and c their product.
 * All three go over to the coset g·domain, where g is the root of unity of twice the domain's order; there the
 * vanishing polynomial is the constant -2, which the key's H points have divided out. C is not in a .zkey: a
 * witness that breaks a constraint gives a proof that does not verify, not an error here.
 *
 * Time n log n; memory six lists of n numbers.
 *
 * @throws BadSpec when a coefficient of the key is outside of its matrices.
 */
export function quotientOnCoset(zkey: Zkey, witness: readonly bigint[]): bigint[] {
  const { a, b } = constraintValues(zkey, witness);
  const c = a.map((value, n) => (value * (b[n] ?? 0n)) % r);
  const toCoset = cosetTransform(zkey.domainSize);
  const [onCosetA, onCosetB, onCosetC] = [toCoset(a), toCoset(b), toCoset(c)];
  return onCosetA.map((value, n) => mod(value * (onCosetB[n] ?? 0n) - (onCosetC[n] ?? 0n)));
}

const mod = (value: bigint): bigint => {
  const rest = value % r;
  return rest < 0n ? rest + r : rest;
};

/** A·witness and B·witness, a value a constraint, padded with zeros to the domain. */
function constraintValues(
  { coefficients, domainSize }: Zkey,
  witness: readonly bigint[],
): { a: bigint[]; b: bigint[] } {
  const sums = [0, 1].map(() => new Array<bigint>(domainSize).fill(0n));
  coefficients.forEach((matrix, constraint, wire, value) => {
    const values = sums[matrix];
    const factor = witness[wire] ?? 0n;
    if (values === undefined || factor === 0n) return;
    values[constraint] = ((values[constraint] ?? 0n) + value * factor) % r;
  });
  const [a = [], b = []] = sums.map((values) => values.map((value) => (value * UNSCALE) % r));
  return { a, b };
}

/** Values on the domain of `size` to values on its coset, in the same order. */
function cosetTransform(size: number): (values: readonly bigint[]) => bigint[] {
  const power = Math.log2(size);
  const forward = powers(rootOfUnity(power), size / 2);
  const backward = powers(Fr.inv(rootOfUnity(power)), size / 2);
  const unscale = Fr.inv(BigInt(size));
  const shift = powers(rootOfUnity(power + 1), size).map((one) => (one * unscale) % r);
  return (values) => {
    const polynomial = transform(values, backward);
    const shifted = polynomial.map((value, n) => (value * (shift[n] ?? 0n)) % r);
    return transform(shifted, forward);
  };
}

/** 1, base, base^2, … */
function powers(base: bigint, count: number): bigint[] {
  let next = 1n;
  return Array.from({ length: count }, () => {
    const power = next;
    next = (next * base) % r;
    return power;
  });
}

/** Radix-2 Fourier transform (Cooley and Tukey, 1965). @param roots - Half of the powers of the root. */
function transform(values: readonly bigint[], roots: readonly bigint[]): bigint[] {
  const size = values.length;
  const result = bitReversed(values);
  for (let half = 1; half < size; half *= 2) {
    const stride = size / (2 * half);
    for (let start = 0; start < size; start += 2 * half) {
      for (let n = 0; n < half; n += 1) {
        const low = result[start + n] ?? 0n;
        const high = ((result[start + n + half] ?? 0n) * (roots[n * stride] ?? 0n)) % r;
        result[start + n] = low + high < r ? low + high : low + high - r;
        result[start + n + half] = low < high ? low - high + r : low - high;
      }
    }
  }
  return result;
}

function bitReversed(values: readonly bigint[]): bigint[] {
  const result = new Array<bigint>(values.length).fill(0n);
  let reversed = 0;
  for (const value of values) {
    result[reversed] = value;
    let bit = values.length >> 1;
    while (reversed & bit) {
      reversed ^= bit;
      bit >>= 1;
    }
    reversed |= bit;
  }
  return result;
}
