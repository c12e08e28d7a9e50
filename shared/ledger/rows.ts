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
  fields: Readonly<Record<string, Value | undefined>>,
): Promise<Change<T>> =>
  changeRow(ledger, schema, { key, when: [{ is: 'absent' }], set: assignments(fields) });

/** Fields as assignments of a write; undefined ones are left out. */
export const assignments = (
  fields: Readonly<Record<string, Value | undefined>>,
): (readonly [string, Value])[] =>
  Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));

const parseMaybe = <T>(schema: z.ZodType<T>, row: Row | undefined): T | undefined =>
  row === undefined ? undefined : schema.parse(row);
