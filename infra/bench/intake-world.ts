import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { dynamoDbClient, s3Client, sfnClient, sqsClient } from '../../shared/aws/clients.ts';
import { countCalls } from '../../shared/aws/count-calls.ts';
import { dynamoDbLedger } from '../../shared/aws/dynamodb-ledger.ts';
import { s3Artifacts } from '../../shared/aws/s3-artifacts.ts';
import { sfnBursts } from '../../shared/aws/sfn-bursts.ts';
import type { Log } from '../../shared/ports.ts';
import { systemClock, systemIds } from '../../shared/system.ts';
import { buildProcesses } from '../local/build.ts';
import { CloudAddress } from '../local/cloud-address.ts';
import { startProcess } from '../local/processes.ts';

/** In place of the machine: an execution that is started and does nothing but stay. */
const STAYING = {
  QueryLanguage: 'JSONata',
  StartAt: 'Stay',
  States: { Stay: { Type: 'Wait', Seconds: 86_400, End: true } },
};

/**
 * The local cloud as a process of its own, and real SDK clients of it, each made as the functions make theirs.
 *
 * @param onCall - Hears of every request sent, `DynamoDB UpdateItem` and so on.
 */
export async function startIntakeWorld(
  queueNames: readonly string[],
  onCall: (name: string) => void,
  log: Log,
) {
  const folder = mkdtempSync(join(tmpdir(), 'burst-intake-'));
  const definitionFile = join(folder, 'staying.asl.json');
  writeFileSync(definitionFile, JSON.stringify(STAYING));
  const { cloud } = await buildProcesses('burst-bench-cloud');
  const { announced, stop } = await startProcess({
    entry: cloud,
    config: { definitionFile, queues: queueNames.map((name) => ({ name })) },
    announcement: CloudAddress,
  });
  rmSync(folder, { recursive: true });

  const { url: endpoint, region, tableName, bucket, stateMachineArn } = announced;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const access = { region, endpoint, credentials };
  const [database, objects, machine] = [
    dynamoDbClient(access),
    s3Client(access),
    sfnClient(access),
  ];
  const queue = sqsClient(access);
  const tell = ({ service, operation }: { service: string; operation: string }) =>
    onCall(`${service} ${operation}`);
  countCalls(database, tell);
  countCalls(objects, tell);
  countCalls(machine, tell);
  countCalls(queue, tell);
  return {
    ports: {
      ledger: dynamoDbLedger({ client: database, tableName, ids: systemIds }),
      artifacts: s3Artifacts({ client: objects, bucket }),
      bursts: sfnBursts({ client: machine, stateMachineArn }),
      clock: systemClock(),
      ids: systemIds,
      log,
    },
    /** Of the ledger's own client, set up as the ledger does. */
    documents: DynamoDBDocumentClient.from(database, {
      marshallOptions: { removeUndefinedValues: true },
    }),
    tableName,
    region,
    queue,
    queues: announced.queues,
    async stop() {
      for (const client of [database, objects, machine, queue]) client.destroy();
      await stop();
    },
  };
}

export type IntakeWorld = Awaited<ReturnType<typeof startIntakeWorld>>;
export type WorldQueue = IntakeWorld['queues'][number];
