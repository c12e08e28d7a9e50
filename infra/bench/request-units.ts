import type { Row } from '../../shared/ports.ts';

/**
 * DynamoDB's request units by the size of items
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html).
 */

const READ_UNIT_BYTES = 4096;
const WRITE_UNIT_BYTES = 1024;

/** Attribute `op` that the DynamoDB adapter adds to every item: its name and a ULID. */
const OP_BYTES = 28;

/** What DynamoDB takes an item to be, bytes; 0: there is none. */
export const itemBytes = (row: Row | undefined): number =>
  row === undefined ? 0 : attributesBytes(row) + OP_BYTES;

const attributesBytes = (attributes: Readonly<Record<string, unknown>>): number =>
  Object.entries(attributes).reduce(
    (sum, [name, value]) => (value === undefined ? sum : sum + textBytes(name) + valueBytes(value)),
    0,
  );

/** A list or map costs three bytes and one for each of its entries; a number one byte for two digits, and one. */
function valueBytes(value: unknown): number {
  if (typeof value === 'string') return textBytes(value);
  if (typeof value === 'number') return Math.ceil(String(value).length / 2) + 1;
  if (value === null || typeof value !== 'object') return 1;
  if (value instanceof Set) return listBytes([...value]) - 3 - value.size;
  if (Array.isArray(value)) return listBytes(value);
  return 3 + Object.keys(value).length + attributesBytes({ ...value });
}

const listBytes = (values: readonly unknown[]): number =>
  values.reduce<number>((sum, value) => sum + 1 + valueBytes(value), 3);

const textBytes = (text: string): number => Buffer.byteLength(text);

/** Units of one request that reads so many bytes, consistently; of one item or of all items of a query. */
export const readUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));

/** Units of one update: the larger of the item before and after it counts, and a refused one costs as much. */
export const writeUnits = (before: Row | undefined, after: Row | undefined): number =>
  Math.max(1, Math.ceil(Math.max(itemBytes(before), itemBytes(after)) / WRITE_UNIT_BYTES));

/** Units that the update costs in the index of due rows, which holds keys only: an entry is put, removed or moved. */
export function indexUnits(before: Row | undefined, after: Row | undefined): number {
  const [from, to] = [entryOf(before), entryOf(after)];
  if (from === to) return 0;
  return Number(from !== undefined) + Number(to !== undefined);
}

const entryOf = (row: Row | undefined): string | undefined =>
  row?.dueOf === undefined || row.dueAt === undefined ? undefined : `${row.dueOf} ${row.dueAt}`;
