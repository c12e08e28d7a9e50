import type * as z from 'zod';
import { hourlyRate } from './bill.ts';
import type { Container, Deployment } from './deployment.ts';
import type { Operation } from './faults.ts';
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
} from './requests.ts';

/** Where io.net's container API lives below its host. */
export const CAAS_PATH = '/enterprise/v1/io-cloud/caas';

export interface Answer {
  readonly status: number;
  /** Text as it is, anything else as JSON. */
  readonly body: unknown;
}

interface Request {
  /** What the path's pattern captured. */
  readonly ids: readonly string[];
  readonly query: unknown;
  readonly body: unknown;
}

export interface Route {
  readonly operation: Operation;
  readonly method: string;
  /** Below {@link CAAS_PATH}. */
  readonly path: RegExp;
  readonly answer: (market: Market, request: Request) => unknown;
}

/** A request that does not fit its schema: the 422 list of the API file. */
class Invalid extends Error {
  override readonly name = 'Invalid';
  readonly detail: { loc: PropertyKey[]; msg: string; type: string }[];

  constructor(where: 'body' | 'query', { issues }: z.ZodError) {
    super(`${where} is invalid`);
    this.detail = issues.map(({ path, message, code }) => ({
      loc: [where, ...path],
      msg: message,
      type: code,
    }));
  }
}

function parse<Schema extends z.ZodType>(where: 'body' | 'query', schema: Schema, value: unknown) {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Invalid(where, parsed.error);
  return parsed.data;
}

const deploymentOf = (market: Market, { ids: [id = ''] }: Request): Deployment => market.find(id);

const pageOf = <Item>(
  items: readonly Item[],
  { page, page_size }: { page: number; page_size: number },
) => items.slice(page * page_size, (page + 1) * page_size);

/**
 * The endpoints Burst's client uses, and `/node-pools`. Not played: PATCH of a deployment and the job
 * history of a container.
 */
export const ROUTES: readonly Route[] = [
  {
    operation: 'catalogue',
    method: 'GET',
    path: /^\/hardware\/max-gpus-per-container$/,
    answer: (market) => hardwareReply(market),
  },
  {
    operation: 'availability',
    method: 'GET',
    path: /^\/available-replicas$/,
    answer(market, request) {
      const query = parse('query', ReplicasQuery, request.query);
      const hardware = market.hardwareOf(query.hardware_id);
      const data = market.catalogue.locations.map((place) => ({
        ...place,
        available_replicas: market.freeReplicas(hardware, place, query.hardware_qty),
      }));
      return { data };
    },
  },
  { operation: 'price', method: 'GET', path: /^\/price$/, answer: priceOf },
  { operation: 'node-pools', method: 'GET', path: /^\/node-pools$/, answer: () => ({ data: [] }) },
  {
    operation: 'deploy',
    method: 'POST',
    path: /^\/deploy$/,
    answer: (market, { body }) =>
      acknowledgement(market.deploy(parse('body', DeployRequest, body))),
  },
  {
    operation: 'list',
    method: 'GET',
    path: /^\/deployments$/,
    answer(market, request) {
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
    answer: (market, request) => detailReply(deploymentOf(market, request), market.now()),
  },
  {
    operation: 'destroy',
    method: 'DELETE',
    path: /^\/deployment\/([^/]+)$/,
    answer(market, request) {
      const deployment = deploymentOf(market, request);
      market.destroy(deployment);
      return acknowledgement(deployment);
    },
  },
  {
    operation: 'extend',
    method: 'POST',
    path: /^\/deployment\/([^/]+)\/extend$/,
    answer(market, request) {
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
    answer(market, request) {
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
    answer(market, request) {
      const { stream } = parse('query', LogQuery, request.query);
      return containerOf(deploymentOf(market, request), request.ids[1]).worker.output(stream);
    },
  },
];

/** Carries a request out and turns refusals into answers. Other errors are bugs and pass. */
export function answerTo(route: Route, market: Market, request: Request): Answer {
  try {
    return { status: 200, body: route.answer(market, request) };
  } catch (error) {
    if (error instanceof Invalid) return { status: 422, body: { detail: error.detail } };
    if (error instanceof Refused) return { status: error.status, body: { detail: error.message } };
    throw error;
  }
}

function containerOf({ containers }: Deployment, containerId: string | undefined): Container {
  const container = containers.find((one) => one.containerId === containerId);
  if (container === undefined) throw new Refused(404, 'Container not found');
  return container;
}

function priceOf(market: Market, request: Request) {
  const query = parse('query', PriceQuery, request.query);
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
