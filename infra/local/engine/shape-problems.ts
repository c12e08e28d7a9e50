import type * as z from 'zod';
import { Definition, type Problem } from './definition.ts';
import { plainWording } from './wording.ts';

const JSONPATH = 'is a JSONPath field; the engine runs JSONata only';
const DISTRIBUTED = 'belongs to Distributed Map, which is not implemented by this engine';
const COMPARISON =
  /^(String|Numeric|Boolean|Timestamp)(Equals|LessThan|GreaterThan|Matches)|^Is[A-Z]/;

/** Fields that exist in the States Language and not in this engine, with the reason. */
const NOT_IMPLEMENTED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...['InputPath', 'OutputPath', 'ResultPath', 'Parameters', 'ResultSelector', 'Result'],
      ...['ItemsPath', 'MaxConcurrencyPath', 'SecondsPath', 'TimestampPath', 'ErrorPath'],
      ...['CausePath', 'TimeoutSecondsPath', 'HeartbeatSecondsPath', 'Variable', 'And', 'Or'],
      'Not',
    ].map((field) => [field, JSONPATH]),
  ),
  ...Object.fromEntries(
    [
      ...['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label', 'ToleratedFailureCount'],
      ...['ToleratedFailureCountPath', 'ToleratedFailurePercentage'],
      ...['ToleratedFailurePercentagePath', 'ExecutionType'],
    ].map((field) => [field, DISTRIBUTED]),
  ),
  HeartbeatSeconds:
    'is not implemented by this engine: lambda:invoke without a task token has no heartbeat',
  Credentials: 'is not implemented by this engine',
  Iterator: 'is the old name of ItemProcessor; use that',
};

/** What differs from the schema of the subset. */
export function shapeProblems(definition: unknown): readonly Problem[] {
  const parsed = Definition.safeParse(definition, { error: plainWording });
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => problemsOf(issue, definition));
}

function problemsOf(issue: z.core.$ZodIssue, definition: unknown): readonly Problem[] {
  const { state, field } = placeOf(issue.path);
  const inField = (key: string) => (field === '' ? key : `${field}/${key}`);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      state,
      field: inField(key === '' ? '""' : key),
      message: whyNot(key, typeAt(definition, issue.path)),
    }));
  }
  return [{ state, field: field || 'definition', message: issue.message }];
}

function whyNot(field: string, stateType: unknown): string {
  if (field === 'Arguments' && stateType === 'Parallel') return 'is not implemented by this engine';
  if (COMPARISON.test(field)) return JSONPATH;
  return NOT_IMPLEMENTED[field] ?? 'is not a field the engine knows here';
}

/** The `Type` of what lies at a path, where that is a state. */
function typeAt(definition: unknown, path: readonly PropertyKey[]): unknown {
  let found: unknown = definition;
  for (const key of path) found = Object(found)[key];
  return Object(found).Type;
}

/** The innermost state on a path into the definition, and the rest of the path. */
function placeOf(path: readonly PropertyKey[]): { state: string | undefined; field: string } {
  const at = path.lastIndexOf('States');
  const inState = at >= 0 && path.length > at + 1;
  return {
    state: inState ? String(path[at + 1]) : undefined,
    field: fieldAt(inState ? path.slice(at + 2) : path),
  };
}

/** A path as AWS writes it: `Retry[0]/ErrorEquals`. */
const fieldAt = (path: readonly PropertyKey[]): string =>
  path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `/${String(key)}`))
    .join('')
    .slice(1);
