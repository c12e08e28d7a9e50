/**
 * A definition as parsed JSON, before anyone has checked it: every part that has the expected shape
 * is picked up, the rest is left to the schema to complain about.
 */

export type RawFields = Readonly<Record<string, unknown>>;

export interface RawState {
  readonly name: string;
  readonly fields: RawFields;
  readonly retriers: readonly RawFields[];
  readonly catchers: readonly RawFields[];
  readonly choices: readonly RawFields[];
  readonly transitions: readonly { readonly field: string; readonly to: string }[];
  readonly isTerminal: boolean;
}

export interface RawScope {
  readonly startAt: string | undefined;
  /** Where `StartAt` stands, for messages. */
  readonly startField: string;
  readonly states: readonly RawState[];
  /** Scopes this one lies in, innermost first. */
  readonly outer: readonly RawScope[];
}

/** The machine's own scope and every branch and item processor in it. */
export function scopesOf(definition: unknown): readonly RawScope[] {
  return readScope(definition, 'StartAt', []);
}

function readScope(
  value: unknown,
  startField: string,
  outer: readonly RawScope[],
): readonly RawScope[] {
  const fields = fieldsOf(value);
  const states = Object.entries(fieldsOf(fields.States)).map(([name, raw]) =>
    readState(name, fieldsOf(raw)),
  );
  const startAt = typeof fields.StartAt === 'string' ? fields.StartAt : undefined;
  const scope: RawScope = { startAt, startField, states, outer };
  const inside = [scope, ...outer];
  const inner = states.flatMap(({ name, fields: { Branches, ItemProcessor } }) => [
    ...listOf(Branches).flatMap((branch, index) =>
      readScope(branch, `${name}/Branches[${index}]/StartAt`, inside),
    ),
    ...(ItemProcessor === undefined
      ? []
      : readScope(ItemProcessor, `${name}/ItemProcessor/StartAt`, inside)),
  ]);
  return [scope, ...inner];
}

function readState(name: string, fields: RawFields): RawState {
  const retriers = listOf(fields.Retry);
  const catchers = listOf(fields.Catch);
  const choices = listOf(fields.Choices);
  const targets: [string, unknown][] = [
    ['Next', fields.Next],
    ['Default', fields.Default],
    ...choices.map((rule, index): [string, unknown] => [`Choices[${index}]/Next`, rule.Next]),
    ...catchers.map((rule, index): [string, unknown] => [`Catch[${index}]/Next`, rule.Next]),
  ];
  return {
    name,
    fields,
    retriers,
    catchers,
    choices,
    transitions: targets.flatMap(([field, to]) => (typeof to === 'string' ? { field, to } : [])),
    isTerminal: fields.End === true || fields.Type === 'Succeed' || fields.Type === 'Fail',
  };
}

export function fieldsOf(value: unknown): RawFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

const listOf = (value: unknown): readonly RawFields[] =>
  Array.isArray(value) ? value.map(fieldsOf) : [];
