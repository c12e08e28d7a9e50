import * as z from 'zod';
import { MAX_SECONDS, type Task } from './definition.ts';
import { type Document, documentOf } from './document.ts';
import { Cancelled, StateFailure } from './failures.ts';
import { WHOLE } from './history.ts';
import type { InvokeAnswer } from './invoke.ts';
import { evaluate, evaluationFailed, record, type Visit } from './visit.ts';

const RESOURCE = { resourceType: 'lambda', resource: 'invoke' } as const;
const Arguments = z.strictObject({
  FunctionName: z.string().min(1),
  Payload: z.unknown().optional(),
});
const TimeoutSeconds = z.int().min(1).max(MAX_SECONDS);

/**
 * Invokes the function of a Task once.
 *
 * @returns what `lambda:invoke` answers, `{ExecutedVersion, Payload, StatusCode}`.
 */
export async function performTask(visit: Visit<Task>): Promise<Document> {
  const { run, thread, state, name } = visit;
  const value = await evaluate(visit, state.Arguments, 'Arguments');
  const parameters = documentOf(value, `arguments of state '${name}'`, run.maxPayloadBytes);
  const { FunctionName, Payload = {} } = argumentsOf(visit, parameters);
  const timeoutSeconds = await timeoutOf(visit);

  record(run, thread, 'TaskScheduled', {
    taskScheduledEventDetails: {
      ...RESOURCE,
      region: run.region,
      parameters: parameters.text,
      ...(timeoutSeconds !== undefined && { timeoutInSeconds: timeoutSeconds }),
    },
  });
  record(run, thread, 'TaskStarted', { taskStartedEventDetails: RESOURCE });

  const answer = await callFunction(visit, FunctionName, Payload, timeoutSeconds);
  if (answer === 'timed out') {
    const error = 'States.Timeout';
    record(run, thread, 'TaskTimedOut', { taskTimedOutEventDetails: { ...RESOURCE, error } });
    throw new StateFailure(error, undefined);
  }
  if ('error' in answer) throw taskFailed(visit, answer.error, answer.cause);
  return taskSucceeded(visit, answer.payload);
}

function argumentsOf(visit: Visit, { value }: Document): z.infer<typeof Arguments> {
  const parsed = Arguments.safeParse(value);
  if (parsed.success) return parsed.data;
  const message = 'The Arguments must hold FunctionName and, if wanted, Payload, nothing else.';
  throw evaluationFailed(visit, 'Arguments', message);
}

async function timeoutOf(visit: Visit<Task>): Promise<number | undefined> {
  const given = visit.state.TimeoutSeconds;
  if (given === undefined) return undefined;
  const seconds = TimeoutSeconds.safeParse(await evaluate(visit, given, 'TimeoutSeconds'));
  if (seconds.success) return seconds.data;
  const message = `TimeoutSeconds must be a whole number from 1 to ${MAX_SECONDS}.`;
  throw evaluationFailed(visit, 'TimeoutSeconds', message);
}

/** An answer that comes exactly at the timeout still counts: it was asked for first. */
function callFunction(
  { run, thread: { signal } }: Visit,
  functionName: string,
  payload: unknown,
  timeoutSeconds: number | undefined,
): Promise<InvokeAnswer | 'timed out'> {
  return new Promise((resolve, reject) => {
    const call = new AbortController();
    let stopTimer = () => {};
    const settle = (finish: () => void) => {
      stopTimer();
      signal.removeEventListener('abort', cancel);
      finish();
    };
    const cancel = () => {
      call.abort();
      settle(() => reject(new Cancelled('nobody waits for this any more')));
    };
    signal.addEventListener('abort', cancel, { once: true });
    const answer = async () => run.invoke(functionName, payload, call.signal);
    answer().then(
      (answer) => settle(() => resolve(answer)),
      (error) => settle(() => resolve(unreachable(functionName, error))),
    );
    if (timeoutSeconds !== undefined) {
      stopTimer = run.taskTimers.after(timeoutSeconds * 1000, () => {
        call.abort();
        settle(() => resolve('timed out'));
      });
    }
  });
}

/** The call itself failed, not the function: what Step Functions' own SDK client would report. */
function unreachable(functionName: string, thrown: unknown): InvokeAnswer {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    error: 'Lambda.SdkClientException',
    cause: `The function ${functionName} could not be called: ${message}`,
  };
}

function taskSucceeded(visit: Visit, payload: unknown): Document {
  const { run, thread, name } = visit;
  const answer = { ExecutedVersion: '$LATEST', Payload: payload ?? null, StatusCode: 200 };
  let result: Document;
  try {
    result = documentOf(answer, `result of state '${name}'`, run.maxPayloadBytes);
  } catch (failure) {
    if (!(failure instanceof StateFailure)) throw failure;
    throw taskFailed(visit, failure.error, failure.reason);
  }
  record(run, thread, 'TaskSucceeded', {
    taskSucceededEventDetails: { ...RESOURCE, output: result.text, outputDetails: WHOLE },
  });
  return result;
}

function taskFailed(visit: Visit, error = '', cause = ''): StateFailure {
  record(visit.run, visit.thread, 'TaskFailed', {
    taskFailedEventDetails: { ...RESOURCE, error, cause },
  });
  return new StateFailure(error, cause);
}
