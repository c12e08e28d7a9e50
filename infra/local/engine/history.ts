import { HistoryFull } from './failures.ts';

/** Event number 25,000 ends a Standard execution, whatever it was about to do. */
export const MAX_HISTORY_EVENTS = 25_000;

/** The engine never shortens what it records. */
export const WHOLE = { truncated: false } as const;

interface Resource {
  readonly resourceType: 'lambda';
  readonly resource: 'invoke';
}
interface Outcome {
  readonly error?: string;
  readonly cause?: string;
}
type Whole = typeof WHOLE;

/** Details in the shape and under the names of AWS's GetExecutionHistory. Data is JSON text. */
export interface EventDetails {
  readonly executionStartedEventDetails?: {
    readonly input: string;
    readonly inputDetails: Whole;
    readonly roleArn: string;
  };
  readonly executionSucceededEventDetails?: {
    readonly output: string;
    readonly outputDetails: Whole;
  };
  readonly executionFailedEventDetails?: Outcome;
  readonly executionAbortedEventDetails?: Outcome;
  readonly executionTimedOutEventDetails?: Outcome;
  readonly stateEnteredEventDetails?: {
    readonly name: string;
    readonly input: string;
    readonly inputDetails: Whole;
  };
  readonly stateExitedEventDetails?: {
    readonly name: string;
    readonly output: string;
    readonly outputDetails: Whole;
    readonly assignedVariables?: Readonly<Record<string, string>>;
    readonly assignedVariablesDetails?: Whole;
  };
  readonly taskScheduledEventDetails?: Resource & {
    readonly region: string;
    readonly parameters: string;
    readonly timeoutInSeconds?: number;
  };
  readonly taskStartedEventDetails?: Resource;
  readonly taskSucceededEventDetails?: Resource & {
    readonly output: string;
    readonly outputDetails: Whole;
  };
  readonly taskFailedEventDetails?: Resource & Outcome;
  readonly taskTimedOutEventDetails?: Resource & Outcome;
  readonly mapStateStartedEventDetails?: { readonly length: number };
  readonly mapIterationStartedEventDetails?: MapIteration;
  readonly mapIterationSucceededEventDetails?: MapIteration;
  readonly mapIterationFailedEventDetails?: MapIteration;
  readonly mapIterationAbortedEventDetails?: MapIteration;
  readonly evaluationFailedEventDetails?: {
    readonly error: string;
    readonly cause: string;
    readonly location: string;
    readonly state: string;
  };
}

interface MapIteration {
  readonly name: string;
  readonly index: number;
}

type StateType = 'Task' | 'Choice' | 'Wait' | 'Pass' | 'Parallel' | 'Map' | 'Succeed' | 'Fail';
type FannedOut = 'Parallel' | 'Map';

export type FinalEventType =
  | 'ExecutionSucceeded'
  | 'ExecutionFailed'
  | 'ExecutionAborted'
  | 'ExecutionTimedOut';

export type EventType =
  | FinalEventType
  | 'ExecutionStarted'
  | `${StateType}StateEntered`
  | `${Exclude<StateType, 'Fail'>}StateExited`
  | `${FannedOut | 'Task' | 'Wait'}StateAborted`
  | `${FannedOut}State${'Started' | 'Succeeded' | 'Failed'}`
  | `MapIteration${'Started' | 'Succeeded' | 'Failed' | 'Aborted'}`
  | `Task${'Scheduled' | 'Started' | 'Succeeded' | 'Failed' | 'TimedOut'}`
  | 'EvaluationFailed';

export interface HistoryEvent extends EventDetails {
  /** Counted from 1, without gaps. */
  readonly id: number;
  /** The event that led to this one; 0 for what comes from outside, and for the first state. */
  readonly previousEventId: number;
  /** Seconds since the epoch with milliseconds as fraction, as on AWS's wire. */
  readonly timestamp: number;
  readonly type: EventType;
}

/** The record of one execution: written once, in order. */
export interface History {
  /**
   * @returns the new event's id.
   * @throws HistoryFull when only the final event still fits.
   */
  append(type: EventType, previousEventId: number, details?: EventDetails): number;
  readonly events: readonly HistoryEvent[];
}

const FINAL: ReadonlySet<EventType> = new Set<FinalEventType>([
  'ExecutionSucceeded',
  'ExecutionFailed',
  'ExecutionAborted',
  'ExecutionTimedOut',
]);

/** @param now - Milliseconds since the epoch. */
export function createHistory(now: () => number, maxEvents: number): History {
  const events: HistoryEvent[] = [];
  return {
    events,
    append(type, previousEventId, details) {
      if (events.length >= maxEvents - 1 && !FINAL.has(type)) {
        throw new HistoryFull(
          `The execution reached the maximum number of history events (${maxEvents}).`,
        );
      }
      const id = events.length + 1;
      events.push({ id, previousEventId, timestamp: now() / 1000, type, ...details });
      return id;
    },
  };
}
