import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Log } from '../../../shared/ports.ts';
import type { InvokeAnswer, InvokeFunction } from '../engine/invoke.ts';
import type { Timers } from '../engine/timers.ts';
import { batchOutcome } from './batch-answer.ts';

export interface EventSourceOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly region: string;
  readonly functionName: string;
  readonly invoke: InvokeFunction;
  /** Most messages in one invocation. */
  readonly batchSize: number;
  /** How long a batch that is not full waits for more, from its first message. */
  readonly windowSeconds: number;
  /** Most invocations at one time. */
  readonly maxConcurrency: number;
  /** How long the queue hides a received message. */
  readonly visibilitySeconds: number;
  /** The queue's own time: real, whatever the machine's clock does. */
  readonly timers: Timers;
  readonly log: Log;
}

export interface EventSource {
  /** Stops polling; settles when the last invocation has been answered for. */
  stop(): Promise<void>;
}

/** Most messages SQS hands out, or deletes, in one call. */
const MAX_MESSAGES_PER_CALL = 10;

/** Longest time SQS holds a receive open. */
const LONG_POLL_SECONDS = 20;

/** Lambda takes 6 MiB; the rest is for what an event adds to its bodies, escaping included. */
const MAX_BATCH_BYTES = 4 * 1_048_576;

/** Between two tries of what failed for no fault of the messages. */
const RETRY_SECONDS = 1;

/** The function did not run. AWS asks again until the messages become visible. */
const NOT_RUN = [
  'Lambda.TooManyRequestsException',
  'Lambda.SdkClientException',
  'Lambda.ServiceException',
];

/**
 * Feeds a queue's messages to a function as Lambda's event source mapping does: long polls, batches,
 * deletes what succeeded. What failed stays until its visibility ends, and goes to the dead letters by
 * the queue's own redrive policy.
 */
export function startEventSource(options: EventSourceOptions): EventSource {
  const { maxConcurrency, log } = options;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  const poll = async () => {
    let waiting: Message[] = [];
    while (!stopping.signal.aborted) {
      if (running.size >= maxConcurrency) {
        await Promise.race(running);
        continue;
      }
      try {
        waiting = await gather(waiting, options, stopping.signal);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log('event-source-receive-failed', { queue: options.queueArn, reason: String(error) });
        await pause(options.timers, RETRY_SECONDS);
      }
      const { batch, rest } = nextBatch(waiting, options.batchSize);
      waiting = rest;
      if (batch.length === 0) continue;
      const work = deliver(batch, options, stopping.signal)
        .catch((error: unknown) =>
          log('event-source-delivery-failed', { queue: options.queueArn, reason: String(error) }),
        )
        .finally(() => running.delete(work));
      running.add(work);
    }
  };

  const polling = poll();
  return {
    stop: async () => {
      stopping.abort();
      await polling;
      await Promise.all(running);
    },
  };
}

/** Receives until there is a full batch, or the window since the first message is over. */
async function gather(
  carried: readonly Message[],
  { client, queueUrl, batchSize, windowSeconds, timers }: EventSourceOptions,
  signal: AbortSignal,
): Promise<Message[]> {
  const messages = [...carried];
  let closesAtMs = messages.length > 0 ? timers.now() + windowSeconds * 1000 : undefined;
  while (!signal.aborted && messages.length < batchSize && bytesOf(messages) < MAX_BATCH_BYTES) {
    const leftSeconds =
      closesAtMs === undefined ? LONG_POLL_SECONDS : (closesAtMs - timers.now()) / 1000;
    if (leftSeconds <= 0) break;
    const { Messages: received = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: Math.min(MAX_MESSAGES_PER_CALL, batchSize - messages.length),
        WaitTimeSeconds: Math.min(LONG_POLL_SECONDS, Math.ceil(leftSeconds)),
        MessageSystemAttributeNames: ['All'],
      }),
      { abortSignal: signal },
    );
    messages.push(...received);
    if (messages.length > 0) closesAtMs ??= timers.now() + windowSeconds * 1000;
  }
  return messages;
}

/** The longest run of messages that fits one invocation; never none while there are any. */
function nextBatch(
  messages: readonly Message[],
  batchSize: number,
): { batch: Message[]; rest: Message[] } {
  let size = Math.min(batchSize, messages.length);
  while (size > 1 && bytesOf(messages.slice(0, size)) > MAX_BATCH_BYTES) size--;
  return { batch: messages.slice(0, size), rest: messages.slice(size) };
}

const bytesOf = (messages: readonly Message[]): number =>
  messages.reduce((total, { Body: body = '' }) => total + Buffer.byteLength(body), 0);

async function deliver(
  messages: readonly Message[],
  options: EventSourceOptions,
  signal: AbortSignal,
): Promise<void> {
  const ids = messages.map(({ MessageId: id = '' }) => id);
  const outcome = batchOutcome(ids, await invokeUntilRun(messages, options, signal));
  if (outcome.failed.length > 0) {
    options.log('event-source-messages-failed', {
      queue: options.queueArn,
      failed: outcome.failed.length,
      of: ids.length,
      reason: outcome.why ?? 'listed in batchItemFailures',
    });
  }
  const done = messages.filter(({ MessageId: id = '' }) => outcome.done.includes(id));
  for (let from = 0; from < done.length; from += MAX_MESSAGES_PER_CALL) {
    const entries = done.slice(from, from + MAX_MESSAGES_PER_CALL);
    await options.client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: options.queueUrl,
        Entries: entries.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
  }
}

/** Asks again while the function was not run, as long as nobody else can receive the messages. */
async function invokeUntilRun(
  messages: readonly Message[],
  { invoke, functionName, queueArn, region, visibilitySeconds, timers }: EventSourceOptions,
  signal: AbortSignal,
): Promise<InvokeAnswer> {
  const event = { Records: messages.map((message) => recordOf(message, queueArn, region)) };
  const giveUpAtMs = timers.now() + (visibilitySeconds - RETRY_SECONDS) * 1000;
  while (true) {
    const answer = await invoke(functionName, event, new AbortController().signal);
    const wasRun = !('error' in answer && NOT_RUN.includes(answer.error));
    if (wasRun || signal.aborted || timers.now() >= giveUpAtMs) return answer;
    await pause(timers, RETRY_SECONDS);
  }
}

/** The shape in which Lambda hands an SQS message to a function. */
const recordOf = (message: Message, eventSourceARN: string, awsRegion: string) => ({
  messageId: message.MessageId,
  receiptHandle: message.ReceiptHandle,
  body: message.Body,
  attributes: message.Attributes ?? {},
  messageAttributes: {},
  md5OfBody: message.MD5OfBody,
  eventSource: 'aws:sqs',
  eventSourceARN,
  awsRegion,
});

const pause = (timers: Timers, seconds: number): Promise<void> =>
  new Promise((resolve) => {
    timers.after(seconds * 1000, resolve);
  });
