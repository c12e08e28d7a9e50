import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { dynamoDbClient, s3Client } from '../../shared/aws/clients.ts';
import type { DoctorConfig } from '../../shared/config.ts';
import { createAsk, free } from '../../shared/ionet/ask.ts';
import { createIonetClusters } from '../../shared/ionet/clusters.ts';
import { createProviderClusters } from '../../shared/ionet/clusters-api-clusters.ts';
import { LIST_PATHS } from '../../shared/ionet/flavour.ts';
import { createTransport } from '../../shared/ionet/transport.ts';
import type { Clock } from '../../shared/ports.ts';
import type { DoctorPorts, StorePorts } from './examine.ts';

const TIMEOUT_MS = 10_000;

/** @returns the ports, or why there are none: what the doctor was told of the provider is not usable. */
export function providerPorts(
  { apiKey, baseUrl, flavour }: DoctorConfig,
  clock: Clock,
): { readonly ports: DoctorPorts } | { readonly wrong: string } {
  if (!flavour.told) return { wrong: flavour.wrong };
  if (!baseUrl.told) return { wrong: baseUrl.wrong };
  if (!apiKey.told) return { wrong: apiKey.wrong };
  const options = {
    baseUrl: baseUrl.value,
    apiKey: apiKey.value,
    timeoutMilliseconds: TIMEOUT_MS,
    clock,
  };
  try {
    const { answerTo } = createAsk(createTransport(options), clock);
    const create = flavour.value === 'clusters' ? createProviderClusters : createIonetClusters;
    const path = LIST_PATHS[flavour.value];
    const lookWithKey = async () =>
      (await answerTo(free('list'), { method: 'get', path, query: { page: 0, page_size: 1 } }))
        .date;
    return { ports: { clock, clusters: create(options), lookWithKey } };
  } catch (error) {
    if (error instanceof TypeError) return { wrong: error.message };
    throw error;
  }
}

export function storePorts({ region, awsEndpoint: endpoint }: DoctorConfig): StorePorts {
  const access = {
    region: region.told ? region.value : '',
    ...(endpoint === undefined
      ? {}
      : { endpoint, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  };
  return {
    async bucket(name) {
      await s3Client(access).send(new HeadBucketCommand({ Bucket: name }));
    },
    async table(name) {
      await dynamoDbClient(access).send(new DescribeTableCommand({ TableName: name }));
    },
  };
}
