import { hourlyRate } from './bill.ts';
import type { Container, Deployment } from './deployment.ts';
import { type Market, Refused } from './market.ts';
import {
  acknowledgement,
  containerEntry,
  detailReply,
  hardwareReply,
  listEntry,
  priceReply,
} from './replies.ts';
import {
  ContainersQuery,
  DeployRequest,
  ExtendRequest,
  ListQuery,
  LogQuery,
  PriceQuery,
  ReplicasQuery,
  STATUSES,
  sizeFrom,
  UpdateRequest,
  updated,
} from './requests.ts';
import { pageOf, parse, type Request, type Route } from './route.ts';

/** Where io.net's container API lives below its host. */
export const CAAS_PATH = '/enterprise/v1/io-cloud/caas';

const deploymentOf = (market: Market, { ids: [id = ''] }: Request): Deployment => market.find(id);

/** The endpoints of the API file, but for one that is not played: the job history of a container. */
export const ROUTES: readonly Route[] = [
  {
    operation: 'catalogue',
    method: 'GET',
    path: /^\/hardware\/max-gpus-per-container$/,
    answer: ({ market }) => hardwareReply(market),
  },
  {
    operation: 'availability',
    method: 'GET',
    path: /^\/available-replicas$/,
    answer({ market }, request) {
      const query = parse('query', ReplicasQuery, request.query);
      const hardware = market.hardwareOf(query.hardware_id);
      const data = market.catalogue.locations.map((place) => ({
        ...place,
        available_replicas: market.freeReplicas(hardware, place, query.hardware_qty),
      }));
      return { data };
    },
  },
  {
    operation: 'price',
    method: 'GET',
    path: /^\/price$/,
    answer: ({ market }, request) => priceOf(market, request),
  },
  { operation: 'node-pools', method: 'GET', path: /^\/node-pools$/, answer: () => ({ data: [] }) },
  {
    operation: 'deploy',
    method: 'POST',
    path: /^\/deploy$/,
    answer({ market }, { body }) {
      const order = parse('body', DeployRequest, body);
      parse('body', sizeFrom(market.fewestGpusPerContainer), body);
      return acknowledgement(market.deploy(order));
    },
  },
  {
    operation: 'list',
    method: 'GET',
    path: /^\/deployments$/,
    answer({ market }, request) {
      const query = parse('query', ListQuery, request.query);
      const matching = market
        .listed()
        .filter(({ status }) => query.status === undefined || status === query.status);
      const deployments = pageOf(matching, query).map((one) => listEntry(one, market.now()));
      return { data: { deployments, total: matching.length, statuses: STATUSES } };
    },
  },
  {
    operation: 'look',
    method: 'GET',
    path: /^\/deployment\/([^/]+)$/,
    answer: ({ market }, request) => detailReply(deploymentOf(market, request), market.now()),
  },
  {
    operation: 'update',
    method: 'PATCH',
    path: /^\/deployment\/([^/]+)$/,
    answer({ market }, request) {
      const change = parse('body', UpdateRequest, request.body);
      const deployment = deploymentOf(market, request);
      market.update(deployment, updated(deployment.request, change));
      return acknowledgement(deployment);
    },
  },
  {
    operation: 'destroy',
    method: 'DELETE',
    path: /^\/deployment\/([^/]+)$/,
    answer({ market }, request) {
      const deployment = deploymentOf(market, request);
      market.destroy(deployment);
      return acknowledgement(deployment);
    },
  },
  {
    operation: 'extend',
    method: 'POST',
    path: /^\/deployment\/([^/]+)\/extend$/,
    answer({ market }, request) {
      const { duration_hours } = parse('body', ExtendRequest, request.body);
      const deployment = deploymentOf(market, request);
      market.extend(deployment, duration_hours);
      return detailReply(deployment, market.now());
    },
  },
  {
    operation: 'containers',
    method: 'GET',
    path: /^\/deployment\/([^/]+)\/containers$/,
    answer({ market }, request) {
      const query = parse('query', ContainersQuery, request.query);
      const deployment = deploymentOf(market, request);
      const workers = pageOf(deployment.containers, query).map((one) =>
        containerEntry(one, deployment),
      );
      return { data: { total: deployment.containers.length, workers } };
    },
  },
  {
    operation: 'log',
    method: 'GET',
    path: /^\/deployment\/([^/]+)\/log\/([^/]+)$/,
    answer({ market }, request) {
      const { stream } = parse('query', LogQuery, request.query);
      return containerOf(deploymentOf(market, request), request.ids[1]).worker.output(stream);
    },
  },
];

function containerOf({ containers }: Deployment, containerId: string | undefined): Container {
  const container = containers.find((one) => one.containerId === containerId);
  if (container === undefined) throw new Refused(404, 'Container not found');
  return container;
}

function priceOf(market: Market, request: Request) {
  const query = parse('query', PriceQuery, request.query);
  parse('query', sizeFrom(market.fewestGpusPerContainer), request.query);
  const hardware = market.hardwareOf(query.hardware_id);
  const places = query.location_ids.map((id) => market.placeOf(id));
  const gpus = query.gpus_per_container * query.replica_count;
  return priceReply({
    ...hourlyRate(hardware.microUsdPerGpuHour, gpus),
    hours: query.duration_hours,
    gpusPerContainer: query.gpus_per_container,
    replicas: query.replica_count,
    availableReplicas: places.map((place) =>
      market.freeReplicas(hardware, place, query.gpus_per_container),
    ),
  });
}
