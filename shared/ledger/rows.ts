import type * as z from 'zod';
import type { Key, Ledger, Row, Value, Write } from '../ports.ts';

/** Reads one row as what its schema says it is. */
export async function readRow<T>(
  ledger: Ledger,
  key: Key,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const row = await ledger.read(key);
  return row === undefined ? undefined : schema.parse(row);
}

/** A write's outcome with the row parsed. */
export type Change<T> =
  | { readonly done: true; readonly row: T }
  | { readonly done: false; readonly row: T | undefined };

export async function changeRow<T>(
  ledger: Ledger,
  schema: z.ZodType<T>,
  write: Write,
): Promise<Change<T>> {
  const outcome = await ledger.write(write);
  return outcome.written
    ? { done: true, row: schema.parse(outcome.row) }
    : { done: false, row: parseMaybe(schema, outcome.row) };
}

/** Writes a row that must not be there yet. */
export const createRow = <T>(
  ledger: Ledger,
  schema: z.ZodType<T>,
  key: Key,
  fields: Readonly<Record<string, unknown>>,
): Promise<Change<T>> =>
  changeRow(ledger, schema, { key, when: [{ is: 'absent' }], set: assignments(fields) });

/** Fields as assignments of a write; undefined ones are left out. */
export const assignments = (
  fields: Readonly<Record<string, unknown>>,
): (readonly [string, Value])[] =>
  Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, storable(value)]],
  );

/**
 * A value as the ledger stores it. Rows carry fields this code does not know, so their types cannot say it.
 *
 * @throws TypeError for what no row can hold: a bug, not an input.
 */
function storable(value: unknown): Value {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map(storable);
  if (value instanceof Set) return new Set([...value].filter((item) => typeof item === 'number'));
  if (typeof value === 'object') return Object.fromEntries(assignments({ ...value }));
  throw new TypeError(`a row cannot hold a ${typeof value}`);
}

const parseMaybe = <T>(schema: z.ZodType<T>, row: Row | undefined): T | undefined =>
  row === undefined ? undefined : schema.parse(row);
