import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { intake } from '../../lambdas/intake.ts';
import { sqsQueue } from '../../shared/aws/sqs-queue.ts';
import { inParallel } from '../../shared/concurrency.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { BatchRow, TaskRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { type Account, accountOf, EVENTS_AT_ONCE, PUTS_AT_ONCE } from './intake-rows.ts';
import type { IntakeWorld, WorldQueue } from './intake-world.ts';

/** Messages one request of SQS takes or gives. */
const PER_REQUEST = 10;

/** A task as its sender writes it, and its id. */
export interface Sent {
  readonly taskId: string;
  readonly body: string;
}

/** Puts one row a task, as large as intake's, on condition that it is new. @returns seconds. */
export async function putAll(
  { documents, tableName }: IntakeWorld,
  tasks: readonly Sent[],
): Promise<number> {
  const begun = performance.now();
  await inParallel(tasks, PUTS_AT_ONCE, async ({ taskId, body }) => {
    const now = new Date().toISOString();
    const Item = {
      ...{ pk: `bare#${taskId}`, sk: '#', v: 1, tenant: 'default', taskId, kind: 'nft.generative' },
      ...{ bodySha256: sha256Of(body), profile: '0123456789ab', batch: '000000000-00000000' },
      ...{ status: 'accepted', acceptedAt: now, placedAt: now },
    };
    await documents.send(
      new PutCommand({
        TableName: tableName,
        Item,
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  });
  return (performance.now() - begun) / 1000;
}

export async function sendAll(
  { queue }: IntakeWorld,
  { url: queueUrl }: WorldQueue,
  messages: readonly Sent[],
): Promise<void> {
  const sender = sqsQueue({ client: queue, queueUrl });
  await inParallel(cutInto(messages, PER_REQUEST), 4, async (some) => {
    const { failed } = await sender.send(some.map(({ taskId, body }) => ({ id: taskId, body })));
    for (const { id, reason } of failed) throw new Error(`${id} was not sent: ${reason}`);
  });
}

export interface Drained {
  /** From the first receive to the last acknowledgement. */
  readonly seconds: number;
  /** Messages given back and delivered again. */
  readonly again: number;
}

/**
 * Takes in what is on a queue, as the event source does: receives, calls the function with so many messages,
 * deletes what it does not name. What it names is delivered again at once, where AWS waits six minutes.
 */
export async function takeAll(
  world: IntakeWorld,
  settings: Settings,
  from: WorldQueue,
  { messages, perEvent }: { readonly messages: number; readonly perEvent: number },
): Promise<Drained> {
  const handler = intake(world.ports, settings);
  let [acknowledged, again, took] = [0, 0, 0];
  const begun = performance.now();
  let waitSeconds = 0;
  const lane = async () => {
    while (acknowledged < messages) {
      const received = await receive(world, from, perEvent, waitSeconds);
      waitSeconds = received.length === 0 ? 1 : 0;
      if (received.length === 0) continue;
      const failed = await invoke(handler, received, from);
      const done = received.filter(({ MessageId = '' }) => !failed.has(MessageId));
      await remove(world, from, done);
      acknowledged += done.length;
      if (done.length > 0) took = (performance.now() - begun) / 1000;
      const back = received.filter(({ MessageId = '' }) => failed.has(MessageId));
      await giveBack(world, from, back);
      again += back.length;
    }
  };
  await Promise.all(Array.from({ length: EVENTS_AT_ONCE }, lane));
  return { seconds: took, again };
}

async function receive(
  { queue }: IntakeWorld,
  { url: QueueUrl }: WorldQueue,
  most: number,
  WaitTimeSeconds: number,
): Promise<Message[]> {
  const requests = WaitTimeSeconds > 0 ? 1 : Math.ceil(most / PER_REQUEST);
  const calls = Array.from({ length: requests }, () =>
    queue.send(
      new ReceiveMessageCommand({
        ...{ QueueUrl, MaxNumberOfMessages: Math.min(PER_REQUEST, most), WaitTimeSeconds },
        MessageSystemAttributeNames: ['All'],
      }),
    ),
  );
  return (await Promise.all(calls)).flatMap(({ Messages = [] }) => Messages);
}

async function invoke(
  handler: ReturnType<typeof intake>,
  messages: readonly Message[],
  { arn: eventSourceARN }: WorldQueue,
): Promise<ReadonlySet<string>> {
  const Records = messages.map(({ MessageId: messageId, Body: body }) => ({
    ...{ messageId, body, eventSourceARN },
  }));
  const { batchItemFailures } = await handler({ Records }, { remainingSeconds: () => 60 });
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}

async function remove(
  { queue }: IntakeWorld,
  { url: QueueUrl }: WorldQueue,
  messages: readonly Message[],
): Promise<void> {
  await inParallel(cutInto(messages, PER_REQUEST), PER_REQUEST, (some) =>
    queue.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: some.map(entry) })),
  );
}

async function giveBack(
  { queue }: IntakeWorld,
  { url: QueueUrl }: WorldQueue,
  messages: readonly Message[],
): Promise<void> {
  await inParallel(cutInto(messages, PER_REQUEST), PER_REQUEST, (some) => {
    const Entries = some.map((message, place) => ({
      ...entry(message, place),
      VisibilityTimeout: 0,
    }));
    return queue.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
  });
}

const entry = ({ ReceiptHandle }: Message, place: number) => ({ Id: String(place), ReceiptHandle });

function cutInto<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, n) =>
    items.slice(n * size, (n + 1) * size),
  );
}

const Keyed = z.looseObject({ pk: z.string(), sk: z.string() });

/** Counts what the table holds of one tenant, every row of it read. */
export async function accountFor(
  { documents, tableName }: IntakeWorld,
  tenant: string,
  sent: readonly Sent[],
): Promise<Account> {
  const rows: z.infer<typeof Keyed>[] = [];
  let next: Record<string, unknown> | undefined;
  do {
    const page = await documents.send(
      new ScanCommand({
        ...{ TableName: tableName, ConsistentRead: true, ExclusiveStartKey: next },
        FilterExpression: 'begins_with(pk, :task) OR begins_with(pk, :profile)',
        ExpressionAttributeValues: { ':task': `T#${tenant}#`, ':profile': `P#${tenant}#` },
      }),
    );
    rows.push(...z.array(Keyed).parse(page.Items ?? []));
    next = page.LastEvaluatedKey;
  } while (next !== undefined);
  return accountOf(
    sent.map(({ taskId }) => taskId),
    rows.filter(({ pk }) => pk.startsWith('T#')).map((row) => TaskRow.parse(row)),
    rows.filter(({ sk }) => sk.startsWith('B#')).map((row) => BatchRow.parse(row)),
  );
}
