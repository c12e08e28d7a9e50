import { hourlyRate } from './bill.ts';
import { createCluster, freeOffers, hardwareNamed, placeAt } from './clusters-orders.ts';
import { clusterEntry, clusterReply, relayedReply } from './clusters-replies.ts';
import {
  ClusterRequest,
  ClustersQuery,
  JobSubmission,
  OfferPriceQuery,
  OffersQuery,
} from './clusters-requests.ts';
import type { Container, Deployment } from './deployment.ts';
import { type Market, Refused } from './market.ts';
import type { WorkerCall } from './relay.ts';
import { type Provider, pageOf, parse, type Request, type Route } from './route.ts';

/** Where the `/clusters` flavour lives below its host. */
export const CLUSTERS_PATH = '/enterprise/v1/io-cloud';

/** The contract of `shared/ionet/clusters-api.ts`, over the market of the container API. */
export const CLUSTERS_ROUTES: readonly Route[] = [
  {
    operation: 'catalogue',
    method: 'GET',
    path: /^\/offers$/,
    answer: ({ market }, { query }) =>
      freeOffers(market, parse('query', OffersQuery, query).gpus_per_worker),
  },
  {
    operation: 'price',
    method: 'GET',
    path: /^\/price$/,
    answer({ market }, request) {
      const query = parse('query', OfferPriceQuery, request.query);
      const { microUsdPerGpuHour } = hardwareNamed(market, query.gpu_model);
      placeAt(market, query.location);
      const { totalMicroUsd } = hourlyRate(microUsdPerGpuHour, query.num_gpus);
      return { ...query, total_usd: (totalMicroUsd * query.duration_hours) / 1_000_000 };
    },
  },
  {
    operation: 'deploy',
    method: 'POST',
    path: /^\/clusters$/,
    answer: ({ market }, { body }) =>
      clusterEntry(createCluster(market, parse('body', ClusterRequest, body))),
  },
  {
    operation: 'list',
    method: 'GET',
    path: /^\/clusters$/,
    answer({ market }, request) {
      const listed = market.listed();
      const clusters = pageOf(listed, parse('query', ClustersQuery, request.query));
      return { clusters: clusters.map(clusterEntry), total: listed.length };
    },
  },
  {
    operation: 'look',
    method: 'GET',
    path: /^\/clusters\/([^/]+)$/,
    answer: ({ market }, request) => clusterReply(clusterOf(market, request), market.now()),
  },
  {
    operation: 'destroy',
    method: 'DELETE',
    path: /^\/clusters\/([^/]+)$/,
    answer({ market }, request) {
      const deployment = clusterOf(market, request);
      market.destroy(deployment);
      return clusterEntry(deployment);
    },
  },
  {
    operation: 'submit',
    method: 'POST',
    path: /^\/clusters\/([^/]+)\/jobs$/,
    async answer(provider, request) {
      const job = parse('body', JobSubmission, request.body);
      const container = workerOf(clusterOf(provider.market, request), job.worker_id);
      provider.relay.place(job.job_id, container);
      return relayed(provider, container, request, {
        method: 'POST',
        path: '/jobs',
        json: {
          jobId: job.job_id,
          manifestUrl: job.manifest_url,
          manifestSha256: job.manifest_sha256,
          deadlineAt: job.deadline_at,
        },
      });
    },
  },
  {
    operation: 'job',
    method: 'GET',
    path: /^\/jobs\/([^/]+)$/,
    answer: (provider, request) => aboutJob(provider, request, 'GET', ''),
  },
  {
    operation: 'cancel',
    method: 'POST',
    path: /^\/jobs\/([^/]+)\/cancel$/,
    answer: (provider, request) => aboutJob(provider, request, 'POST', '/cancel'),
  },
  {
    operation: 'health',
    method: 'GET',
    path: /^\/clusters\/([^/]+)\/workers\/([^/]+)\/health$/,
    answer: (provider, request) =>
      aboutWorker(provider, request, { method: 'GET', path: '/healthz' }),
  },
  {
    operation: 'drain',
    method: 'POST',
    path: /^\/clusters\/([^/]+)\/workers\/([^/]+)\/drain$/,
    answer: (provider, request) =>
      aboutWorker(provider, request, { method: 'POST', path: '/drain' }),
  },
];

const clusterOf = (market: Market, { ids: [id = ''] }: Request): Deployment => market.find(id);

function workerOf({ containers }: Deployment, workerId: string | undefined): Container {
  const container = containers.find((one) => one.containerId === workerId);
  if (container === undefined) throw new Refused(404, 'Worker not found');
  return container;
}

async function relayed(
  { relay }: Provider,
  container: Container,
  { authorization }: Request,
  call: Omit<WorkerCall, 'authorization'>,
) {
  return relayedReply(container, await relay.ask(container, { ...call, authorization }));
}

function aboutWorker(
  provider: Provider,
  request: Request,
  call: Omit<WorkerCall, 'authorization'>,
) {
  const container = workerOf(clusterOf(provider.market, request), request.ids[1]);
  return relayed(provider, container, request, call);
}

function aboutJob(provider: Provider, request: Request, method: 'GET' | 'POST', verb: string) {
  const [jobId = ''] = request.ids;
  const path = `/jobs/${encodeURIComponent(jobId)}${verb}`;
  return relayed(provider, provider.relay.find(jobId), request, { method, path });
}
