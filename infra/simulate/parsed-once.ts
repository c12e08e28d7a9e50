import type * as z from 'zod';
import type { Row } from '../../shared/ports.ts';

/** What each row, as one object, was parsed to. Rows are never changed in place. */
const parsed = new WeakMap<Row, unknown>();

/**
 * Parses a version of a row once, however often it is read. The simulator's build puts this where the
 * ledger's rows are parsed: most reads find what the last one found, and parsing would take half of the time.
 */
export function parsedOnce<T>(schema: z.ZodType<T>, row: Row): T;
export function parsedOnce(schema: z.ZodType, row: Row): unknown {
  const known = parsed.get(row);
  if (known !== undefined) return known;
  const value = schema.parse(row);
  parsed.set(row, value);
  return value;
}
