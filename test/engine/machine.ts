import type { ExecutionStatus } from '../../infra/local/engine/execution.ts';
import type { HistoryEvent } from '../../infra/local/engine/history.ts';
import { functionNotFound, type InvokeAnswer } from '../../infra/local/engine/invoke.ts';
import {
  createStateMachine,
  type StateMachine,
  type StateMachineOptions,
} from '../../infra/local/engine/state-machine.ts';
import { type VirtualTime, virtualTime } from '../../infra/local/engine/virtual-time.ts';

export const STARTED_AT = '2026-01-01T00:00:00.000Z';

type Answer = (payload: unknown, call: number, time: VirtualTime) => Promise<InvokeAnswer>;
export type Functions = Readonly<Record<string, Answer>>;

/** A function that answers with these values in turn, the last one for ever. */
export const returns =
  (...values: readonly unknown[]): Answer =>
  async (_payload, call) => ({ payload: values[Math.min(call, values.length - 1)] });

/** A function that fails with these errors in turn and then succeeds with `ok`. */
export const fails =
  (...errors: readonly string[]): Answer =>
  async (_payload, call) => {
    const error = errors[call];
    return error === undefined ? { payload: 'ok' } : { error, cause: `cause of ${error}` };
  };

/** A function that answers its own payload, `seconds` later. */
export const echoes =
  (seconds = 0): Answer =>
  (payload, _call, time) =>
    new Promise((resolve) => time.after(seconds * 1000, () => resolve({ payload })));

type Overrides = Partial<Omit<StateMachineOptions, 'definition' | 'invoke'>>;

export interface World {
  readonly time: VirtualTime;
  readonly machine: StateMachine;
  /** Payloads by function, in order of the calls. */
  readonly calls: ReadonlyMap<string, unknown[]>;
}

/** A machine on a virtual clock, chance fixed at one half. */
export function aWorld(
  definition: unknown,
  functions: Functions = {},
  more: Overrides = {},
): World {
  const time = virtualTime({ startAt: STARTED_AT });
  const calls = new Map<string, unknown[]>();
  let ids = 0;
  const machine = createStateMachine({
    definition,
    name: 'machine',
    timers: time,
    random: () => 0.5,
    uuid: () => `uuid-${ids++}`,
    ...more,
    invoke: async (name, payload) => {
      const earlier = calls.get(name) ?? [];
      calls.set(name, earlier);
      const call = earlier.push(payload) - 1;
      return functions[name]?.(payload, call, time) ?? functionNotFound(name);
    },
  });
  return { time, machine, calls };
}

export interface Outcome {
  readonly status: ExecutionStatus;
  readonly output: unknown;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly events: readonly HistoryEvent[];
  /** `TypeOfEvent` or `TypeOfEvent state`, in order. */
  readonly trace: readonly string[];
  readonly seconds: number;
  readonly calls: World['calls'];
}

/** Runs one execution to its end. */
export async function runToEnd(
  definition: unknown,
  functions: Functions = {},
  { input = {}, ...more }: { input?: unknown } & Overrides = {},
): Promise<Outcome> {
  const { time, machine, calls } = aWorld(definition, functions, more);
  machine.start({ name: 'run', input: JSON.stringify(input) });
  const { status, output, error, cause } = await time.settle(machine.closed('run'));
  const events = everyEvent(machine, 'run');
  return {
    status,
    output: output === undefined ? undefined : JSON.parse(output),
    error,
    cause,
    events,
    trace: events.map(describeEvent),
    seconds: (time.now() - Date.parse(STARTED_AT)) / 1000,
    calls,
  };
}

export function everyEvent(machine: StateMachine, execution: string): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = machine.history(execution, {
      maxResults: 1000,
      ...(nextToken !== undefined && { nextToken }),
    });
    events.push(...page.events);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return events;
}

function describeEvent(event: HistoryEvent): string {
  const details = event.stateEnteredEventDetails ?? event.stateExitedEventDetails;
  return details === undefined ? event.type : `${event.type} ${details.name}`;
}

type Fields = Readonly<Record<string, unknown>>;

/** A machine of these states; the first one starts it. */
export const machineOf = (states: Readonly<Record<string, Fields>>, more: Fields = {}): Fields => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0],
  States: states,
  ...more,
});

/** A Task that calls `functionName` with the state's input and gives back its payload. */
export const aTask = (functionName: string, more: Fields = {}): Fields => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: { FunctionName: functionName, Payload: '{% $states.input %}' },
  Output: '{% $states.result.Payload %}',
  ...('Next' in more ? {} : { End: true }),
  ...more,
});

/** A machine of one Pass state that gives the value of an expression. */
export const evaluating = (expression: string, assign: Fields = {}): Fields =>
  machineOf({
    Assign: { Type: 'Pass', Assign: assign, Next: 'Evaluate' },
    Evaluate: { Type: 'Pass', Output: { value: `{% ${expression} %}` }, End: true },
  });

/** A token for substitution, as CDK and the engine fill it in. */
export const token = (name: string): string => `\${${name}}`;
