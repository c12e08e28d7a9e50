import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { dynamoDbClient, s3Client } from '../../shared/aws/clients.ts';
import type { DoctorConfig } from '../../shared/config.ts';
import { createIonetClusters } from '../../shared/ionet/clusters.ts';
import { createProviderClusters } from '../../shared/ionet/clusters-api-clusters.ts';
import { ClusterPage } from '../../shared/ionet/clusters-api-schemas.ts';
import { type ApiFlavour, LIST_PATHS } from '../../shared/ionet/flavour.ts';
import { DeploymentPage } from '../../shared/ionet/schemas.ts';
import { createTransport, jsonOf } from '../../shared/ionet/transport.ts';
import type { Clock } from '../../shared/ports.ts';
import type { DoctorPorts, StorePorts } from './examine.ts';
import { type Finding, noApi, noKey } from './findings.ts';

const TIMEOUT_MS = 10_000;

const LISTS = { caas: DeploymentPage, clusters: ClusterPage };

/** @returns the ports, or why there are none: what the doctor was told of the provider is not usable. */
export function providerPorts(
  { apiKey, baseUrl, flavour }: DoctorConfig,
  clock: Clock,
): { readonly ports: DoctorPorts } | { readonly wrong: Finding } {
  if (!flavour.told) return { wrong: noApi(flavour.wrong) };
  if (!baseUrl.told) return { wrong: noApi(baseUrl.wrong) };
  if (!apiKey.told) return { wrong: noKey(apiKey.wrong) };
  const options = {
    baseUrl: baseUrl.value,
    apiKey: apiKey.value,
    timeoutMilliseconds: TIMEOUT_MS,
    clock,
  };
  try {
    const transport = createTransport(options);
    const create = flavour.value === 'clusters' ? createProviderClusters : createIonetClusters;
    // Nothing that buys or ends anything goes any further.
    const { offers, quote } = create(options);
    const query = { page: 0, page_size: 1 };
    const ports: DoctorPorts = {
      ...{ clock, clusters: { offers, quote } },
      address: { flavour: flavour.value, baseUrl: baseUrl.value },
      look: (one) => transport({ method: 'get', path: LIST_PATHS[one], query }),
      isList: (one: ApiFlavour, text) => LISTS[one].safeParse(jsonOf(text)).success,
    };
    return { ports };
  } catch (error) {
    if (error instanceof TypeError) return { wrong: noKey(error.message) };
    throw error;
  }
}

export function storePorts({ region, awsEndpoint }: DoctorConfig): StorePorts {
  const endpoint = awsEndpoint.told ? awsEndpoint.value : undefined;
  const until = () => ({ abortSignal: AbortSignal.timeout(TIMEOUT_MS) });
  const access = {
    region: region.told ? region.value : '',
    ...(endpoint === undefined
      ? {}
      : { endpoint, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  };
  return {
    async bucket(name) {
      await s3Client(access).send(new HeadBucketCommand({ Bucket: name }), until());
    },
    async table(name) {
      await dynamoDbClient(access).send(new DescribeTableCommand({ TableName: name }), until());
    },
  };
}
