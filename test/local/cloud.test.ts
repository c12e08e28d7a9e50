import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cloud, startCloud } from '../../infra/local/cloud/cloud.ts';
import { CloudConfig } from '../../infra/local/cloud/cloud-config.ts';
import { realTimers } from '../../infra/local/engine/timers.ts';
import { type VirtualTime, virtualTime } from '../../infra/local/engine/virtual-time.ts';
import {
  type LambdaHandler,
  type LambdaHost,
  startLambdaHost,
} from '../../infra/local/lambda-host/lambda-host.ts';
import { dynamoDbClient, s3Client, sfnClient, sqsClient } from '../../shared/aws/clients.ts';
import { dynamoDbLedger } from '../../shared/aws/dynamodb-ledger.ts';
import { s3Artifacts } from '../../shared/aws/s3-artifacts.ts';
import { sfnBursts } from '../../shared/aws/sfn-bursts.ts';
import { sqsQueue } from '../../shared/aws/sqs-queue.ts';
import { memoryIds } from '../../shared/memory/memory-ids.ts';
import { HELD_DEFINITION } from './held-machine.ts';

let time: VirtualTime;
let cloud: Cloud;
let hosts: LambdaHost[];

beforeEach(async () => {
  hosts = [];
  time = virtualTime({ startAt: '2030-01-01T00:00:00.000Z' });
  const config = CloudConfig.parse({
    queues: [{ name: 'intake-default' }],
    eventSources: [{ queue: 'intake-default', functionName: 'intake' }],
    schedules: [{ functionName: 'sweep', everySeconds: 60 }],
  });
  cloud = await startCloud({
    ...config,
    definition: HELD_DEFINITION,
    timers: time,
    realTimers: realTimers(),
    random: Math.random,
    uuid: randomUUID,
    log: () => {},
  });
});
afterEach(async () => {
  await cloud.close();
  for (const host of hosts) await host.close();
});

async function hostOf(handlers: Record<string, LambdaHandler>): Promise<string> {
  const options = { handlers, timeoutSeconds: 60, timers: realTimers(), uuid: randomUUID };
  const host = await startLambdaHost(options);
  hosts.push(host);
  return host.url;
}

/** Resolves with the event of the first invocation. */
function firstEvent(): { handler: LambdaHandler; event: Promise<unknown> } {
  let seen = (_event: unknown) => {};
  const event = new Promise<unknown>((resolve) => {
    seen = resolve;
  });
  return { handler: async (given) => seen(given), event };
}

const access = () => ({
  region: cloud.address.region,
  endpoint: cloud.address.url,
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});

const intakeUrl = () => cloud.address.queues[0]?.url ?? '';

describe('the local cloud', () => {
  it('serves every adapter at one address and counts their calls', async () => {
    const { tableName, bucket, stateMachineArn } = cloud.address;
    cloud.useLambdaHost(await hostOf({ hold: async (event) => event }));
    const ledger = dynamoDbLedger({
      client: dynamoDbClient(access()),
      tableName,
      ids: memoryIds(1),
    });
    const artifacts = s3Artifacts({ client: s3Client(access()), bucket });
    const bursts = sfnBursts({ client: sfnClient(access()), stateMachineArn });

    const key = { pk: 'L#b', sk: '#' };
    await ledger.write({ key, when: [{ is: 'absent' }], set: [['phase', 'planned']] });
    await ledger.write({ key, when: [{ is: 'absent' }] });
    await artifacts.put('some/key', { bytes: new Uint8Array([1]), contentType: 'text/plain' });
    const url = await artifacts.writeUrl('other/key', { seconds: 60, contentType: 'text/plain' });
    await fetch(url, { method: 'PUT', body: 'x', headers: { 'content-type': 'text/plain' } });
    expect(await bursts.start('burst-1', {})).toBe('started');

    expect(cloud.calls()).toMatchObject({
      dynamodb: { PutItem: 2 },
      s3: { PutObject: 2 },
      states: { StartExecution: 1 },
      lambda: { Invoke: 1 },
    });
  });

  it('feeds the intake queue to the intake function', async () => {
    const { handler, event } = firstEvent();
    cloud.useLambdaHost(await hostOf({ intake: handler }));
    const queue = sqsQueue({ client: sqsClient(access()), queueUrl: intakeUrl() });
    await queue.send([{ id: 'a', body: '{"taskId":"t-1"}' }]);
    expect(await event).toMatchObject({
      Records: [
        { body: '{"taskId":"t-1"}', eventSourceARN: expect.stringMatching(/:intake-default$/) },
      ],
    });
  });

  it('runs scheduled functions by the clock of the world', async () => {
    const { handler, event } = firstEvent();
    cloud.useLambdaHost(await hostOf({ sweep: handler }));
    await time.run({ until: time.now() + 59_999 });
    expect(cloud.calls().lambda).toBeUndefined();
    await time.run({ until: time.now() + 1 });
    expect(await event).toEqual({});
  });

  it('is told over HTTP where functions run, again after a host has gone', async () => {
    const tell = (body: unknown) =>
      fetch(`${cloud.address.url}/_local/lambda-host`, {
        method: 'PUT',
        body: JSON.stringify(body),
      });
    const gone = await hostOf({});
    expect((await tell({ url: gone })).status).toBe(200);
    await hosts.pop()?.close();
    const { handler, event } = firstEvent();
    expect((await tell({ url: await hostOf({ sweep: handler }) })).status).toBe(200);
    await time.run({ until: time.now() + 60_000 });
    expect(await event).toEqual({});
  });

  it.each([{}, { url: 'file:///etc' }, { url: 'http://127.0.0.1:1', more: 1 }, null])(
    'refuses %j as a Lambda host',
    async (body) => {
      const init = { method: 'PUT', body: JSON.stringify(body) };
      const response = await fetch(`${cloud.address.url}/_local/lambda-host`, init);
      expect(response.status).toBe(400);
    },
  );

  it('shows its counts over HTTP and starts them again', async () => {
    const calls = `${cloud.address.url}/_local/calls`;
    cloud.useLambdaHost(await hostOf({}));
    await sfnBursts({
      client: sfnClient(access()),
      stateMachineArn: cloud.address.stateMachineArn,
    }).start('b', {});
    expect(await (await fetch(calls)).json()).toMatchObject({ states: { StartExecution: 1 } });
    await fetch(calls, { method: 'DELETE' });
    expect(await (await fetch(calls)).json()).not.toHaveProperty('states');
    expect((await fetch(`${cloud.address.url}/_local/other`)).status).toBe(404);
  });

  it('refuses an event source of a queue it does not have', async () => {
    const config = CloudConfig.parse({ eventSources: [{ queue: 'x', functionName: 'intake' }] });
    const starting = startCloud({
      ...config,
      definition: HELD_DEFINITION,
      ...{ timers: time, realTimers: time, random: Math.random, uuid: randomUUID },
      log: () => {},
    });
    await expect(starting).rejects.toThrow('unknown queue x');
  });
});
