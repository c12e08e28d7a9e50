import fc from 'fast-check';
import type { JsonSchema } from './json-schema.ts';

/** A date as FastAPI writes it: with or without a zone, with or without a fraction. */
const dateTimes = fc
  .tuple(
    fc.date({
      min: new Date('2020-01-01T00:00:00Z'),
      max: new Date('2099-01-01T00:00:00Z'),
      noInvalidDate: true,
    }),
    fc.constantFrom('Z', '', '+02:00'),
  )
  .map(([date, zone]) => `${date.toISOString().slice(0, 23)}${zone}`);

const FORMATS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  uuid: fc.uuid(),
  'date-time': dateTimes,
};

const words = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,30}$/);

/**
 * Values a schema allows. The schema bounds hardly any number and no text: those drawn here are the ones a provider
 * in its right mind would send, counts and amounts from 1 on; `broken` is for the others.
 */
export function valuesOf(
  schema: JsonSchema,
  resolve: (ref: string) => JsonSchema,
): fc.Arbitrary<unknown> {
  const of = (one: JsonSchema) => valuesOf(one, resolve);
  if (schema.$ref !== undefined) return of(resolve(schema.$ref));
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(of));
  const [only, ...others] = schema.allOf ?? [];
  if (only !== undefined && others.length === 0) return of(only);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'string':
      return FORMATS[schema.format ?? ''] ?? words;
    case 'integer':
      return fc.integer({ min: 1, max: 100_000 });
    case 'number':
      return fc.integer({ min: 1, max: 10_000_000 }).map((cents) => cents / 100);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const { items = {}, minItems = 0, maxItems = 3 } = schema;
      const bounds = { minLength: minItems, maxLength: maxItems };
      return schema.uniqueItems === true
        ? fc.uniqueArray(of(items), bounds)
        : fc.array(of(items), bounds);
    }
    case 'object':
      return objectsOf(schema, of);
    case undefined:
      return fc.jsonValue({ maxDepth: 1 });
    default:
      throw new Error(`no value can be drawn for ${schema.type}`);
  }
}

function objectsOf(
  { properties, required = [], additionalProperties }: JsonSchema,
  of: (schema: JsonSchema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  if (properties === undefined) {
    const values = typeof additionalProperties === 'object' ? additionalProperties : {};
    return fc.dictionary(words, of(values), { maxKeys: 3, noNullPrototype: true });
  }
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, one]) => [name, of(one)] as const),
  );
  return fc.record(fields, { requiredKeys: [...required], noNullPrototype: true });
}

const nonsense: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(-1, 0, 1e308, 1e-200, 2 ** 53, '1.5', '', null, [], {}, '\u001b[2J'),
  fc.constantFrom<unknown>('x'.repeat(5000), true, '2026-13-45', '../..', 'https://127.0.0.1'),
  fc.jsonValue({ maxDepth: 1 }),
);

/** A value with one thing in it, however deep, gone or in the place of nonsense. */
export const broken = (values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(values, fc.array(fc.nat(50), { minLength: 1, maxLength: 6 }), fc.boolean(), nonsense)
    .map(([value, steps, gone, wrong]) => brokenAt(value, steps, gone, wrong));

function brokenAt(
  value: unknown,
  [step, ...steps]: readonly number[],
  gone: boolean,
  wrong: unknown,
): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return wrong;
  const entries = Object.entries(value);
  if (entries.length === 0) return wrong;
  const at = step % entries.length;
  const changed = entries.flatMap(([name, one], n) => {
    if (n !== at) return [[name, one] as const];
    const isLast = steps.length === 0 || typeof one !== 'object' || one === null;
    if (isLast && gone) return [];
    return [[name, isLast ? wrong : brokenAt(one, steps, gone, wrong)] as const];
  });
  return Array.isArray(value) ? changed.map(([, one]) => one) : Object.fromEntries(changed);
}
