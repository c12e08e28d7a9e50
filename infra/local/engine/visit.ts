import type { Scope, State } from './definition.ts';
import { type Document, documentOf, limitTotal } from './document.ts';
import { ExpressionFailed, type Expressions } from './expressions.ts';
import { Cancelled, StateFailure } from './failures.ts';
import { type EventDetails, type EventType, type History, WHOLE } from './history.ts';
import type { InvokeFunction } from './invoke.ts';
import type { Timers } from './timers.ts';

/** All that one execution runs on. */
export interface Run {
  readonly expressions: Expressions;
  readonly invoke: InvokeFunction;
  readonly timers: Timers;
  /** Drives timeouts, of Tasks and of the execution. */
  readonly taskTimers: Timers;
  readonly random: () => number;
  readonly maxPayloadBytes: number;
  readonly region: string;
  readonly history: History;
  /** `$states.context` without the parts that change from state to state. */
  readonly context: Readonly<Record<string, unknown>>;
}

/** One thread of control: the execution itself, one branch, or one iteration. */
export interface Thread {
  readonly signal: AbortSignal;
  /** `$states.context.Map` inside an iteration. */
  readonly map?: { readonly Item: { readonly Index: number; readonly Value: unknown } };
  /** Replaced, never changed, by Assign: an inner thread starts with its parent's and keeps its own. */
  variables: Readonly<Record<string, unknown>>;
  lastEventId: number;
  /** The type of the state it is in. */
  at?: State['Type'];
}

/** One stay in one state. */
export interface Visit<Of extends State = State> {
  readonly run: Run;
  readonly thread: Thread;
  readonly name: string;
  readonly state: Of;
  readonly input: Document;
  readonly enteredEventId: number;
  readonly enteredAt: string;
  /** `$states.context`, renewed with each retry. */
  context: Readonly<Record<string, unknown>>;
}

/** Where a state led. No `next` means its scope is over. */
export interface Step {
  readonly output: Document;
  readonly next: string | undefined;
}

/** Runs a scope to its end; given to the states that contain scopes. */
export type RunScope = (
  run: Run,
  thread: Thread,
  scope: Scope,
  input: Document,
) => Promise<Document>;

/**
 * Records an event of a thread.
 *
 * @throws Cancelled when nobody waits for the thread any more. Every step of the interpreter
 *   records something before it acts, so this is what stops a cancelled thread.
 */
export function record(run: Run, thread: Thread, type: EventType, details?: EventDetails): number {
  if (thread.signal.aborted) throw new Cancelled('nobody waits for this any more');
  thread.lastEventId = run.history.append(type, thread.lastEventId, details);
  return thread.lastEventId;
}

export function enter<Of extends State>(
  run: Run,
  thread: Thread,
  name: string,
  state: Of,
  input: Document,
): Visit<Of> {
  const enteredEventId = record(run, thread, `${state.Type}StateEntered`, {
    stateEnteredEventDetails: { name, input: input.text, inputDetails: WHOLE },
  });
  thread.at = state.Type;
  const enteredAt = new Date(run.timers.now()).toISOString();
  const context = contextOf({ run, thread, name, state, enteredAt }, 0);
  return { run, thread, name, state, input, enteredEventId, enteredAt, context };
}

/** What `$states` holds beside input and context. */
export interface Extras {
  readonly result?: unknown;
  readonly errorOutput?: unknown;
}

/**
 * The value of a field.
 *
 * @throws StateFailure `States.QueryEvaluationError`, after recording `EvaluationFailed`.
 */
export async function evaluate(
  visit: Visit,
  template: unknown,
  location: string,
  extras: Extras = {},
): Promise<unknown> {
  const { run, thread, input, context } = visit;
  const states = { input: input.value, context, ...extras };
  try {
    return await run.expressions.evaluate(template, { ...thread.variables, states }, location);
  } catch (error) {
    if (!(error instanceof ExpressionFailed)) throw error;
    throw evaluationFailed(visit, error.location, error.message);
  }
}

/** Records that a field has no usable value and gives the failure to throw. */
export function evaluationFailed(visit: Visit, location: string, message: string): StateFailure {
  const error = 'States.QueryEvaluationError';
  const cause = explain(visit, message);
  record(visit.run, visit.thread, 'EvaluationFailed', {
    evaluationFailedEventDetails: { error, cause, location, state: visit.name },
  });
  return new StateFailure(error, cause);
}

/** The sentence AWS puts before the cause of an error the engine itself finds. */
export const explain = ({ name, enteredEventId }: Visit, message: string): string =>
  `An error occurred while executing the state '${name}' (entered at the event id #${enteredEventId}). ${message}`;

export function contextOf(
  { run, thread, name, state, enteredAt }: Omit<Visit, 'context' | 'input' | 'enteredEventId'>,
  retryCount: number,
): Visit['context'] {
  const mayRetry = state.Type === 'Task' || state.Type === 'Parallel' || state.Type === 'Map';
  return {
    ...run.context,
    State: { Name: name, EnteredTime: enteredAt, ...(mayRetry && { RetryCount: retryCount }) },
    ...(thread.map && { Map: thread.map }),
  };
}

interface Conclusion {
  readonly output: Document;
  readonly assigned: Readonly<Record<string, Document>>;
}

/**
 * Evaluates `Assign` and `Output` of a state, a choice rule or a catcher, both with the variables
 * as they were before.
 *
 * @param fallback - The output where `Output` is not given.
 * @param at - Where the two fields stand: empty, or as in `Catch[0]/`.
 */
export async function conclude(
  visit: Visit,
  { Assign = {}, Output }: { Assign?: unknown; Output?: unknown },
  fallback: Document,
  extras: Extras = {},
  at = '',
): Promise<Conclusion> {
  const { maxPayloadBytes } = visit.run;
  const assigned: Record<string, Document> = {};
  for (const [variable, template] of Object.entries(Object(Assign))) {
    const value = await evaluate(visit, template, `${at}Assign/${variable}`, extras);
    assigned[variable] = documentOf(value, `variable '${variable}'`, maxPayloadBytes);
  }
  limitTotal(Object.values(assigned), `variables that '${visit.name}' assigns`, maxPayloadBytes);
  if (Output === undefined) return { output: fallback, assigned };
  const value = await evaluate(visit, Output, `${at}Output`, extras);
  return {
    output: documentOf(value, `output of state '${visit.name}'`, maxPayloadBytes),
    assigned,
  };
}

/** Records the exit and makes the assignments visible to what comes next. */
export function leave(
  visit: Visit<Exclude<State, { Type: 'Fail' }>>,
  { output, assigned }: Conclusion,
  next: string | undefined,
): Step {
  const { run, thread, name, state } = visit;
  const variables = Object.entries(assigned);
  record(run, thread, `${state.Type}StateExited`, {
    stateExitedEventDetails: {
      name,
      output: output.text,
      outputDetails: WHOLE,
      ...(variables.length > 0 && {
        assignedVariables: Object.fromEntries(variables.map(([key, { text }]) => [key, text])),
        assignedVariablesDetails: WHOLE,
      }),
    },
  });
  if (variables.length > 0) {
    const values = Object.fromEntries(variables.map(([key, { value }]) => [key, value]));
    thread.variables = { ...thread.variables, ...values };
  }
  return { output, next };
}

/** Waits on a clock; rejects at once when the thread is cancelled. */
export function sleep(timers: Timers, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = () => {
      stop();
      reject(new Cancelled('nobody waits for this any more'));
    };
    const stop = timers.after(milliseconds, () => {
      signal.removeEventListener('abort', cancel);
      resolve();
    });
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
  });
}
