import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListStateMachinesCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../../infra/local/cloud/listen.ts';
import { statesApi } from '../../infra/local/cloud/states-api.ts';
import type { StateMachine } from '../../infra/local/engine/state-machine.ts';
import { sfnClient } from '../../shared/aws/clients.ts';
import { HELD_DEFINITION, heldMachine } from './held-machine.ts';

let machine: StateMachine;
let release: () => void;
let server: Server;
let url: string;
let client: SFNClient;
let stateMachineArn: string;

beforeEach(async () => {
  ({ machine, release } = heldMachine());
  stateMachineArn = machine.arn;
  const about = { definition: HELD_DEFINITION, createdAtSeconds: 1_700_000_000, uuid: randomUUID };
  server = createServer(statesApi({ machine, ...about }));
  ({ url } = await listen(server));
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  client = sfnClient({ region: 'us-east-1', endpoint: url, credentials });
});
afterEach(() => {
  client.destroy();
  server.close();
});

const start = async (name: string, input = '{}') => {
  const answer = await client.send(new StartExecutionCommand({ stateMachineArn, name, input }));
  return answer.executionArn ?? '';
};
const end = async (executionArn: string) => {
  release();
  await machine.closed(executionArn);
};

describe('the Step Functions API', () => {
  it('starts an execution once and describes it while it runs and when it has ended', async () => {
    const executionArn = await start('burst-1', '{"a":1}');
    expect(await start('burst-1', '{"a":1}')).toBe(executionArn);
    expect(executionArn).toBe('arn:aws:states:us-east-1:000000000000:execution:burst:burst-1');

    const describe = new DescribeExecutionCommand({ executionArn });
    const running = await client.send(describe);
    expect(running).toMatchObject({ name: 'burst-1', status: 'RUNNING', input: '{"a":1}' });
    expect(running.startDate).toBeInstanceOf(Date);
    expect(running.stopDate).toBeUndefined();

    await end(executionArn);
    const ended = await client.send(describe);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: '{"a":1}' });
    expect(ended.stopDate?.getTime()).toBeGreaterThanOrEqual(ended.startDate?.getTime() ?? 0);
  });

  it('names an execution that was given no name', async () => {
    const answer = await client.send(new StartExecutionCommand({ stateMachineArn }));
    expect(answer.executionArn).toMatch(/:burst:[0-9a-f-]{36}$/);
  });

  it('lists executions in pages, latest first', async () => {
    for (const n of [1, 2, 3]) await start(`burst-${n}`);
    const pages = [];
    for await (const page of paginateListExecutions({ client, pageSize: 2 }, { stateMachineArn })) {
      pages.push(page.executions?.map(({ name }) => name));
    }
    expect(pages).toEqual([['burst-3', 'burst-2'], ['burst-1']]);
  });

  it('lists executions by status', async () => {
    await end(await start('ended'));
    await client.send(new StopExecutionCommand({ executionArn: await start('ended-too') }));
    const named = async (statusFilter: 'SUCCEEDED' | 'FAILED') => {
      const list = new ListExecutionsCommand({ stateMachineArn, statusFilter });
      return (await client.send(list)).executions?.map(({ name }) => name);
    };
    expect(await named('SUCCEEDED')).toContain('ended');
    expect(await named('FAILED')).toEqual([]);
  });

  it('gives the history in pages, forwards and backwards', async () => {
    const executionArn = await start('burst-1', '{"a":1}');
    await end(executionArn);
    const types = async (reverseOrder: boolean) => {
      const pages = [];
      const request = { executionArn, reverseOrder };
      for await (const page of paginateGetExecutionHistory({ client, pageSize: 3 }, request)) {
        pages.push(page.events ?? []);
      }
      expect(pages.every((page) => page.length <= 3)).toBe(true);
      return pages.flat().map(({ type }) => type);
    };
    const forwards = [
      'ExecutionStarted',
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSucceeded',
      'TaskStateExited',
      'ExecutionSucceeded',
    ];
    expect(await types(false)).toEqual(forwards);
    expect(await types(true)).toEqual(forwards.toReversed());
  });

  it('leaves the documents out of a history on demand', async () => {
    const executionArn = await start('burst-1', '{"a":1}');
    const entered = async (includeExecutionData?: boolean) => {
      const request = {
        executionArn,
        ...(includeExecutionData === false && { includeExecutionData }),
      };
      const { events } = await client.send(new GetExecutionHistoryCommand(request));
      return events?.[1];
    };
    expect((await entered())?.stateEnteredEventDetails).toMatchObject({
      name: 'Hold',
      input: '{"a":1}',
    });
    const bare = await entered(false);
    expect(bare?.timestamp).toBeInstanceOf(Date);
    expect(bare?.stateEnteredEventDetails?.name).toBe('Hold');
    expect(bare?.stateEnteredEventDetails?.input).toBeUndefined();
  });

  it('stops an execution with error and cause', async () => {
    const executionArn = await start('burst-1');
    const stop = new StopExecutionCommand({ executionArn, error: 'Enough', cause: 'by hand' });
    expect((await client.send(stop)).stopDate).toBeInstanceOf(Date);
    expect(await client.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({
      status: 'ABORTED',
      error: 'Enough',
      cause: 'by hand',
    });
  });

  it('describes the state machine', async () => {
    const executionArn = await start('burst-1');
    const about = { stateMachineArn, name: 'burst', definition: HELD_DEFINITION };
    expect(await client.send(new DescribeStateMachineCommand({ stateMachineArn }))).toMatchObject({
      ...about,
      status: 'ACTIVE',
      type: 'STANDARD',
      creationDate: new Date(1_700_000_000_000),
    });
    expect(
      await client.send(new DescribeStateMachineForExecutionCommand({ executionArn })),
    ).toMatchObject(about);
    const { stateMachines } = await client.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toMatchObject([{ stateMachineArn, name: 'burst' }]);
  });

  const unknownMachine = 'arn:aws:states:us-east-1:000000000000:stateMachine:other';
  const unknownExecution = 'arn:aws:states:us-east-1:000000000000:execution:burst:other';
  const refusals: [string, string, () => Promise<unknown>][] = [
    [
      'InvalidName',
      'a name with a space',
      () => client.send(new StartExecutionCommand({ stateMachineArn, name: 'a b' })),
    ],
    [
      'InvalidExecutionInput',
      'input that is not JSON',
      () => client.send(new StartExecutionCommand({ stateMachineArn, input: '{' })),
    ],
    [
      'InvalidExecutionInput',
      'input of more than 262,144 bytes',
      () =>
        client.send(
          new StartExecutionCommand({
            stateMachineArn,
            input: JSON.stringify('x'.repeat(262_143)),
          }),
        ),
    ],
    [
      'InvalidExecutionInput',
      'input nested 100,000 deep',
      () =>
        client.send(
          new StartExecutionCommand({
            stateMachineArn,
            input: '['.repeat(100_000) + ']'.repeat(100_000),
          }),
        ),
    ],
    [
      'ExecutionAlreadyExists',
      'a running name with other input',
      () =>
        client.send(
          new StartExecutionCommand({ stateMachineArn, name: 'running', input: '{"b":1}' }),
        ),
    ],
    [
      'StateMachineDoesNotExist',
      'an unknown machine to start',
      () => client.send(new StartExecutionCommand({ stateMachineArn: unknownMachine })),
    ],
    [
      'StateMachineDoesNotExist',
      'an unknown machine to list',
      () => client.send(new ListExecutionsCommand({ stateMachineArn: unknownMachine })),
    ],
    [
      'ExecutionDoesNotExist',
      'an unknown execution to describe',
      () => client.send(new DescribeExecutionCommand({ executionArn: unknownExecution })),
    ],
    [
      'ExecutionDoesNotExist',
      'an unknown execution to stop',
      () => client.send(new StopExecutionCommand({ executionArn: unknownExecution })),
    ],
    [
      'InvalidArn',
      'a name in place of an ARN',
      () => client.send(new DescribeExecutionCommand({ executionArn: 'running' })),
    ],
    [
      'InvalidToken',
      'a token nobody gave out',
      () => client.send(new ListExecutionsCommand({ stateMachineArn, nextToken: 'made up' })),
    ],
    [
      'ValidationException',
      'a page of 1,001',
      () => client.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1001 })),
    ],
  ];
  it.each(refusals)('answers %s to %s', async (name, _what, call) => {
    await start('running');
    await expect(call()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
  });

  it.each([
    { target: 'AWSStepFunctions.CreateActivity', body: '{}', code: 'UnknownOperationException' },
    { target: 'AWSStepFunctions.StartExecution', body: '{', code: 'SerializationException' },
    { target: 'AWSStepFunctions.StartExecution', body: '{}', code: 'ValidationException' },
  ])('answers $code to $target with $body', async ({ target, body, code }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'x-amz-target': target },
      body,
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await response.json()).toMatchObject({ __type: `com.amazonaws.states#${code}` });
  });
});
