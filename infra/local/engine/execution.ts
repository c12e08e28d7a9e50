import type { Definition } from './definition.ts';
import type { Document } from './document.ts';
import { Cancelled, HistoryFull, StateFailure } from './failures.ts';
import { type EventDetails, type FinalEventType, type HistoryEvent, WHOLE } from './history.ts';
import { runScope } from './interpreter.ts';
import type { Run, Thread } from './visit.ts';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** What DescribeExecution answers. Dates are seconds since the epoch, data is JSON text. */
export interface ExecutionDescription {
  readonly executionArn: string;
  readonly stateMachineArn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly startDate: number;
  readonly stopDate?: number;
  readonly input: string;
  readonly inputDetails: { readonly included: true };
  readonly output?: string;
  readonly outputDetails?: { readonly included: true };
  readonly error?: string;
  readonly cause?: string;
  readonly redriveCount: 0;
}

export interface Execution {
  describe(): ExecutionDescription;
  readonly events: readonly HistoryEvent[];
  /** Aborts it; without effect once it is closed. */
  stop(why: Reason): void;
  /** Settles when it closes, whatever its status. */
  readonly closed: Promise<ExecutionDescription>;
}

interface Reason {
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

type Ending = Pick<ExecutionDescription, 'output' | 'error' | 'cause'>;

export interface ExecutionRequest {
  readonly definition: Definition;
  readonly run: Run;
  readonly input: Document;
  readonly roleArn: string;
  readonly about: Pick<ExecutionDescription, 'executionArn' | 'stateMachineArn' | 'name'>;
}

/** Starts an execution; it takes its first steps before this returns. */
export function startExecution(request: ExecutionRequest): Execution {
  const { definition, run, input, roleArn, about } = request;
  const controller = new AbortController();
  const thread: Thread = { signal: controller.signal, variables: {}, lastEventId: 0 };
  const startDate = run.timers.now() / 1000;
  let status: ExecutionStatus = 'RUNNING';
  let stopDate: number | undefined;
  let ending: Ending = {};
  let announce: (description: ExecutionDescription) => void;
  const closed = new Promise<ExecutionDescription>((resolve) => {
    announce = resolve;
  });

  const describe = (): ExecutionDescription => ({
    ...about,
    status,
    startDate,
    ...(stopDate !== undefined && { stopDate }),
    input: input.text,
    inputDetails: { included: true },
    ...ending,
    ...(ending.output !== undefined && { outputDetails: { included: true } }),
    redriveCount: 0,
  });

  const close = (
    how: Exclude<ExecutionStatus, 'RUNNING'>,
    last: Ending,
    type: FinalEventType,
    details: EventDetails,
  ) => {
    if (status !== 'RUNNING') return;
    status = how;
    ending = last;
    stopDate = run.timers.now() / 1000;
    const isOutcome = how === 'SUCCEEDED' || how === 'FAILED';
    run.history.append(type, isOutcome ? thread.lastEventId : 0, details);
    stopTimeout();
    controller.abort();
    announce(describe());
  };

  const fail = (reason: Reason) => {
    const outcome = given(reason);
    close('FAILED', outcome, 'ExecutionFailed', { executionFailedEventDetails: outcome });
  };

  run.history.append('ExecutionStarted', 0, {
    executionStartedEventDetails: { input: input.text, inputDetails: WHOLE, roleArn },
  });
  const { TimeoutSeconds } = definition;
  const stopTimeout =
    TimeoutSeconds === undefined
      ? () => {}
      : run.taskTimers.after(TimeoutSeconds * 1000, () => {
          const outcome = { error: 'States.Timeout' };
          const details = { executionTimedOutEventDetails: outcome };
          close('TIMED_OUT', outcome, 'ExecutionTimedOut', details);
        });

  runScope(run, thread, definition, input).then(
    ({ text }) =>
      close('SUCCEEDED', { output: text }, 'ExecutionSucceeded', {
        executionSucceededEventDetails: { output: text, outputDetails: WHOLE },
      }),
    (thrown) => {
      if (!(thrown instanceof Cancelled)) fail(reasonOf(thrown));
    },
  );

  return {
    describe,
    events: run.history.events,
    closed,
    stop(why) {
      const outcome = given(why);
      const details = { executionAbortedEventDetails: outcome };
      close('ABORTED', outcome, 'ExecutionAborted', details);
    },
  };
}

/** Anything unforeseen is the engine's own fault and ends the execution as `States.Runtime`. */
function reasonOf(thrown: unknown): Reason {
  if (thrown instanceof StateFailure) return { error: thrown.error, cause: thrown.reason };
  const cause = thrown instanceof Error ? thrown.message : String(thrown);
  return {
    error: 'States.Runtime',
    cause: thrown instanceof HistoryFull ? cause : `Engine: ${cause}`,
  };
}

const given = ({ error, cause }: Reason): { error?: string; cause?: string } => ({
  ...(error !== undefined && { error }),
  ...(cause !== undefined && { cause }),
});
