import { dynamoDbClient, s3Client, sfnClient } from '../shared/aws/clients.ts';
import { dynamoDbLedger } from '../shared/aws/dynamodb-ledger.ts';
import { s3Artifacts } from '../shared/aws/s3-artifacts.ts';
import { sfnBursts } from '../shared/aws/sfn-bursts.ts';
import type { Config } from '../shared/config.ts';
import { createIonetClusters } from '../shared/ionet/clusters.ts';
import { createProviderClusters } from '../shared/ionet/clusters-api-clusters.ts';
import { createProviderJobs } from '../shared/ionet/clusters-api-jobs.ts';
import { createWorkerJobs } from '../shared/ionet/worker-jobs.ts';
import { logLine } from '../shared/log-line.ts';
import type { Artifacts, Bursts, Clusters, Jobs, Ledger, Log, Ports } from '../shared/ports.ts';
import { systemClock, systemIds } from '../shared/system.ts';

/**
 * The ports of the deployed world: AWS through its SDK, io.net and its workers over HTTP. The local world
 * uses this very wiring with other addresses. Each port is made by a function of its own, so that a Lambda
 * bundles the SDK clients of those it asks for and no others.
 */
export const portsOnAws = (config: Config): Ports => ({
  ...basicsOnAws(config),
  ledger: ledgerOnAws(config),
  artifacts: artifactsOnAws(config),
  bursts: burstsOnAws(config),
  clusters: clustersOnAws(config),
  jobs: jobsOnAws(config),
});

/** What every stage may have: no client, no connection. */
export const basicsOnAws = (config: Config): Pick<Ports, 'clock' | 'ids' | 'log'> => ({
  clock: systemClock(config.clock),
  ids: systemIds,
  log: jsonLog,
});

export const ledgerOnAws = ({ aws, tableName }: Config): Ledger =>
  dynamoDbLedger({ client: dynamoDbClient(aws), tableName, ids: systemIds });

export const artifactsOnAws = ({ aws, bucketName }: Config): Artifacts =>
  s3Artifacts({ client: s3Client(aws), bucket: bucketName });

export const burstsOnAws = ({ aws, stateMachineArn }: Config): Bursts =>
  sfnBursts({ client: sfnClient(aws), stateMachineArn });

export function clustersOnAws({ ionet, clock, settings }: Config): Clusters {
  const create = ionet.flavour === 'clusters' ? createProviderClusters : createIonetClusters;
  return create({
    ...ionet,
    clock: systemClock(clock),
    timeoutMilliseconds: (settings.limits.providerSeconds * 1000) / (clock?.speed ?? 1),
  });
}

/** Workers are asked directly, or by way of the provider, which needs as long again. */
export function jobsOnAws({ ionet, clock, ...config }: Config): Jobs {
  const timeoutMilliseconds = config.workerTimeoutMilliseconds;
  return ionet.flavour === 'clusters'
    ? createProviderJobs({
        ...ionet,
        clock: systemClock(clock),
        timeoutMilliseconds: 2 * timeoutMilliseconds,
      })
    : createWorkerJobs({ allowLoopback: config.allowLoopbackWorkers, timeoutMilliseconds });
}

const jsonLog: Log = (event, facts) => {
  process.stdout.write(logLine({ event, ...facts }));
};
