import {
  type Choice,
  type Fail,
  type InlineMap,
  MAX_SECONDS,
  type Parallel,
  type Pass,
  type Scope,
  type Succeed,
  type Task,
  Timestamp,
  type Wait,
} from './definition.ts';
import { type Document, documentOf } from './document.ts';
import { StateFailure } from './failures.ts';
import { performMap, performParallel } from './fan-out.ts';
import { createRetries, errorMatches } from './retry.ts';
import { performTask } from './task.ts';
import {
  conclude,
  contextOf,
  enter,
  evaluate,
  evaluationFailed,
  explain,
  leave,
  type Run,
  type Step,
  sleep,
  type Thread,
  type Visit,
} from './visit.ts';

/**
 * Runs a scope from its first state to its end.
 *
 * @throws StateFailure when a state fails and nothing catches it.
 * @throws Cancelled when the thread's signal aborts.
 * @throws HistoryFull when the execution has used up its events.
 */
export async function runScope(
  run: Run,
  thread: Thread,
  scope: Scope,
  input: Document,
): Promise<Document> {
  let name: string = scope.StartAt;
  let document = input;
  for (;;) {
    const step = await runState(run, thread, scope, name, document);
    document = step.output;
    if (step.next === undefined) return document;
    name = step.next;
  }
}

function runState(
  run: Run,
  thread: Thread,
  scope: Scope,
  name: string,
  input: Document,
): Promise<Step> {
  const state = scope.States[name];
  if (state === undefined) throw new RangeError(`no state '${name}': loading should have refused`);
  switch (state.Type) {
    case 'Task':
      return runFallible(enter(run, thread, name, state, input), performTask);
    case 'Parallel':
      return runFallible(enter(run, thread, name, state, input), (visit) =>
        performParallel(visit, runScope),
      );
    case 'Map':
      return runFallible(enter(run, thread, name, state, input), (visit) =>
        performMap(visit, runScope),
      );
    case 'Choice':
      return runChoice(enter(run, thread, name, state, input));
    case 'Wait':
      return runWait(enter(run, thread, name, state, input));
    case 'Pass':
    case 'Succeed':
      return runPass(enter(run, thread, name, state, input));
    case 'Fail':
      return runFail(enter(run, thread, name, state, input));
  }
}

async function runPass(visit: Visit<Pass | Succeed>): Promise<Step> {
  const { state, input } = visit;
  const next = state.Type === 'Pass' ? state.Next : undefined;
  return leave(visit, await conclude(visit, state, input), next);
}

/** The first rule that holds decides; the state's own Assign and Output go with Default. */
async function runChoice(visit: Visit<Choice>): Promise<Step> {
  const { state, input } = visit;
  for (const [index, rule] of state.Choices.entries()) {
    const field = `Choices[${index}]/Condition`;
    const holds = await evaluate(visit, rule.Condition, field);
    if (typeof holds !== 'boolean') {
      throw evaluationFailed(visit, field, 'A Condition must yield true or false.');
    }
    if (holds) {
      const conclusion = await conclude(visit, rule, input, {}, `Choices[${index}]/`);
      return leave(visit, conclusion, rule.Next);
    }
  }
  if (state.Default === undefined) {
    const message = 'No choice rule holds and there is no Default.';
    throw new StateFailure('States.NoChoiceMatched', explain(visit, message));
  }
  return leave(visit, await conclude(visit, state, input), state.Default);
}

async function runWait(visit: Visit<Wait>): Promise<Step> {
  const { run, thread, state, input } = visit;
  await sleep(run.timers, await waitMilliseconds(visit), thread.signal);
  return leave(visit, await conclude(visit, state, input), state.Next);
}

/** An instant that has passed is no wait. */
async function waitMilliseconds(visit: Visit<Wait>): Promise<number> {
  const { run, state } = visit;
  if (state.Seconds !== undefined) {
    const seconds = await evaluate(visit, state.Seconds, 'Seconds');
    const isWhole = typeof seconds === 'number' && Number.isInteger(seconds);
    if (isWhole && seconds >= 0 && seconds <= MAX_SECONDS) return seconds * 1000;
    const message = `Seconds must be a whole number from 0 to ${MAX_SECONDS}, not ${JSON.stringify(seconds)}.`;
    throw evaluationFailed(visit, 'Seconds', message);
  }
  const instant = Timestamp.safeParse(await evaluate(visit, state.Timestamp, 'Timestamp'));
  if (instant.success) return Math.max(0, Date.parse(instant.data) - run.timers.now());
  const message = 'Timestamp must be an instant such as 2026-03-14T01:59:00Z.';
  throw evaluationFailed(visit, 'Timestamp', message);
}

async function runFail(visit: Visit<Fail>): Promise<never> {
  const { state } = visit;
  const textOf = async (field: 'Error' | 'Cause') => {
    if (state[field] === undefined) return undefined;
    const value = await evaluate(visit, state[field], field);
    if (typeof value === 'string') return value;
    throw evaluationFailed(visit, field, `${field} must be a string.`);
  };
  throw new StateFailure(await textOf('Error'), await textOf('Cause'));
}

/**
 * Tries a state's work until it succeeds, a retrier gives up, or no retrier names the error; then
 * asks the catchers. A failing Assign or Output counts as a failure of the work; one inside a
 * catcher is final.
 */
async function runFallible<Of extends Task | Parallel | InlineMap>(
  visit: Visit<Of>,
  perform: (visit: Visit<Of>) => Promise<Document>,
): Promise<Step> {
  const { run, thread, state } = visit;
  const retries = createRetries(state.Retry, run.random);
  for (let retryCount = 1; ; retryCount += 1) {
    try {
      const result = await perform(visit);
      const conclusion = await conclude(visit, state, result, { result: result.value });
      return leave(visit, conclusion, state.Next);
    } catch (failure) {
      if (!(failure instanceof StateFailure)) throw failure;
      const delaySeconds = retries.nextDelaySeconds(failure.error);
      if (delaySeconds === undefined) return runCatcher(visit, failure);
      await sleep(run.timers, delaySeconds * 1000, thread.signal);
      visit.context = contextOf(visit, retryCount);
    }
  }
}

/** @throws the failure itself when no catcher names it. */
async function runCatcher(
  visit: Visit<Task | Parallel | InlineMap>,
  failure: StateFailure,
): Promise<Step> {
  const { run, state, name } = visit;
  const catchers = state.Catch ?? [];
  const index = catchers.findIndex(({ ErrorEquals }) => errorMatches(ErrorEquals, failure.error));
  const catcher = catchers[index];
  if (catcher === undefined) throw failure;
  const errorOutput = documentOf(
    { Error: failure.error ?? '', Cause: failure.reason ?? '' },
    `error of state '${name}'`,
    run.maxPayloadBytes,
  );
  const extras = { errorOutput: errorOutput.value };
  const conclusion = await conclude(visit, catcher, errorOutput, extras, `Catch[${index}]/`);
  return leave(visit, conclusion, catcher.Next);
}
