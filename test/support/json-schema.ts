import * as z from 'zod';

/** The part of JSON Schema that io.net's API file uses. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

const Fields = z.record(z.string(), z.unknown());

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  null: (value) => value === null,
  array: (value) => Array.isArray(value),
  object: (value) => Fields.safeParse(value).success,
};

const FORMATS: Readonly<Record<string, z.ZodType>> = {
  uuid: z.guid(),
  'date-time': z.iso.datetime({ offset: true, local: true }),
};

/** Everything about `value` that the schema forbids, and, unlike the standard, every field it does not name. */
export function problemsOf(
  schema: JsonSchema,
  value: unknown,
  resolve: (ref: string) => JsonSchema,
  at = '$',
): string[] {
  if (schema.$ref !== undefined) return problemsOf(resolve(schema.$ref), value, resolve, at);
  if (schema.anyOf !== undefined) {
    const attempts = schema.anyOf.map((one) => problemsOf(one, value, resolve, at));
    return attempts.some((problems) => problems.length === 0) ? [] : attempts.flat();
  }
  const problems = (schema.allOf ?? []).flatMap((one) => problemsOf(one, value, resolve, at));
  const must = (holds: boolean, words: string) => {
    if (!holds) problems.push(`${at} ${words}`);
  };
  if (schema.type !== undefined) must(TYPES[schema.type]?.(value) === true, `is no ${schema.type}`);
  if (schema.enum !== undefined) must(schema.enum.includes(value), 'is not in the enum');
  const format = FORMATS[schema.format ?? ''];
  if (format !== undefined) must(format.safeParse(value).success, `is no ${schema.format}`);
  if (typeof value === 'number') {
    must(value >= (schema.minimum ?? -Infinity), 'is too small');
    must(value > (schema.exclusiveMinimum ?? -Infinity), 'is too small');
    must(value <= (schema.maximum ?? Infinity), 'is too large');
  }
  if (Array.isArray(value)) {
    must(value.length >= (schema.minItems ?? 0), 'is too short');
    must(value.length <= (schema.maxItems ?? Infinity), 'is too long');
    const distinct = new Set(value.map((item) => JSON.stringify(item)));
    must(schema.uniqueItems !== true || distinct.size === value.length, 'repeats itself');
    const { items } = schema;
    if (items !== undefined) {
      value.forEach((item, n) => {
        problems.push(...problemsOf(items, item, resolve, `${at}[${n}]`));
      });
    }
    return problems;
  }
  const fields = Fields.safeParse(value);
  if (!fields.success) return problems;
  for (const name of schema.required ?? []) must(name in fields.data, `lacks ${name}`);
  for (const [name, field] of Object.entries(fields.data)) {
    const extra = schema.additionalProperties;
    const known = schema.properties?.[name] ?? (typeof extra === 'object' ? extra : undefined);
    if (known !== undefined) problems.push(...problemsOf(known, field, resolve, `${at}.${name}`));
    else if (schema.properties !== undefined) must(false, `has a field of no known name: ${name}`);
  }
  return problems;
}
