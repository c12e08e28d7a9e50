import { CreateQueueCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsServices } from '../../infra/local/cloud/aws-services.ts';
import { sqsClient } from '../../shared/aws/clients.ts';
import { sqsQueue } from '../../shared/aws/sqs-queue.ts';
import { memoryQueue } from '../../shared/memory/memory-queue.ts';
import { instantOf } from '../../shared/model/time.ts';
import { localAws } from './local-aws.ts';
import { queueContract } from './queue.contract.ts';

let services: AwsServices;
let client: SQSClient;

beforeAll(async () => {
  const local = await localAws();
  services = local.services;
  client = sqsClient(local.access);
});
afterAll(async () => {
  client.destroy();
  await services.close();
});

const clockAt = (nowMs: () => number) => ({ now: () => instantOf(nowMs()) });

queueContract('memory', async () => {
  const queue = memoryQueue({ clock: clockAt(() => 0) });
  return { queue, bodies: async () => queue.receive(100).map(({ body }) => body) };
});

let queues = 0;
queueContract('SQS', async () => {
  const { QueueUrl: queueUrl = '' } = await client.send(
    new CreateQueueCommand({ QueueName: `queue-${queues++}` }),
  );
  const receive = new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 });
  return {
    queue: sqsQueue({ client, queueUrl }),
    bodies: async () => ((await client.send(receive)).Messages ?? []).map(({ Body }) => Body ?? ''),
  };
});

describe('the queue (SQS)', () => {
  it('names the queue when a call fails', async () => {
    const queueUrl = `${services.url}/000000000000/nowhere`;
    await expect(sqsQueue({ client, queueUrl }).send([{ id: 'a', body: 'b' }])).rejects.toThrow(
      /sending 1 messages to .*nowhere failed: QueueDoesNotExist/,
    );
  });
});

describe('the queue (memory)', () => {
  it('hides what was received until its visibility ends', async () => {
    let nowMs = 0;
    const queue = memoryQueue({ clock: clockAt(() => nowMs), visibilitySeconds: 30 });
    await queue.send([{ id: 'a', body: 'x' }]);
    expect(queue.receive(10)).toMatchObject([{ body: 'x', receives: 1 }]);
    nowMs = 29_999;
    expect(queue.receive(10)).toEqual([]);
    nowMs = 30_000;
    expect(queue.receive(10)).toMatchObject([{ body: 'x', receives: 2 }]);
  });

  it('removes by the latest receipt only', async () => {
    const queue = memoryQueue({ clock: clockAt(() => 0), visibilitySeconds: 0 });
    await queue.send([{ id: 'a', body: 'x' }]);
    const [first] = queue.receive(1);
    const [second] = queue.receive(1);
    queue.remove(first?.receiptHandle ?? '');
    expect(queue.size()).toBe(1);
    queue.remove(second?.receiptHandle ?? '');
    expect(queue.size()).toBe(0);
  });

  it('gives a message up after its last receipt', async () => {
    const options = { visibilitySeconds: 0, maxReceives: 2 };
    const queue = memoryQueue({ clock: clockAt(() => 0), ...options });
    await queue.send([{ id: 'a', body: 'x' }]);
    expect(queue.receive(1)).toHaveLength(1);
    expect(queue.receive(1)).toHaveLength(1);
    expect(queue.receive(1)).toEqual([]);
    expect(queue.deadLetters()).toEqual(['x']);
    expect(queue.size()).toBe(0);
  });
});
