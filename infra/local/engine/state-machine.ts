import { ExecutionRefused } from './api-refusal.ts';
import type { Definition } from './definition.ts';
import { isTooDeep, MAX_DEPTH } from './depth.ts';
import { type Document, exceeds, MAX_PAYLOAD_BYTES } from './document.ts';
import {
  type Execution,
  type ExecutionDescription,
  type ExecutionStatus,
  startExecution,
} from './execution.ts';
import type { ExpressionBounds } from './expression-bounds.ts';
import type { ExpressionSources } from './expression-functions.ts';
import { createExpressions, type Expressions } from './expressions.ts';
import { createHistory, type HistoryEvent, MAX_HISTORY_EVENTS } from './history.ts';
import type { InvokeFunction } from './invoke.ts';
import { type PageRequest, pageOf } from './paging.ts';
import { loadDefinition, type Substitutions } from './refusals.ts';
import type { Timers } from './timers.ts';

/** What a definition says: checked, with its tokens replaced and its expressions compiled at first use. */
export interface CompiledMachine {
  readonly definition: Definition;
  readonly expressions: Expressions;
}

/**
 * Checks a definition and readies its expressions once, for the many machines of a process that differ in
 * nothing else. `sources` must then be those of whichever machine is running.
 *
 * @throws DefinitionRefused naming everything in the definition the engine does not run.
 */
export const compileMachine = (
  definition: unknown,
  substitutions: Substitutions | undefined,
  sources: ExpressionSources,
  bounds?: Partial<ExpressionBounds>,
): CompiledMachine => ({
  definition: loadDefinition(definition, substitutions),
  expressions: createExpressions(sources, bounds),
});

export interface StateMachineOptions extends MachineRunOptions {
  /** Parsed JSON. */
  readonly definition: unknown;
  /** Values for `${name}` tokens; left out, tokens stay as they are. */
  readonly substitutions?: Substitutions;
}

export interface MachineRunOptions {
  readonly name: string;
  readonly invoke: InvokeFunction;
  /** Drives Wait, retry delays, timestamps and `$now`. */
  readonly timers: Timers;
  /**
   * Drives Task timeouts and the machine's own, for worlds whose functions run in another time.
   *
   * @default timers
   */
  readonly taskTimers?: Timers;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly uuid: () => string;
  readonly limits?: {
    /** @default 25,000 */
    readonly historyEvents?: number;
    /** @default 262,144 */
    readonly payloadBytes?: number;
    /**
     * How many closed executions are remembered, the latest; an older one's name is free again.
     *
     * @default all
     */
    readonly closedExecutions?: number;
    /** What one evaluation of an expression may use. */
    readonly expressions?: Partial<ExpressionBounds>;
  };
  /** @default a made-up account in us-east-1 */
  readonly account?: { readonly region: string; readonly id: string };
}

type ExecutionListItem = Pick<
  ExecutionDescription,
  'executionArn' | 'stateMachineArn' | 'name' | 'status' | 'startDate' | 'stopDate' | 'redriveCount'
>;

/** One state machine and its executions. `execution` is always an ARN or a name. */
export interface StateMachine {
  readonly arn: string;
  readonly name: string;
  /**
   * Starts an execution, or names the one running under this name with this very input.
   *
   * @param request.name - 1 to 80 characters; a uuid if left out.
   * @param request.input - JSON text, `{}` if left out. The same text is the same input.
   * @throws ExecutionRefused `InvalidName`, `InvalidExecutionInput`, `ExecutionAlreadyExists`
   */
  start(request: { name?: string; input?: string }): { executionArn: string; startDate: number };
  /** @throws ExecutionRefused `ExecutionDoesNotExist`, here and wherever an execution is named. */
  describe(execution: string): ExecutionDescription;
  /** Latest first. */
  list(request?: { status?: ExecutionStatus } & PageRequest): {
    executions: readonly ExecutionListItem[];
    nextToken?: string;
  };
  history(
    execution: string,
    request?: { reverseOrder?: boolean } & PageRequest,
  ): { events: readonly HistoryEvent[]; nextToken?: string };
  /** Aborts a running execution; a closed one stays as it is. */
  stop(execution: string, why?: { error?: string; cause?: string }): { stopDate: number };
  /** Settles when the execution closes, whatever its status. */
  closed(execution: string): Promise<ExecutionDescription>;
}

const MADE_UP_ACCOUNT = { region: 'us-east-1', id: '000000000000' };

/** 1 to 80 characters without spaces, brackets, wildcards, control and a few special ones. */
const EXECUTION_NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

/**
 * Loads a definition and runs executions of it.
 *
 * Where it knowingly differs from AWS: a number that is not finite is a query error, not the text
 * "Infinity"; expressions are bounded in depth and calls, not in time or in the size of values on the way; when a branch fails, a sibling's abort is recorded for its outermost state only; and
 * `lambda:invoke` answers without SDK metadata. The name of the error at the end of a full history
 * (`States.Runtime`) is an assumption.
 *
 * @throws DefinitionRefused naming everything in the definition the engine does not run.
 */
export function createStateMachine(options: StateMachineOptions): StateMachine {
  const { definition, substitutions, timers, random, uuid, limits } = options;
  const sources = { now: timers.now, random, uuid };
  return runCompiled(
    compileMachine(definition, substitutions, sources, limits?.expressions),
    options,
  );
}

/** The same for a definition that is compiled already. */
export function runCompiled(
  { definition, expressions }: CompiledMachine,
  options: MachineRunOptions,
): StateMachine {
  const { name, invoke, timers, taskTimers = timers, random, limits = {}, uuid } = options;
  const { region, id: accountId } = options.account ?? MADE_UP_ACCOUNT;
  const maxPayloadBytes = limits.payloadBytes ?? MAX_PAYLOAD_BYTES;
  const arn = `arn:aws:states:${region}:${accountId}:stateMachine:${name}`;
  const executionPrefix = `arn:aws:states:${region}:${accountId}:execution:${name}:`;
  const roleArn = `arn:aws:iam::${accountId}:role/${name}`;
  const executions = createRegister(limits.closedExecutions ?? Number.POSITIVE_INFINITY);

  const find = (execution: string): Execution => {
    const known = executions.get(
      execution.startsWith(executionPrefix) ? execution.slice(executionPrefix.length) : execution,
    );
    if (known !== undefined) return known;
    throw new ExecutionRefused('ExecutionDoesNotExist', `Execution Does Not Exist: '${execution}'`);
  };

  const begin = (executionName: string, input: Document): Execution => {
    const executionArn = executionPrefix + executionName;
    const context = {
      Execution: {
        Id: executionArn,
        Input: input.value,
        Name: executionName,
        RoleArn: roleArn,
        StartTime: new Date(timers.now()).toISOString(),
        RedriveCount: 0,
      },
      StateMachine: { Id: arn, Name: name },
    };
    const history = createHistory(timers.now, limits.historyEvents ?? MAX_HISTORY_EVENTS);
    const started = startExecution({
      definition,
      run: {
        ...{ expressions, invoke, timers, taskTimers, random, maxPayloadBytes, region },
        ...{ history, context },
      },
      input,
      roleArn,
      about: { executionArn, stateMachineArn: arn, name: executionName },
    });
    executions.add(executionName, started);
    return started;
  };

  return {
    arn,
    name,

    start({ name: executionName = uuid(), input = '{}' }) {
      if (!EXECUTION_NAME.test(executionName)) {
        throw new ExecutionRefused('InvalidName', `Invalid Name: '${executionName}'`);
      }
      const document = readInput(input, maxPayloadBytes);
      const known = executions.get(executionName)?.describe();
      if (known !== undefined && !(known.status === 'RUNNING' && known.input === input)) {
        const message = `Execution Already Exists: '${known.executionArn}'`;
        throw new ExecutionRefused('ExecutionAlreadyExists', message);
      }
      const { executionArn, startDate } = known ?? begin(executionName, document).describe();
      return { executionArn, startDate };
    },

    describe: (execution) => find(execution).describe(),

    list({ status, ...request } = {}) {
      const listed = executions
        .latestFirst()
        .map(({ order, execution }) => ({ order, item: listItem(execution.describe()) }))
        .filter(({ item }) => status === undefined || item.status === status);
      const { items, ...next } = pageOf(listed, ({ order }) => order, request);
      return { executions: items.map(({ item }) => item), ...next };
    },

    history(execution, { reverseOrder = false, ...request } = {}) {
      const { events } = find(execution);
      const ordered = reverseOrder ? events.toReversed() : events;
      const { items, ...next } = pageOf(ordered, ({ id }) => id, request);
      return { events: items, ...next };
    },

    stop(execution, why = {}) {
      const found = find(execution);
      found.stop(why);
      return { stopDate: found.describe().stopDate ?? timers.now() / 1000 };
    },

    closed: (execution) => find(execution).closed,
  };
}

function readInput(text: string, maxBytes: number): Document {
  if (exceeds(text, maxBytes)) {
    throw new ExecutionRefused(
      'InvalidExecutionInput',
      `The input is larger than ${maxBytes} bytes`,
    );
  }
  const value = jsonOf(text);
  if (isTooDeep(value)) {
    const message = `The input is nested deeper than ${MAX_DEPTH}`;
    throw new ExecutionRefused('InvalidExecutionInput', message);
  }
  return { value, text };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ExecutionRefused('InvalidExecutionInput', 'The input is not JSON');
  }
}

const listItem = (description: ExecutionDescription): ExecutionListItem => {
  const { executionArn, stateMachineArn, name, status, startDate, stopDate } = description;
  const stopped = stopDate === undefined ? {} : { stopDate };
  return { executionArn, stateMachineArn, name, status, startDate, ...stopped, redriveCount: 0 };
};

/** Executions by name, in order of their start; forgets the closed ones beyond `maxClosed`. */
function createRegister(maxClosed: number) {
  const byName = new Map<string, { order: number; execution: Execution }>();
  const closedNames: string[] = [];
  let added = 0;
  return {
    get: (name: string) => byName.get(name)?.execution,
    latestFirst: () => [...byName.values()].toReversed(),
    add(name: string, execution: Execution) {
      byName.set(name, { order: added++, execution });
      execution.closed.then(() => {
        closedNames.push(name);
        while (closedNames.length > maxClosed) byName.delete(closedNames.shift() ?? '');
      });
    },
  };
}
