/** DynamoDB's rules for values and their order, as the in-memory ledger keeps them. */

/** Smallest magnitude of a DynamoDB number, beside zero. */
const SMALLEST_NUMBER = 1e-130;

/** Decimal digits every JavaScript number holds faithfully. */
const FAITHFUL_DIGITS = 15;

/**
 * A copy that shares nothing with `value`, as DynamoDB would keep it: without undefined and without
 * empty sets.
 *
 * @throws RangeError for a number the SDK or DynamoDB refuses.
 * @throws TypeError for anything but JSON values and sets of numbers.
 */
export function stored(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') return storedNumber(value);
  if (value instanceof Set) return new Set(Array.from(value, storedNumber));
  if (Array.isArray(value)) return value.map(stored);
  if (!isMap(value)) throw new TypeError(`the ledger cannot store ${describe(value)}`);
  const map: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const inner = value[name];
    if (inner === undefined || isEmptySet(inner)) continue;
    map[name] = stored(inner);
  }
  return map;
}

/** A copy of a stored value that shares nothing with it. */
export function copied<Stored>(value: Stored): Stored;
export function copied(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Set) return new Set(value);
  if (Array.isArray(value)) return value.map(copied);
  const map: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) map[name] = copied(inner);
  return map;
}

/** @throws RangeError for a number the SDK or DynamoDB refuses. */
export function storedNumber(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${describe(value)} is not a number`);
  const size = Math.abs(value);
  if (size === 0) return 0;
  if (!(size >= SMALLEST_NUMBER && size <= Number.MAX_SAFE_INTEGER)) {
    throw new RangeError(`the ledger cannot store the number ${value}`);
  }
  return value;
}

/** The decimal sum: 0.1 + 0.2 is 0.3, as in DynamoDB and unlike in JavaScript. */
export function sumOf(a: number, b: number): number {
  const sum = a + b;
  return storedNumber(Number.isInteger(sum) ? sum : Number(sum.toPrecision(FAITHFUL_DIGITS)));
}

/** Order of the texts' UTF-8 bytes, which is DynamoDB's; negative when `a` comes first. */
export function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  if (at === a.length) return -1;
  if (at === b.length) return 1;
  return byteRank(a.charCodeAt(at)) - byteRank(b.charCodeAt(at));
}

/** A surrogate is half of a character beyond U+FFFF, so its bytes come after those of U+E000 to U+FFFF. */
const byteRank = (unit: number): number =>
  unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;

export const isEmptySet = (value: unknown): boolean => value instanceof Set && value.size === 0;

/** A plain object: neither list, set nor instance of a class. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

const describe = (value: unknown): string =>
  typeof value === 'object' ? `a ${value?.constructor.name}` : `${typeof value} ${String(value)}`;
