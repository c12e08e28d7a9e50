import type { Condition, Path, Value, Write } from '../ports.ts';

/** The variable part of an UpdateItem request, in DynamoDB's expression language. */
export interface UpdateExpression {
  readonly UpdateExpression: string;
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, unknown>;
}

/** Attribute that names the last write of a row. It belongs to the ledger; no write may set it. */
export const OP = 'op';

/** Operands DynamoDB takes in one IN. */
const MAX_ONE_OF = 100;

/**
 * Translates a write. Every name and value goes through a placeholder, so a path may hold any
 * characters.
 *
 * Beyond the write's own conditions it demands that the row's last write was not this very one: when
 * the SDK repeats a request whose answer was lost, the repetition fails instead of adding twice.
 *
 * @param op - Names this write; never used for another.
 * @throws RangeError when the write asks for what DynamoDB cannot do: `op`, a set of numbers added
 *   inside a map, a `oneOf` of no or more than 100 values.
 */
export function updateExpressionOf(write: Write, op: string): UpdateExpression {
  const terms = placeholders();
  const { path, value } = terms;
  const sets = [`${path(OP)} = ${value(op)}`];
  const adds: string[] = [];
  const removes: string[] = [];

  for (const [target, given] of write.set ?? []) {
    refuseOp(target);
    if (given instanceof Set && given.size === 0) removes.push(path(target));
    else sets.push(`${path(target)} = ${value(stored(given))}`);
  }
  for (const [target, given] of write.add ?? []) {
    refuseOp(target);
    if (typeof given === 'number') {
      sets.push(`${path(target)} = if_not_exists(${path(target)}, ${value(0)}) + ${value(given)}`);
      continue;
    }
    if (given.size === 0) continue;
    if (typeof target !== 'string') {
      throw new RangeError(`a set of numbers cannot be added inside a map: ${target.join('.')}`);
    }
    adds.push(`${path(target)} ${value(given)}`);
  }
  for (const target of write.remove ?? []) {
    refuseOp(target);
    removes.push(path(target));
  }

  const conditions = [
    `(attribute_not_exists(${path(OP)}) OR ${path(OP)} <> ${value(op)})`,
    ...write.when.map((condition) => conditionOf(condition, terms)),
  ];
  return {
    UpdateExpression: [clause('SET', sets), clause('ADD', adds), clause('REMOVE', removes)].join(
      '',
    ),
    ConditionExpression: conditions.join(' AND '),
    ExpressionAttributeNames: terms.names,
    ExpressionAttributeValues: terms.values,
  };
}

/** A condition of a write in DynamoDB's expression language. */
export function conditionOf(condition: Condition, { path, value }: Placeholders): string {
  switch (condition.is) {
    case 'exists':
      return `attribute_exists(${path(condition.path ?? 'pk')})`;
    case 'absent':
      return `attribute_not_exists(${path(condition.path ?? 'pk')})`;
    case 'equal':
      return `${path(condition.path)} = ${value(condition.value)}`;
    case 'atLeast':
      return `${path(condition.path)} >= ${value(condition.value)}`;
    case 'atMost':
      return `${path(condition.path)} <= ${value(condition.value)}`;
    case 'oneOf':
      if (condition.values.length < 1 || condition.values.length > MAX_ONE_OF) {
        throw new RangeError(
          `oneOf takes 1 to ${MAX_ONE_OF} values, got ${condition.values.length}`,
        );
      }
      return `${path(condition.path)} IN (${condition.values.map(value).join(', ')})`;
  }
}

/** Names and values of one request, and what stands for them in its expressions. */
export interface Placeholders {
  readonly path: (path: Path) => string;
  readonly value: (value: unknown) => string;
  readonly names: Record<string, string>;
  readonly values: Record<string, unknown>;
}

export function placeholders(): Placeholders {
  const names: Record<string, string> = {};
  const values: Record<string, unknown> = {};
  const known = new Map<string, string>();
  const name = (text: string): string => {
    const placeholder = known.get(text) ?? `#${known.size}`;
    known.set(text, placeholder);
    names[placeholder] = text;
    return placeholder;
  };
  let used = 0;
  return {
    names,
    values,
    path: (path) => (typeof path === 'string' ? name(path) : `${name(path[0])}.${name(path[1])}`),
    value: (given) => {
      const placeholder = `:${used++}`;
      values[placeholder] = given;
      return placeholder;
    },
  };
}

const clause = (verb: string, terms: readonly string[]): string =>
  terms.length === 0 ? '' : `${verb} ${terms.join(', ')} `;

function refuseOp(path: Path): void {
  if (path === OP || path[0] === OP)
    throw new RangeError(`the attribute ${OP} belongs to the ledger`);
}

/** DynamoDB has no empty set: inside an object it is left out, as an undefined value is. A copy. */
export function stored(value: Value): Value {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Set) return new Set(value);
  if (Array.isArray(value)) return value.map(stored);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined && !(inner instanceof Set && inner.size === 0))
      .map(([name, inner]) => [name, stored(inner)]),
  );
}
