import type { Row, Write } from '../ports.ts';
import { conditionOf, OP, placeholders, stored } from './update-expression.ts';

/** The variable part of a PutItem request that makes an item and never replaces one. */
export interface NewItem {
  readonly Item: Row;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
}

/**
 * Translates a write that demands that there is no row and sets nothing but whole attributes: a put of the item
 * says the same as an update, costs both sides less, and there is no unknown field it could lose. A repetition
 * of it is refused by that very demand.
 *
 * @param op - Names this write; never used for another.
 * @returns undefined: the write is an update.
 */
export function newItemOf(
  { key: { pk, sk }, when, set = [], add = [], remove = [] }: Write,
  op: string,
): NewItem | undefined {
  const isNew = when.some(({ is, ...of }) => is === 'absent' && !('path' in of));
  if (!isNew || add.length > 0 || remove.length > 0) return undefined;
  const Item: Record<string, unknown> = { pk, sk, [OP]: op };
  const taken = new Set(Object.keys(Item));
  for (const [name, value] of set) {
    if (typeof name !== 'string' || taken.has(name)) return undefined;
    taken.add(name);
    if (!(value instanceof Set && value.size === 0)) Item[name] = stored(value);
  }
  const terms = placeholders();
  const conditions = when.map((condition) => conditionOf(condition, terms));
  return {
    Item,
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: terms.names,
    ...(Object.keys(terms.values).length > 0 && { ExpressionAttributeValues: terms.values }),
  };
}
