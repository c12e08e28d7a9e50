import { expressionIn, isUnclosedExpression, type Problem } from './definition.ts';
import { FUNCTION_NAMES } from './expression-functions.ts';
import { type References, referencesOf } from './expression-syntax.ts';
import { messageOf } from './expressions.ts';
import { fieldsOf, type RawScope, type RawState } from './raw-definition.ts';

/** Workflow variables: a letter or underscore, then letters, digits, underscores. */
const VARIABLE_NAME = /^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u;

/** Fields that take expressions while the state works. */
const WORKING_FIELDS = [
  ...['Arguments', 'Seconds', 'Timestamp', 'TimeoutSeconds', 'Items', 'ItemSelector'],
  ...['MaxConcurrency', 'Error', 'Cause'],
];
const WITH_RESULT: ReadonlySet<unknown> = new Set(['Task', 'Parallel', 'Map']);

interface Site {
  readonly field: string;
  readonly template: unknown;
  /** What `$states` holds here. */
  readonly members: readonly string[];
}

/** Faults in the expressions and variables of one scope's states. */
export function expressionProblems(scope: RawScope): readonly Problem[] {
  const outside = new Set(scope.outer.flatMap(assignedIn));
  const known = new Set([...assignedIn(scope), ...outside, ...FUNCTION_NAMES, 'states']);
  return scope.states.flatMap((state) => [
    ...assignmentProblems(state, outside),
    ...sitesOf(state).flatMap(({ field, template, members }) =>
      stringsIn(template, field).flatMap(({ at, text }) =>
        faultsOf(text, known, members).map((message) => ({
          state: state.name,
          field: at,
          message,
        })),
      ),
    ),
  ]);
}

function sitesOf({ fields, choices, catchers }: RawState): readonly Site[] {
  const working = ['input', 'context'];
  const done = WITH_RESULT.has(fields.Type) ? [...working, 'result'] : working;
  const caught = [...working, 'errorOutput'];
  const site = (rule: Readonly<Record<string, unknown>>, at: string, members: readonly string[]) =>
    ['Output', 'Assign'].map((key) => ({ field: `${at}${key}`, template: rule[key], members }));
  return [
    ...WORKING_FIELDS.map((field) => ({ field, template: fields[field], members: working })),
    ...site(fields, '', done),
    ...choices.flatMap((rule, index) => [
      { field: `Choices[${index}]/Condition`, template: rule.Condition, members: working },
      ...site(rule, `Choices[${index}]/`, working),
    ]),
    ...catchers.flatMap((rule, index) => site(rule, `Catch[${index}]/`, caught)),
  ];
}

function stringsIn(template: unknown, at: string): readonly { at: string; text: string }[] {
  if (typeof template === 'string') return [{ at, text: template }];
  if (typeof template !== 'object' || template === null) return [];
  const step = (key: string) => (Array.isArray(template) ? `[${key}]` : `/${key}`);
  return Object.entries(template).flatMap(([key, part]) => stringsIn(part, at + step(key)));
}

function faultsOf(
  text: string,
  known: ReadonlySet<string>,
  members: readonly string[],
): readonly string[] {
  if (isUnclosedExpression(text)) return ['begins with {% and does not end with %}'];
  const expression = expressionIn(text);
  if (expression === undefined) return [];
  let references: References;
  try {
    references = referencesOf(expression);
  } catch (error) {
    return [`does not compile: ${messageOf(error)}`];
  }
  const { variables, statesMembers, contextless } = references;
  return [
    ...(variables.has('eval') ? ['$eval is not supported; use $parse for JSON text'] : []),
    ...[...variables]
      .filter((name) => !known.has(name))
      .map((name) => `$${name} is neither a function nor assigned by any state in reach`),
    ...[...statesMembers]
      .filter((member) => !members.includes(member))
      .map((member) => `$states.${member} does not exist here, only ${members.join(', ')}`),
    ...[...contextless].map((name) => `${name} has nothing to refer to; begin with $states`),
  ];
}

/** Every `Assign` of a state: its own, its choices', its catchers'. */
const assignsOf = ({ fields, choices, catchers }: RawState) => [
  { field: 'Assign', names: Object.keys(fieldsOf(fields.Assign)) },
  ...choices.map((rule, index) => ({
    field: `Choices[${index}]/Assign`,
    names: Object.keys(fieldsOf(rule.Assign)),
  })),
  ...catchers.map((rule, index) => ({
    field: `Catch[${index}]/Assign`,
    names: Object.keys(fieldsOf(rule.Assign)),
  })),
];

const assignedIn = (scope: RawScope): readonly string[] =>
  scope.states.flatMap((state) => assignsOf(state).flatMap(({ names }) => names));

function assignmentProblems(state: RawState, outside: ReadonlySet<string>): readonly Problem[] {
  const faultOf = (name: string): string | undefined => {
    if (name === 'states' || !VARIABLE_NAME.test(name)) return 'is not a name for a variable';
    if (outside.has(name)) return 'is assigned outside too; an inner scope cannot write it';
    return undefined;
  };
  return assignsOf(state).flatMap(({ field, names }) =>
    names.flatMap((name) => {
      const message = faultOf(name);
      return message === undefined ? [] : { state: state.name, field: `${field}/${name}`, message };
    }),
  );
}
