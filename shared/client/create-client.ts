import { setTimeout as wait } from 'node:timers/promises';
import { type AwsAccess, dynamoDbClient, s3Client, sqsClient } from '../aws/clients.ts';
import { dynamoDbLedger } from '../aws/dynamodb-ledger.ts';
import { s3Artifacts } from '../aws/s3-artifacts.ts';
import { sqsQueue } from '../aws/sqs-queue.ts';
import { Tenant } from '../model/ids.ts';
import { Instant } from '../model/time.ts';
import type { Clock } from '../ports.ts';
import { systemClock, systemIds } from '../system.ts';
import { type BurstClient, burstClient } from './burst-client.ts';
import type { Pause } from './send.ts';

export interface BurstClientOptions extends AwsAccess {
  /** URL of the tenant's intake queue. */
  readonly queueUrl: string;
  /** Table of the ledger. */
  readonly tableName: string;
  /** Bucket of the artifacts. */
  readonly bucketName: string;
  /**
   * Name the operator gave to that queue.
   *
   * @default 'default'
   */
  readonly tenant?: string;
  /**
   * The clock the deployment runs by, where that is not the machine's own.
   *
   * @default the machine's clock
   */
  readonly clock?: Clock;
}

export interface ConnectedBurstClient extends BurstClient {
  /** Closes its connections. */
  close(): void;
}

/**
 * A client of one deployment: `region`, `queueUrl`, `tableName` and `bucketName` are the outputs of its
 * stack. Credentials are found by the AWS SDK unless they are given. They need to send to the queue, to read
 * and update the table and to read the bucket.
 *
 * @throws z.ZodError when `tenant` cannot be the name of a tenant.
 */
export function createBurstClient(options: BurstClientOptions): ConnectedBurstClient {
  const { queueUrl, tableName, bucketName, tenant = 'default', clock = systemClock() } = options;
  const { region, endpoint, credentials } = options;
  const access: AwsAccess = {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  const clients = {
    sqs: sqsClient(access),
    dynamoDb: dynamoDbClient(access),
    s3: s3Client(access),
  };
  const ports = {
    queue: sqsQueue({ client: clients.sqs, queueUrl }),
    ledger: dynamoDbLedger({ client: clients.dynamoDb, tableName, ids: systemIds }),
    artifacts: s3Artifacts({ client: clients.s3, bucket: bucketName }),
    clock,
    ids: systemIds,
    pause,
    signedUntil: async () => {
      const { expiration } = await clients.s3.config.credentials();
      return expiration === undefined ? undefined : Instant.parse(expiration.toISOString());
    },
  };
  return {
    ...burstClient(ports, Tenant.parse(tenant)),
    close: () => {
      for (const client of Object.values(clients)) client.destroy();
    },
  };
}

/** Real seconds. The timer's own error hides the reason behind an `AbortError`. */
const pause: Pause = async (seconds, signal) => {
  try {
    await wait(seconds * 1000, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
};
