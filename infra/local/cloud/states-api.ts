import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import * as z from 'zod';
import { ExecutionRefused } from '../engine/api-refusal.ts';
import type { HistoryEvent } from '../engine/history.ts';
import type { StateMachine } from '../engine/state-machine.ts';
import { readBody } from './read-body.ts';

export interface StatesApiOptions {
  readonly machine: StateMachine;
  /** The definition as it is shown to whoever asks. */
  readonly definition: string;
  /** When the machine was made: seconds since the epoch. */
  readonly createdAtSeconds: number;
  readonly uuid: () => string;
}

/** A request larger than this is cut off; Step Functions takes an input of 262,144 bytes. */
const MAX_REQUEST_BYTES = 1_048_576;

/** A call AWS answers with HTTP 400 and the name of an exception. */
class CallRefused extends Error {
  override readonly name = 'CallRefused';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const Page = {
  maxResults: z.int().min(0).max(1000).optional(),
  nextToken: z.string().optional(),
};
const Arn = z.string().min(1).max(256);

/**
 * The Step Functions API (JSON 1.0) over one state machine of the engine: enough for the SDK to start and
 * stop executions, and for `aws stepfunctions --endpoint-url` or a console to look into them.
 *
 * Its fields and exceptions are those of the service model of `@aws-sdk/client-sfn`.
 */
export function statesApi(options: StatesApiOptions): RequestListener {
  const operations = operationsOf(options);
  return async (request, response) => {
    response.setHeader('x-amzn-requestid', options.uuid());
    try {
      const target = String(request.headers['x-amz-target']);
      const operation = operations.get(target.slice(target.lastIndexOf('.') + 1));
      if (operation === undefined) {
        throw new CallRefused('UnknownOperationException', `${target} is not served here`);
      }
      send(response, 200, operation(await inputOf(request)));
    } catch (error) {
      const { status, code, message } = refusalOf(error);
      send(response, status, { __type: `com.amazonaws.states#${code}`, message });
    }
  };
}

function operationsOf({ machine, definition, createdAtSeconds }: StatesApiOptions) {
  const about = {
    stateMachineArn: machine.arn,
    name: machine.name,
    type: 'STANDARD',
    creationDate: createdAtSeconds,
  };
  const roleArn = machine.arn.replace(
    /^arn:aws:states:[^:]*:(\d+):.*$/,
    'arn:aws:iam::$1:role/local',
  );
  const checkMachine = (arn: string): void => {
    if (!arn.startsWith('arn:')) throw new CallRefused('InvalidArn', `Invalid Arn: '${arn}'`);
    if (arn !== machine.arn) {
      throw new CallRefused('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    }
  };
  const checkExecution = (arn: string): void => {
    if (!arn.startsWith('arn:')) throw new CallRefused('InvalidArn', `Invalid Arn: '${arn}'`);
  };

  return new Map<string, (input: unknown) => object>([
    operation(
      'StartExecution',
      { stateMachineArn: Arn, name: z.string().optional(), input: z.string().optional() },
      ({ stateMachineArn, ...request }) => {
        checkMachine(stateMachineArn);
        return machine.start(withoutUndefined(request));
      },
    ),
    operation('DescribeExecution', { executionArn: Arn }, ({ executionArn }) => {
      checkExecution(executionArn);
      return machine.describe(executionArn);
    }),
    operation(
      'ListExecutions',
      {
        stateMachineArn: Arn,
        statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']).optional(),
        ...Page,
      },
      ({ stateMachineArn, statusFilter: status, ...page }) => {
        checkMachine(stateMachineArn);
        return machine.list(withoutUndefined({ status, ...page }));
      },
    ),
    operation(
      'GetExecutionHistory',
      {
        executionArn: Arn,
        reverseOrder: z.boolean().optional(),
        includeExecutionData: z.boolean().default(true),
        ...Page,
      },
      ({ executionArn, includeExecutionData, ...request }) => {
        checkExecution(executionArn);
        const page = machine.history(executionArn, withoutUndefined(request));
        return includeExecutionData ? page : { ...page, events: page.events.map(withoutData) };
      },
    ),
    operation(
      'StopExecution',
      { executionArn: Arn, error: z.string().optional(), cause: z.string().optional() },
      ({ executionArn, ...why }) => {
        checkExecution(executionArn);
        return machine.stop(executionArn, withoutUndefined(why));
      },
    ),
    operation('DescribeStateMachine', { stateMachineArn: Arn }, ({ stateMachineArn }) => {
      checkMachine(stateMachineArn);
      return { ...about, status: 'ACTIVE', definition, roleArn };
    }),
    operation('DescribeStateMachineForExecution', { executionArn: Arn }, ({ executionArn }) => {
      checkExecution(executionArn);
      machine.describe(executionArn);
      const { stateMachineArn, name, creationDate } = about;
      return { stateMachineArn, name, definition, roleArn, updateDate: creationDate };
    }),
    operation('ListStateMachines', Page, () => ({ stateMachines: [about] })),
  ]);
}

/** One operation whose input is parsed first. Fields that are not known are passed over, as AWS does. */
function operation<Shape extends z.ZodRawShape>(
  name: string,
  shape: Shape,
  run: (input: z.infer<z.ZodObject<Shape>>) => object,
): [string, (input: unknown) => object] {
  const schema = z.object(shape);
  return [name, (input) => run(schema.parse(input))];
}

async function inputOf(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, MAX_REQUEST_BYTES);
  if (body === undefined) throw new CallRefused('ValidationException', 'the request is too large');
  try {
    return JSON.parse(body.toString('utf8') || '{}');
  } catch {
    throw new CallRefused('SerializationException', 'the request is not JSON');
  }
}

function refusalOf(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof CallRefused || error instanceof ExecutionRefused) {
    return { status: 400, code: error.code, message: error.message };
  }
  if (error instanceof z.ZodError) {
    return { status: 400, code: 'ValidationException', message: z.prettifyError(error) };
  }
  return { status: 500, code: 'InternalFailure', message: String(error) };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify(body));
}

type Defined<Given> = { [Name in keyof Given]: Exclude<Given[Name], undefined> };

function withoutUndefined<Given extends object>(given: Given): Defined<Given>;
function withoutUndefined(given: object): object {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The event without the documents that went in and out. */
function withoutData(event: HistoryEvent): object {
  return Object.fromEntries(
    Object.entries(event).map(([name, details]: [string, unknown]) => {
      if (details === null || typeof details !== 'object') return [name, details];
      const kept = Object.entries(details).filter(
        ([field]) => field !== 'input' && field !== 'output',
      );
      return [name, Object.fromEntries(kept)];
    }),
  );
}
