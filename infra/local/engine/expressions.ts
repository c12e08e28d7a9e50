import jsonata from 'jsonata';
import { expressionIn } from './definition.ts';
import {
  boundCalls,
  DEFAULT_BOUNDS,
  type ExpressionBounds,
  libraryBounds,
} from './expression-bounds.ts';
import { bindFunctions, type ExpressionSources } from './expression-functions.ts';
import { type Remembered, rememberedResults } from './expression-memory.ts';

/** An expression failed or yielded nothing. `location` is the field, as in `Output/jobs[0]`. */
export class ExpressionFailed extends Error {
  override readonly name = 'ExpressionFailed';
  readonly location: string;

  constructor(expression: string, location: string, what: string) {
    super(`The JSONata expression '${expression}' specified for the field '${location}' ${what}`);
    this.location = location;
  }
}

export interface Expressions {
  /**
   * The template with each `{% … %}` string in it replaced by the expression's value.
   *
   * @param bindings - Variables by name, `states` among them.
   * @param location - Names the field in error messages.
   * @throws ExpressionFailed
   */
  evaluate(
    template: unknown,
    bindings: Readonly<Record<string, unknown>>,
    location: string,
  ): Promise<unknown>;
}

/** A string of a definition, made ready once. */
type Prepared =
  | { readonly kind: 'literal' }
  | {
      readonly kind: 'expression';
      readonly text: string;
      readonly path: readonly string[];
      readonly compiled: jsonata.Expression;
      readonly results: Remembered | undefined;
    };

/** An evaluator that compiles each distinct expression once. */
export function createExpressions(
  sources: ExpressionSources,
  bounds: Partial<ExpressionBounds> = {},
): Expressions {
  const allBounds = { ...DEFAULT_BOUNDS, ...bounds };
  const prepared = new Map<string, Prepared>();

  function prepare(template: string): Prepared {
    const known = prepared.get(template);
    if (known !== undefined) return known;
    const ready = read(template, sources, allBounds);
    prepared.set(template, ready);
    return ready;
  }

  async function evaluate(
    template: unknown,
    bindings: Readonly<Record<string, unknown>>,
    location: string,
  ): Promise<unknown> {
    if (typeof template === 'string') {
      const ready = prepare(template);
      return ready.kind === 'literal' ? template : evaluateExpression(ready, bindings, location);
    }
    if (typeof template !== 'object' || template === null) return template;
    if (Array.isArray(template)) {
      const items: unknown[] = [];
      for (const [index, item] of template.entries()) {
        items.push(await evaluate(item, bindings, `${location}[${index}]`));
      }
      return items;
    }
    const fields: [string, unknown][] = [];
    for (const [key, item] of Object.entries(template)) {
      fields.push([key, await evaluate(item, bindings, `${location}/${key}`)]);
    }
    return Object.fromEntries(fields);
  }

  return { evaluate };
}

function read(template: string, sources: ExpressionSources, bounds: ExpressionBounds): Prepared {
  const text = expressionIn(template);
  if (text === undefined) return { kind: 'literal' };
  const compiled = jsonata(text, libraryBounds(bounds));
  bindFunctions(compiled, sources);
  boundCalls(compiled, bounds);
  const path = PLAIN_PATH.test(text) ? text.slice(1).split('.') : [];
  return { kind: 'expression', text, path, compiled, results: rememberedResults(compiled) };
}

async function evaluateExpression(
  { text, path, compiled, results }: Extract<Prepared, { kind: 'expression' }>,
  bindings: Readonly<Record<string, unknown>>,
  location: string,
): Promise<unknown> {
  let value = valueAt(path, bindings);
  if (value !== undefined) return value;
  const key = results?.keyOf(bindings);
  value = key === undefined ? undefined : results?.get(key);
  if (value !== undefined) return value;
  try {
    value = await compiled.evaluate(undefined, bindings);
  } catch (error) {
    throw new ExpressionFailed(text, location, `threw an error: ${messageOf(error)}`);
  }
  if (value === undefined)
    throw new ExpressionFailed(text, location, 'returned nothing (undefined).');
  const stranger = notJsonIn(value);
  if (stranger !== undefined) throw new ExpressionFailed(text, location, `returned ${stranger}.`);
  if (key !== undefined) results?.keep(key, value);
  return value;
}

const PLAIN_PATH = /^\$\w+(\.[A-Za-z_]\w*)*$/;

/**
 * Follows a plain path (`$states.input.jobs`) from object to object: most expressions are of this
 * kind, and the library takes fifty times as long. Undefined, for the library to decide, where
 * JSONata has rules of its own: steps into an array, and what is missing.
 */
function valueAt(path: readonly string[], bindings: Readonly<Record<string, unknown>>): unknown {
  let value: unknown = path.length > 0 ? bindings : undefined;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  }
  return value;
}

/** The library throws plain objects as well as errors. */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
    return String(thrown.message);
  }
  return String(thrown);
}

/** What in a value JSON cannot say: JSONata yields functions and infinite numbers without a word. */
function notJsonIn(value: unknown): string | undefined {
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : 'a number out of range';
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return undefined;
  if ('_jsonata_function' in value || '_jsonata_lambda' in value) return 'a function';
  for (const part of Object.values(value)) {
    const stranger = notJsonIn(part);
    if (stranger !== undefined) return stranger;
  }
  return undefined;
}
