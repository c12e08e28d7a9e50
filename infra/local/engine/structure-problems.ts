import type { Problem } from './definition.ts';
import { expressionProblems } from './expression-problems.ts';
import { type RawScope, type RawState, scopesOf } from './raw-definition.ts';

/** Longest state name AWS accepts. */
const MAX_NAME_CHARACTERS = 80;

/** Error names of AWS; others may not begin with `States.`, so one that does is a misspelling. */
const STATES_ERRORS: ReadonlySet<string> = new Set(
  [
    ...['ALL', 'Timeout', 'HeartbeatTimeout', 'TaskFailed', 'Permissions', 'BranchFailed'],
    ...['NoChoiceMatched', 'DataLimitExceeded', 'Runtime', 'QueryEvaluationError'],
    ...['ResultPathMatchFailure', 'ParameterPathFailure', 'IntrinsicFailure'],
    ...['ExceedToleratedFailureThreshold', 'ItemReaderFailed', 'ResultWriterFailed'],
  ].map((name) => `States.${name}`),
);

/**
 * What a schema cannot see: where transitions lead, what can be reached, which names clash, what
 * the expressions say. Works on the raw JSON, so that a definition whose shape is wrong as well is
 * told everything at once.
 */
export function structureProblems(definition: unknown): readonly Problem[] {
  const scopes = scopesOf(definition);
  return [
    ...duplicateNames(scopes),
    ...scopes.flatMap((scope) => [
      ...graphProblems(scope),
      ...scope.states.flatMap((state) => [...flowProblems(state), ...recoveryProblems(state)]),
      ...expressionProblems(scope),
    ]),
  ];
}

function duplicateNames(scopes: readonly RawScope[]): readonly Problem[] {
  const names = scopes.flatMap((scope) => scope.states.map(({ name }) => name));
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...twice].map((state) => ({
    state,
    field: 'name',
    message: 'is used twice; names are unique in the whole machine',
  }));
}

function graphProblems({ startAt, startField, states }: RawScope): readonly Problem[] {
  const byName = new Map(states.map((state) => [state.name, state]));
  const problems: Problem[] = [];
  if (startAt !== undefined && !byName.has(startAt)) {
    problems.push({ field: startField, message: `"${startAt}" is not a state here` });
  }
  for (const { name, transitions } of states) {
    for (const { field, to } of transitions) {
      if (!byName.has(to)) {
        problems.push({ state: name, field, message: `"${to}" is not a state here` });
      }
    }
  }

  const reached = reachable(startAt, byName);
  for (const { name } of states) {
    if (!reached.has(name)) {
      problems.push({ state: name, field: 'name', message: 'cannot be reached' });
    }
  }
  if (reached.size > 0 && ![...reached].some((name) => byName.get(name)?.isTerminal)) {
    const message = 'no path leads to an end: no Succeed, no Fail, no End';
    problems.push({ field: startField, message });
  }
  return problems;
}

function reachable(
  start: string | undefined,
  byName: ReadonlyMap<string, RawState>,
): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = start === undefined ? [] : [start];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = byName.get(name);
    if (state === undefined || reached.has(name)) continue;
    reached.add(name);
    open.push(...state.transitions.map(({ to }) => to));
  }
  return reached;
}

const FLOWING: ReadonlySet<unknown> = new Set(['Task', 'Wait', 'Pass', 'Parallel', 'Map']);

function flowProblems({ name, fields }: RawState): readonly Problem[] {
  const problems: Problem[] = [];
  const add = (field: string, message: string) => problems.push({ state: name, field, message });
  if ([...name].length > MAX_NAME_CHARACTERS) {
    add('name', `is longer than ${MAX_NAME_CHARACTERS} characters`);
  }
  if (FLOWING.has(fields.Type)) {
    if (fields.Next !== undefined && fields.End === true) add('Next', 'stands beside End: true');
    if (fields.Next === undefined && fields.End !== true) add('Next', 'is missing, and so is End');
  }
  if (
    fields.Type === 'Wait' &&
    (fields.Seconds === undefined) === (fields.Timestamp === undefined)
  ) {
    add('Seconds', 'exactly one of Seconds and Timestamp must be given');
  }
  return problems;
}

function recoveryProblems({ name, retriers, catchers }: RawState): readonly Problem[] {
  const problems: Problem[] = [];
  for (const [list, rules] of [
    ['Retry', retriers],
    ['Catch', catchers],
  ] as const) {
    rules.forEach((rule, index) => {
      const add = (field: string, message: string) =>
        problems.push({ state: name, field: `${list}[${index}]/${field}`, message });
      const names = Array.isArray(rule.ErrorEquals) ? rule.ErrorEquals : [];
      if (names.includes('States.ALL') && (names.length > 1 || index < rules.length - 1)) {
        add('ErrorEquals', 'States.ALL must stand alone, in the last rule');
      }
      for (const error of names) {
        if (String(error).startsWith('States.') && !STATES_ERRORS.has(error)) {
          add('ErrorEquals', `"${error}" is not an error of the language`);
        }
      }
      const { IntervalSeconds = 1, MaxDelaySeconds } = rule;
      if (Number(MaxDelaySeconds) < Number(IntervalSeconds)) {
        add('MaxDelaySeconds', `is less than IntervalSeconds (${IntervalSeconds})`);
      }
    });
  }
  return problems;
}
