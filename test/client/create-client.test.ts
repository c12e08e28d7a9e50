import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AwsServices } from '../../infra/local/cloud/aws-services.ts';
import { createIntakeQueue } from '../../infra/local/cloud/intake-queue.ts';
import { createLedgerTable } from '../../infra/local/cloud/ledger-table.ts';
import { type AwsAccess, dynamoDbClient, s3Client, sqsClient } from '../../shared/aws/clients.ts';
import { dynamoDbLedger } from '../../shared/aws/dynamodb-ledger.ts';
import { s3Artifacts } from '../../shared/aws/s3-artifacts.ts';
import { createBurstClient, ResultNotReady, TaskNotFound } from '../../shared/client/index.ts';
import { acceptTask, endTask } from '../../shared/ledger/tasks.ts';
import { memoryIds } from '../../shared/memory/memory-ids.ts';
import { resultKey } from '../../shared/model/artifact-keys.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { BatchId, JobId, ProfileId, Sha256, TaskId } from '../../shared/model/ids.ts';
import { Instant } from '../../shared/model/time.ts';
import { localAws } from '../contracts/local-aws.ts';
import { DEFAULT_TENANT, nftTask } from './client-world.ts';

const tableName = 'ledger';
const bucketName = 'artifacts';
const now = Instant.parse('2026-01-01T00:00:00.000Z');
const burst = 'burst-0123456789ab';
const job = JobId.parse(`${burst}-1`);

let services: AwsServices;
let access: AwsAccess;
let queueUrl: string;
let closeClients: () => void;
let sqs: ReturnType<typeof sqsClient>;
let client: ReturnType<typeof createBurstClient>;
let ledger: ReturnType<typeof dynamoDbLedger>;
let artifacts: ReturnType<typeof s3Artifacts>;

beforeAll(async () => {
  const local = await localAws();
  services = local.services;
  access = local.access;
  sqs = sqsClient(access);
  const dynamoDb = dynamoDbClient(access);
  const s3 = s3Client(access);
  await createLedgerTable(dynamoDb, tableName);
  await s3.send(new CreateBucketCommand({ Bucket: bucketName }));
  const queue = { name: 'intake', visibilitySeconds: 30, maxReceives: 5 };
  queueUrl = (await createIntakeQueue(sqs, queue)).url;
  ledger = dynamoDbLedger({ client: dynamoDb, tableName, ids: memoryIds(1) });
  artifacts = s3Artifacts({ client: s3, bucket: bucketName });
  client = createBurstClient({ ...access, queueUrl, tableName, bucketName });
  closeClients = () => {
    for (const one of [sqs, dynamoDb, s3, client]) 'close' in one ? one.close() : one.destroy();
  };
});
afterAll(async () => {
  closeClients();
  await services.close();
});

/** What intake writes of a task, and nothing else. */
async function accept(id: string): Promise<TaskId> {
  const taskId = TaskId.parse(id);
  await acceptTask(ledger, {
    tenant: DEFAULT_TENANT,
    taskId,
    kind: 'nft.generative',
    bodySha256: Sha256.parse('a'.repeat(64)),
    profile: ProfileId.parse('0123456789ab'),
    batch: BatchId.parse('0mjuohvuw-00000001'),
    now,
  });
  return taskId;
}

it('puts messages on the queue that its receipts name', async () => {
  const [receipt] = await client.enqueue([nftTask('a')]);
  expect(receipt?.status).toBe('sent');
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
  expect(Messages.map(({ Body = '' }) => sha256Of(Body))).toEqual([receipt?.messageSha256]);
});

it('reads and ends tasks in the table', async () => {
  await accept('b');
  await expect(client.result('nobody')).rejects.toBeInstanceOf(TaskNotFound);
  await expect(client.result('b')).rejects.toBeInstanceOf(ResultNotReady);
  expect((await client.explain('b')).cause).toBe('placing');
  expect(await client.cancel('b')).toMatchObject({ cancelled: true });
  expect(await client.wait(['b'])).toMatchObject([{ state: 'cancelled' }]);
});

it('hands out files of the bucket by link and as bytes', async () => {
  const taskId = await accept('c');
  const bytes = Buffer.from('verified');
  const file = {
    name: 'x.txt',
    contentType: 'text/plain',
    bytes: bytes.length,
    sha256: sha256Of(bytes),
  };
  const key = resultKey(DEFAULT_TENANT, taskId, { jobId: job, sha256: file.sha256 }, file.name);
  await artifacts.put(key, { bytes, contentType: file.contentType });
  const ending = { burst, job, slotSeconds: 1, attempts: 1, evidence: {} };
  await endTask(
    ledger,
    DEFAULT_TENANT,
    taskId,
    { status: 'done', verifiedBy: 're-render', files: [{ ...file, key }], ...ending },
    now,
  );
  const { files } = await client.result('c');
  const answer = await fetch(files[0]?.url ?? '');
  expect(await answer.text()).toBe('verified');
  expect(await client.download('c')).toMatchObject([{ name: 'x.txt', sha256: file.sha256 }]);
});

it.each([
  ['of the credentials where that is sooner', 300, '2100-01-01T00:05:00.000Z'],
  ['that was asked for where the credentials live longer', 1200, '2100-01-01T00:15:00.000Z'],
])('says of a link that it ends with the end %s', async (_which, seconds, expiresAt) => {
  const clock = { now: () => Instant.parse('2100-01-01T00:00:00.000Z') };
  const keys = { accessKeyId: 'local', secretAccessKey: 'local' };
  const credentials = { ...keys, expiration: new Date(Date.parse(clock.now()) + 1000 * seconds) };
  const options = { ...access, credentials, clock, queueUrl, tableName, bucketName };
  const passing = createBurstClient(options);
  expect((await passing.result('c')).expiresAt).toBe(expiresAt);
  passing.close();
});

it('waits in real time and stops at once when it is told to', async () => {
  await accept('d');
  const controller = new AbortController();
  const reason = new Error('enough');
  const onProgress = () => void setImmediate(() => controller.abort(reason));
  await expect(
    client.wait(['d'], {
      signal: controller.signal,
      onProgress,
      pollSeconds: 3600,
      longestPollSeconds: 3600,
    }),
  ).rejects.toBe(reason);
});

it('refuses a name that no tenant can have', () => {
  const options = { ...access, queueUrl, tableName, bucketName };
  expect(() => createBurstClient({ ...options, tenant: 'a#b' })).toThrow(/tenant|pattern|Invalid/i);
});
