import type { Condition, Path, Row, Write } from '../ports.ts';
import { compareTexts, isEmptySet, isMap, stored, storedNumber, sumOf } from './stored-values.ts';

/** Attributes no write may name: the key, and the one in which the real ledger keeps its own mark. */
const RESERVED = ['pk', 'sk', 'op'];

/** Attributes the index is sorted by; they are texts, never maps. */
const INDEXED = ['dueOf', 'dueAt'];

/** Operands DynamoDB takes in one IN. */
const MAX_ONE_OF = 100;

/**
 * Refuses what DynamoDB refuses whatever the row holds.
 *
 * @throws RangeError for an empty key, a reserved attribute, an indexed one that is no text, two paths that overlap, a set of numbers
 *   added inside a map, a `oneOf` of no or more than 100 values.
 */
export function checkWrite({ key, when, set = [], remove = [], ...write }: Write): void {
  const add = (write.add ?? []).filter(([, given]) => !isEmptySet(given));
  if (key.pk === '' || key.sk === '') throw new RangeError('a key must not be empty');
  const paths = [...set.map(([path]) => path), ...add.map(([path]) => path), ...remove];
  for (const [index, path] of paths.entries()) {
    if (RESERVED.includes(attributeOf(path))) {
      throw new RangeError(`the attribute ${attributeOf(path)} belongs to the ledger`);
    }
    const rival = paths.slice(0, index).find((earlier) => overlap(earlier, path));
    if (rival !== undefined) {
      throw new RangeError(`two paths overlap: ${textOf(rival)} and ${textOf(path)}`);
    }
  }
  for (const [path, given] of [...set, ...add]) {
    if (!INDEXED.includes(attributeOf(path)) || isEmptySet(given)) continue;
    if (typeof path !== 'string' || typeof given !== 'string' || given === '') {
      throw new RangeError(`${textOf(path)} must be a text that is not empty`);
    }
  }
  for (const [path, given] of add) {
    if (typeof path !== 'string' && typeof given !== 'number') {
      throw new RangeError(`a set of numbers cannot be added inside a map: ${textOf(path)}`);
    }
  }
  for (const condition of when) {
    if (condition.is !== 'oneOf') continue;
    const count = condition.values.length;
    if (count < 1 || count > MAX_ONE_OF) {
      throw new RangeError(`oneOf takes 1 to ${MAX_ONE_OF} values, got ${count}`);
    }
  }
}

/** Whether a row, or the absence of one, meets a condition. What is missing equals nothing. */
export function meets(row: Row | undefined, condition: Condition): boolean {
  const value = condition.path === undefined ? row : valueAt(row, condition.path);
  switch (condition.is) {
    case 'exists':
      return value !== undefined;
    case 'absent':
      return value === undefined;
    case 'equal':
      return value === condition.value;
    case 'oneOf':
      return typeof value === 'string' && condition.values.includes(value);
    case 'atLeast':
      return isOrdered(value, condition.value, (order) => order >= 0);
    case 'atMost':
      return isOrdered(value, condition.value, (order) => order <= 0);
  }
}

/**
 * The row after the write; `row` itself stays as it is.
 *
 * @throws Error when a path leads into a map that is not there, or a number or set is added to something
 *   else.
 */
export function applied(row: Row | undefined, { key, set, add, remove }: Write): Row {
  const next: Record<string, unknown> = row === undefined ? { pk: key.pk, sk: key.sk } : { ...row };
  for (const [path, value] of set ?? []) {
    place(next, row, path, isEmptySet(value) ? undefined : stored(value));
  }
  for (const [path, value] of add ?? []) {
    const before = valueAt(row, path);
    if (typeof value === 'number') place(next, row, path, added(before, value, path));
    else if (value.size > 0) place(next, row, path, united(before, value, path));
  }
  for (const path of remove ?? []) place(next, row, path, undefined);
  return next;
}

/** Puts a value, or with undefined nothing, where a path leads. A map shared with `before` is copied. */
function place(
  row: Record<string, unknown>,
  before: Row | undefined,
  path: Path,
  value: unknown,
): void {
  if (typeof path === 'string') {
    if (value === undefined) delete row[path];
    else row[path] = value;
    return;
  }
  const [name, entry] = path;
  if (!isMap(row[name])) {
    throw new Error(`the row ${row.pk} / ${row.sk} has no map ${name} to hold ${entry}`);
  }
  const map: Record<string, unknown> = row[name] === before?.[name] ? { ...row[name] } : row[name];
  if (value === undefined) delete map[entry];
  else map[entry] = value;
  row[name] = map;
}

function added(before: unknown, more: number, path: Path): number {
  if (before !== undefined && typeof before !== 'number') {
    throw new Error(`${textOf(path)} is not a number, so nothing can be added`);
  }
  return sumOf(before ?? 0, storedNumber(more));
}

function united(before: unknown, more: ReadonlySet<number>, path: Path): Set<unknown> {
  if (before !== undefined && !(before instanceof Set)) {
    throw new Error(`${textOf(path)} is not a set of numbers, so nothing can be added`);
  }
  return new Set([...(before ?? []), ...Array.from(more, storedNumber)]);
}

function valueAt(row: Row | undefined, path: Path): unknown {
  if (typeof path === 'string') return row?.[path];
  const map = row?.[path[0]];
  return isMap(map) ? map[path[1]] : undefined;
}

function isOrdered(
  value: unknown,
  bound: string | number,
  test: (order: number) => boolean,
): boolean {
  if (typeof value === 'number' && typeof bound === 'number') return test(value - bound);
  if (typeof value === 'string' && typeof bound === 'string') {
    return test(compareTexts(value, bound));
  }
  return false;
}

const attributeOf = (path: Path): string => (typeof path === 'string' ? path : path[0]);

const textOf = (path: Path): string => (typeof path === 'string' ? path : path.join('.'));

function overlap(a: Path, b: Path): boolean {
  if (attributeOf(a) !== attributeOf(b)) return false;
  return typeof a === 'string' || typeof b === 'string' || a[1] === b[1];
}
