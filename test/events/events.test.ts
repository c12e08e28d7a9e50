import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { events } from '../../lambdas/events.ts';
import { eventBridgeBus } from '../../shared/aws/eventbridge-bus.ts';
import type { EventBus } from '../../shared/ports.ts';
import { scriptedServer } from '../support/scripted-server.ts';

const S = (text: string) => ({ S: text });
const ended = (n: number) => {
  const NewImage = {
    tenant: S('studio'),
    taskId: S(`task-${n}`),
    kind: S('nft.generative'),
    status: S('done'),
  };
  const Keys = { pk: S(`T#studio#task-${n}`), sk: S('#') };
  return { eventName: 'MODIFY', dynamodb: { SequenceNumber: `${1000 + n}`, Keys, NewImage } };
};
const stream = (count: number) => ({ Records: Array.from({ length: count }, (_, n) => ended(n)) });

const Told = z.object({ detail: z.object({ taskId: z.string() }) });

/** Takes everything but the tasks named. */
function busRefusing(...refused: string[]) {
  const puts: string[][] = [];
  const bus: EventBus = {
    put: async (told) => {
      const names = told.map((one) => Told.parse(one).detail.taskId);
      puts.push(names);
      return names.flatMap((name, index) =>
        refused.includes(name) ? [{ index, reason: 'ThrottlingException: later' }] : [],
      );
    },
  };
  return { bus, puts };
}

describe('the events function', () => {
  const logged: string[] = [];
  const log = (event: string) => void logged.push(event);
  beforeEach(() => void logged.splice(0));

  it('tells of at most ten endings at a time, all of them', async () => {
    const { bus, puts } = busRefusing();
    expect(await events({ bus, log })(stream(21))).toEqual({ batchItemFailures: [] });
    expect(puts.map(({ length }) => length)).toEqual([10, 10, 1]);
    expect(logged).toEqual(Array.from({ length: 21 }, () => 'ended'));
  });

  it('has the stream read again from the first that was not taken', async () => {
    const { bus, puts } = busRefusing('task-12', 'task-14');
    expect(await events({ bus, log })(stream(21))).toEqual({
      batchItemFailures: [{ itemIdentifier: '1012' }],
    });
    expect(puts).toHaveLength(2);
    expect(logged.filter((event) => event === 'ended')).toHaveLength(12);
  });

  it('has all of a put read again that broke', async () => {
    const bus: EventBus = { put: () => Promise.reject(new Error('no answer')) };
    expect(await events({ bus, log })(stream(3))).toEqual({
      batchItemFailures: [{ itemIdentifier: '1000' }],
    });
    expect(logged).toEqual(['event not taken']);
  });

  it('passes over a row it cannot read and tells of those around it', async () => {
    const { bus, puts } = busRefusing();
    const { Records } = stream(3);
    const broken = {
      dynamodb: { SequenceNumber: '1001', Keys: { pk: S('T#x#y'), sk: S('#') }, NewImage: {} },
    };
    await events({ bus, log })({ Records: [Records[0], broken, Records[2]] });
    expect(puts).toEqual([['task-0', 'task-2']]);
    expect(logged).toContain('row not understood');
  });
});

describe('the bus over EventBridge', () => {
  let server: Awaited<ReturnType<typeof scriptedServer>>;
  afterEach(() => server.close());

  const busAt = (endpoint: string) =>
    eventBridgeBus({
      client: new EventBridgeClient({
        region: 'eu-central-1',
        endpoint,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        maxAttempts: 1,
      }),
      busName: 'burst-events',
    });

  it('puts each ending with its type, and says which were not taken', async () => {
    server = await scriptedServer(() => ({
      status: 200,
      body: {
        FailedEntryCount: 1,
        Entries: [
          { EventId: 'e1' },
          { ErrorCode: 'ThrottlingException', ErrorMessage: 'slow down' },
        ],
      },
    }));
    const told = [1, 2, 3].map((n) => ({ type: 'Task Ended', detail: { id: n } }));
    expect(await busAt(server.baseUrl).put(told)).toEqual([
      { index: 1, reason: 'ThrottlingException: slow down' },
      { index: 2, reason: 'no answer: ' },
    ]);
    expect(server.seen[0]?.body).toMatchObject({
      Entries: [
        {
          EventBusName: 'burst-events',
          Source: 'burst',
          DetailType: 'Task Ended',
          Detail: '{"id":1}',
        },
        {},
        {},
      ],
    });
  });

  it('says what it was doing when the bus is not there', async () => {
    server = await scriptedServer(() => ({
      status: 400,
      body: { __type: 'ResourceNotFoundException', message: 'no such bus' },
    }));
    await expect(busAt(server.baseUrl).put([{ type: 'x', detail: {} }])).rejects.toThrow(
      'putting 1 events on the bus burst-events failed: ResourceNotFoundException',
    );
  });
});
