import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import {
  type AwsAccess,
  dynamoDbClient,
  s3Client,
  sqsClient,
} from '../../../shared/aws/clients.ts';
import type { Log } from '../../../shared/ports.ts';
import type { InvokeFunction } from '../engine/invoke.ts';
import { createStateMachine } from '../engine/state-machine.ts';
import type { Timers } from '../engine/timers.ts';
import { invokeLambdaHost } from '../lambda-host/invoke-lambda-host.ts';
import { startAwsServices } from './aws-services.ts';
import { type CallCounts, callCounter } from './call-counter.ts';
import type { CloudConfig } from './cloud-config.ts';
import { controlApi } from './control-api.ts';
import { type EventSource, startEventSource } from './event-source.ts';
import { createIntakeQueue, type IntakeQueue } from './intake-queue.ts';
import { createLedgerTable } from './ledger-table.ts';
import { runEvery } from './run-every.ts';
import { statesApi } from './states-api.ts';

export interface CloudOptions extends CloudConfig {
  /** JSON text of the state machine, tokens and all. */
  readonly definition: string;
  /** Drives Wait states, retries and schedules: the local world's clock. */
  readonly timers: Timers;
  /** Drives what happens between real processes: Task timeouts, polling. */
  readonly realTimers: Timers;
  readonly random: () => number;
  readonly uuid: () => string;
  readonly log: Log;
}

/** What a person or a process needs to use the cloud. */
interface CloudAddress {
  /** Of every service. */
  readonly url: string;
  readonly region: string;
  readonly stateMachineArn: string;
  readonly tableName: string;
  readonly bucket: string;
  readonly queues: readonly IntakeQueue[];
}

export interface Cloud {
  readonly address: CloudAddress;
  calls(): CallCounts;
  useLambdaHost(url: string): void;
  close(): Promise<void>;
}

/**
 * AWS for the local world, in one process behind one port: DynamoDB, S3, SQS with the event source
 * mappings that feed it to Lambda, Step Functions, and the schedules. Functions run elsewhere, in a
 * Lambda host. Everything is in memory and ends with the process.
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const { region, timers, realTimers, random, uuid } = options;
  checkEventSources(options);
  let lambdaHostUrl = options.lambdaHostUrl;
  const calls = callCounter();
  const useLambdaHost = (url: string) => {
    lambdaHostUrl = url;
  };
  const invokeHost = invokeLambdaHost(() => lambdaHostUrl);
  const invoke: InvokeFunction = (...invocation) => {
    calls.count({ service: 'lambda', operation: 'Invoke' });
    return invokeHost(...invocation);
  };

  const machine = createStateMachine({
    definition: JSON.parse(options.definition),
    substitutions: options.substitutions,
    name: options.stateMachineName,
    ...{ invoke, timers, taskTimers: realTimers, random, uuid },
  });
  const createdAtSeconds = timers.now() / 1000;
  const services = await startAwsServices({
    region,
    port: options.port,
    states: statesApi({ machine, definition: options.definition, createdAtSeconds, uuid }),
    local: controlApi({ calls, useLambdaHost }),
    onRequest: calls.count,
  });

  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const access = { region, endpoint: services.url, credentials };
  const queueClient = sqsClient(access);
  const queues = await createResources(options, access);
  calls.reset();

  const eventSources = startEventSources(options, queues, queueClient, invoke);
  const stopSchedules = startSchedules(options, invoke);

  const { tableName, bucket } = options;
  return {
    address: {
      ...{ url: services.url, region, stateMachineArn: machine.arn, tableName, bucket },
      queues,
    },
    calls: calls.counts,
    useLambdaHost,
    close: async () => {
      stopSchedules();
      await Promise.all(eventSources.map((source) => source.stop()));
      queueClient.destroy();
      await services.close();
    },
  };
}

function checkEventSources({ eventSources, queues }: CloudConfig): void {
  const stray = eventSources.find(({ queue }) => !queues.some(({ name }) => name === queue));
  if (stray !== undefined) {
    throw new Error(`an event source names the unknown queue ${stray.queue}`);
  }
}

async function createResources(
  { tableName, bucket, queues }: CloudOptions,
  access: AwsAccess,
): Promise<IntakeQueue[]> {
  const dynamoDb = dynamoDbClient(access);
  const s3 = s3Client(access);
  const sqs = sqsClient(access);
  const [created] = await Promise.all([
    Promise.all(queues.map((queue) => createIntakeQueue(sqs, queue))),
    createLedgerTable(dynamoDb, tableName),
    s3.send(new CreateBucketCommand({ Bucket: bucket })),
  ]);
  for (const client of [dynamoDb, s3, sqs]) client.destroy();
  return created;
}

const startEventSources = (
  { eventSources, region, realTimers, log }: CloudOptions,
  queues: readonly IntakeQueue[],
  client: SQSClient,
  invoke: InvokeFunction,
): EventSource[] =>
  queues.flatMap(({ name, url: queueUrl, arn: queueArn, visibilitySeconds }) =>
    eventSources
      .filter(({ queue }) => queue === name)
      .map((source) =>
        startEventSource({
          ...source,
          ...{ client, queueUrl, queueArn, visibilitySeconds, region, invoke, log },
          timers: realTimers,
        }),
      ),
  );

/** @returns what stops them all. */
function startSchedules({ schedules, timers, log }: CloudOptions, invoke: InvokeFunction) {
  const stops = schedules.map(({ functionName, everySeconds }) =>
    runEvery({
      everySeconds,
      timers,
      run: () => invokeOnSchedule(invoke, functionName, log),
      onFailure: (error) => log('schedule-failed', { functionName, reason: String(error) }),
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

/** An answer that is an error is said in the log; the next tick is another try. */
async function invokeOnSchedule(
  invoke: InvokeFunction,
  functionName: string,
  log: Log,
): Promise<void> {
  const answer = await invoke(functionName, {}, new AbortController().signal);
  if ('error' in answer) {
    log('schedule-failed', { functionName, reason: `${answer.error}: ${answer.cause}` });
  }
}
