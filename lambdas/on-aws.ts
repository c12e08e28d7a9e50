import { dynamoDbClient, s3Client, sfnClient } from '../shared/aws/clients.ts';
import { dynamoDbLedger } from '../shared/aws/dynamodb-ledger.ts';
import { s3Artifacts } from '../shared/aws/s3-artifacts.ts';
import { sfnBursts } from '../shared/aws/sfn-bursts.ts';
import type { Config } from '../shared/config.ts';
import { createIonetClusters } from '../shared/ionet/clusters.ts';
import { createWorkerJobs } from '../shared/ionet/worker-jobs.ts';
import type { Log, Ports } from '../shared/ports.ts';
import { systemClock, systemIds } from '../shared/system.ts';

/**
 * The ports of the deployed world: AWS through its SDK, io.net and its workers over HTTP. The local world
 * uses this very wiring with other addresses.
 */
export function portsOnAws(config: Config): Ports {
  const { aws, settings } = config;
  const clock = systemClock(config.clock);
  return {
    clock,
    ids: systemIds,
    log: jsonLog,
    ledger: dynamoDbLedger({
      client: dynamoDbClient(aws),
      tableName: config.tableName,
      ids: systemIds,
    }),
    artifacts: s3Artifacts({ client: s3Client(aws), bucket: config.bucketName }),
    bursts: sfnBursts({ client: sfnClient(aws), stateMachineArn: config.stateMachineArn }),
    clusters: createIonetClusters({
      ...config.ionet,
      clock,
      timeoutMilliseconds: (settings.limits.providerSeconds * 1000) / (config.clock?.speed ?? 1),
    }),
    jobs: createWorkerJobs({
      allowLoopback: config.allowLoopbackWorkers,
      timeoutMilliseconds: config.workerTimeoutMilliseconds,
    }),
  };
}

const jsonLog: Log = (event, facts) => {
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
};
