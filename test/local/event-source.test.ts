import {
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import type { AwsServices } from '../../infra/local/cloud/aws-services.ts';
import {
  type EventSource,
  type EventSourceOptions,
  startEventSource,
} from '../../infra/local/cloud/event-source.ts';
import { createIntakeQueue, type IntakeQueue } from '../../infra/local/cloud/intake-queue.ts';
import type { InvokeAnswer } from '../../infra/local/engine/invoke.ts';
import { realTimers } from '../../infra/local/engine/timers.ts';
import { sqsClient } from '../../shared/aws/clients.ts';
import { localAws } from '../contracts/local-aws.ts';

let services: AwsServices;
let client: SQSClient;
let source: EventSource | undefined;
let queues = 0;

beforeAll(async () => {
  const local = await localAws();
  services = local.services;
  client = sqsClient(local.access);
});
afterEach(async () => {
  await source?.stop();
});
afterAll(async () => {
  client.destroy();
  await services.close();
});

const SqsEvent = z.object({
  Records: z.array(z.looseObject({ messageId: z.string(), body: z.string() })),
});
type Records = z.infer<typeof SqsEvent>['Records'];

const queueOf = (options: { visibilitySeconds: number; maxReceives: number }) =>
  createIntakeQueue(client, { name: `queue-${queues++}`, ...options });

/** A queue whose messages are visible again at once, so that a failure is seen without waiting. */
const impatientQueue = (maxReceives = 2) => queueOf({ visibilitySeconds: 0, maxReceives });

const patientQueue = () => queueOf({ visibilitySeconds: 60, maxReceives: 5 });

const send = (queue: IntakeQueue, ...bodies: string[]) =>
  client.send(
    new SendMessageBatchCommand({
      QueueUrl: queue.url,
      Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
    }),
  );

const feed = (
  queue: IntakeQueue,
  answer: (records: Records, functionName: string) => Promise<InvokeAnswer>,
  options: Partial<EventSourceOptions> = {},
) => {
  source = startEventSource({
    client,
    queueUrl: queue.url,
    queueArn: queue.arn,
    region: 'us-east-1',
    functionName: 'intake',
    invoke: (name, event) => answer(SqsEvent.parse(event).Records, name),
    ...{ batchSize: 10, windowSeconds: 0, maxConcurrency: 2 },
    visibilitySeconds: queue.visibilitySeconds,
    timers: realTimers(),
    log: () => {},
    ...options,
  });
};

/** The next message that was given up, waited for by a long poll. */
const deadLetter = async (queue: IntakeQueue) => {
  const answer = await client.send(
    new ReceiveMessageCommand({ QueueUrl: queue.deadLetterUrl, WaitTimeSeconds: 20 }),
  );
  return answer.Messages?.[0]?.Body;
};

/** Collects calls until there are `count` of them. */
function calls(count: number) {
  const seen: Records[] = [];
  const { promise, resolve } = deferred();
  const note = (records: Records) => {
    seen.push(records);
    if (seen.length >= count) resolve();
  };
  return { note, all: promise.then(() => seen) };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

it('hands messages over in the shape of an SQS event', async () => {
  const queue = await patientQueue();
  const { note, all } = calls(1);
  await send(queue, '{"n":1}');
  feed(queue, async (records, name) => {
    expect(name).toBe('intake');
    note(records);
    return { payload: null };
  });
  expect(await all).toEqual([
    [
      {
        messageId: expect.any(String),
        receiptHandle: expect.any(String),
        body: '{"n":1}',
        attributes: expect.objectContaining({ ApproximateReceiveCount: '1' }),
        messageAttributes: {},
        md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
        eventSource: 'aws:sqs',
        eventSourceARN: queue.arn,
        awsRegion: 'us-east-1',
      },
    ],
  ]);
});

it('deletes what succeeded; what failed alone becomes a dead letter', async () => {
  const queue = await impatientQueue();
  const received: Record<string, number> = {};
  await send(queue, 'good', 'bad', 'fine');
  feed(
    queue,
    async (records) => {
      for (const { body } of records) received[body] = (received[body] ?? 0) + 1;
      const bad = records.filter(({ body }) => body === 'bad');
      return {
        payload: {
          batchItemFailures: bad.map(({ messageId: itemIdentifier }) => ({ itemIdentifier })),
        },
      };
    },
    { maxConcurrency: 1 },
  );
  expect(await deadLetter(queue)).toBe('bad');
  expect(received).toMatchObject({ good: 1, fine: 1, bad: 2 });
});

it.each([
  ['an error of the function', { error: 'TypeError', cause: '{}' }],
  ['a malformed answer', { payload: { batchItemFailures: [{ itemIdentifier: 'unknown' }] } }],
])('fails all messages after %s', async (_what, answer) => {
  const queue = await impatientQueue();
  await send(queue, 'one');
  feed(queue, async () => answer, { maxConcurrency: 1 });
  expect(await deadLetter(queue)).toBe('one');
});

it('asks again with the same messages while the function was not run', async () => {
  const queue = await patientQueue();
  const { note, all } = calls(2);
  const answers: InvokeAnswer[] = [{ error: 'Lambda.TooManyRequestsException', cause: '' }];
  const seconds: number[] = [];
  await send(queue, 'one');
  feed(
    queue,
    async (records) => {
      note(records);
      return answers.shift() ?? { payload: null };
    },
    {
      timers: {
        now: () => 0,
        after: (milliseconds, run) => {
          seconds.push(milliseconds / 1000);
          run();
          return () => {};
        },
      },
      windowSeconds: 1,
      batchSize: 1,
    },
  );
  const [first, second] = await all;
  expect(second).toEqual(first);
  expect(seconds).toEqual([1]);
});

it('fills a batch within its window', async () => {
  const queue = await patientQueue();
  const { note, all } = calls(1);
  feed(
    queue,
    async (records) => {
      note(records);
      return { payload: null };
    },
    { batchSize: 25, windowSeconds: 30 },
  );
  const ten = (from: number) => Array.from({ length: 10 }, (_, n) => `${from + n}`);
  await send(queue, ...ten(0));
  await send(queue, ...ten(10));
  await send(queue, '20', '21', '22', '23', '24');
  const [batch] = await all;
  expect(batch?.map(({ body }) => Number(body)).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 25 }, (_, n) => n),
  );
});

it('never runs more than its most invocations at once', async () => {
  const queue = await patientQueue();
  const { note, all } = calls(5);
  let running = 0;
  let most = 0;
  const turn = deferred();
  await send(queue, '1', '2', '3', '4', '5');
  feed(
    queue,
    async (records) => {
      running++;
      most = Math.max(most, running);
      if (running === 2) turn.resolve();
      await turn.promise;
      running--;
      note(records);
      return { payload: null };
    },
    { batchSize: 1, maxConcurrency: 2 },
  );
  await all;
  expect(most).toBe(2);
});
