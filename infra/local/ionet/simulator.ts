import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type * as z from 'zod';
import { API_FLAVOURS, type ApiFlavour } from '../../../shared/ionet/flavour.ts';
import type { Timers } from '../engine/timers.ts';
import { CAAS_PATH, ROUTES } from './api.ts';
import { Behaviour, type Random } from './behaviour.ts';
import { type Catalogue, DEFAULT_CATALOGUE } from './catalogue.ts';
import { CLUSTERS_PATH, CLUSTERS_ROUTES } from './clusters-api.ts';
import { CONTROL_PATH, control } from './control.ts';
import type { Deployment } from './deployment.ts';
import { createFaults, type Faults } from './faults.ts';
import { createMarket, type Market, Refused } from './market.ts';
import { createRelay } from './relay.ts';
import { type Answer, answerTo, type Route } from './route.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

export interface SimulatorOptions {
  /** The clock everything here lives on; it may run faster than the machine's. */
  readonly timers: Timers;
  readonly random: Random;
  /** The one key that is accepted. */
  readonly apiKey: string;
  /**
   * Image digest (`sha256:…`) to the command that plays it; an empty one: it cannot be pulled. Others are refused
   * where they are ordered.
   */
  readonly images: Readonly<Record<string, readonly string[]>>;
  /**
   * Environment of every worker, below what the deployment sets: `PATH`, `BURST_CLOCK`.
   *
   * @default {}
   */
  readonly workerEnv?: Readonly<Record<string, string>>;
  /** @default DEFAULT_CATALOGUE */
  readonly catalogue?: Catalogue;
  /** @default the defaults of {@link Behaviour} */
  readonly behaviour?: z.input<typeof Behaviour>;
  /**
   * Port of the API on 127.0.0.1; 0: any free one.
   *
   * @default 0
   */
  readonly port?: number;
  /**
   * What a worker has to answer a call in that the `/clusters` API relays, by this machine's clock.
   *
   * @default 3000
   */
  readonly relayMilliseconds?: number;
  /**
   * APIs that are served.
   *
   * @default all
   */
  readonly flavours?: readonly ApiFlavour[];
  /**
   * What may happen to any call.
   *
   * @default nothing
   */
  readonly standingFaults?: Parameters<typeof createFaults>[0];
}

export interface IonetSimulator {
  readonly port: number;
  /** Base URL for a client of the container API. */
  readonly baseUrl: string;
  /** The same for the `/clusters` flavour. Both are served over one market. */
  readonly clustersUrl: string;
  /** Base URL of the control surface. */
  readonly controlUrl: string;
  readonly market: Market;
  readonly faults: Faults;
  /** API calls by operation, refused ones included. */
  readonly calls: ReadonlyMap<string, number>;
  /** Settles when every worker started so far listens or is gone. */
  workersSpoken(): Promise<void>;
  /** Kills all workers at once, without waiting: for the end of this process. */
  killWorkers(): void;
  /** Closes the server, kills all workers, and waits until they are gone. */
  close(): Promise<void>;
}

const MAX_REQUEST_BYTES = 1_048_576;

/** Both APIs on loopback, with real processes in the place of containers. */
export async function createIonetSimulator(options: SimulatorOptions): Promise<IonetSimulator> {
  const { timers, random, catalogue = DEFAULT_CATALOGUE } = options;
  const workers: WorkerProcess[] = [];
  const commandOf = (image: string) => options.images[image.split('@').at(-1) ?? ''];
  const market = createMarket({
    timers,
    random,
    catalogue,
    behaviour: Behaviour.parse(options.behaviour ?? {}),
    knows: (image) => commandOf(image) !== undefined,
    launch(deployment) {
      const argv = commandOf(deployment.request.registry_config.image_url) ?? [];
      if (argv.length === 0) return undefined;
      const worker = startWorker({ argv, env: environmentOf(deployment, options.workerEnv ?? {}) });
      workers.push(worker);
      return worker;
    },
  });
  const faults = createFaults(options.standingFaults);
  const { flavours = API_FLAVOURS } = options;
  const relay = createRelay(options.relayMilliseconds ?? 3000);
  const calls = new Map<string, number>();

  /** Undefined: there is no answer, the connection dies. */
  async function answer(request: IncomingMessage): Promise<FullAnswer | undefined> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const method = request.method ?? 'GET';
    const body = jsonOf(await textOf(request));
    if (url.pathname.startsWith(`${CONTROL_PATH}/`)) {
      const path = url.pathname.slice(CONTROL_PATH.length);
      return control({ market, faults, calls }, method, path, body);
    }

    const { routes, path } = apiAt(url.pathname, flavours);
    const route = routes.find((one) => one.method === method && one.path.test(path));
    if (route === undefined) return { status: 404, body: { detail: 'Not Found' } };
    calls.set(route.operation, (calls.get(route.operation) ?? 0) + 1);
    if (request.headers['x-api-key'] !== options.apiKey) {
      return { status: 401, body: { detail: 'Invalid API key' } };
    }

    const fault = faults.take(route.operation);
    if (fault?.kind === 'answer') return fault;
    if (fault?.kind === 'lose-request') return undefined;
    if (fault?.kind === 'delay') {
      await new Promise<void>((resolve) => timers.after(fault.seconds * 1000, resolve));
    }
    const ids = route.path.exec(path)?.slice(1).map(decodeURIComponent) ?? [];
    const query = Object.fromEntries(url.searchParams);
    const { authorization } = request.headers;
    const asked = { ids, query, body, authorization };
    const result = await answerTo(route, { market, relay }, asked);
    return fault?.kind === 'lose-reply' ? undefined : result;
  }

  const server = createServer((request, response) => {
    // Its own clock, by which terms end and bills are made.
    response.setHeader('date', new Date(timers.now()).toUTCString());
    answer(request).then(
      (result) => (result === undefined ? request.socket.destroy() : send(response, result)),
      (error: unknown) => {
        const status = error instanceof Refused ? error.status : 500;
        send(response, { status, body: { detail: String(error) } });
      },
    );
  });
  const port = await listen(server, options.port ?? 0);
  const killWorkers = () => {
    for (const worker of workers) worker.signal('SIGKILL');
  };

  return {
    port,
    baseUrl: `http://127.0.0.1:${port}${CAAS_PATH}`,
    clustersUrl: `http://127.0.0.1:${port}${CLUSTERS_PATH}`,
    controlUrl: `http://127.0.0.1:${port}${CONTROL_PATH}`,
    market,
    faults,
    calls,
    killWorkers,
    async workersSpoken() {
      await Promise.all(workers.map(({ spoken }) => spoken));
    },
    async close() {
      market.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      killWorkers();
      await Promise.all(workers.map(({ gone }) => gone));
    },
  };
}

/** Which API a path belongs to, and the path below its base. */
function apiAt(
  pathname: string,
  flavours: readonly ApiFlavour[],
): { routes: readonly Route[]; path: string } {
  const below = (base: string) => pathname.slice(base.length);
  if (pathname.startsWith(`${CAAS_PATH}/`)) {
    return { routes: flavours.includes('caas') ? ROUTES : [], path: below(CAAS_PATH) };
  }
  if (flavours.includes('clusters') && pathname.startsWith(`${CLUSTERS_PATH}/`)) {
    return { routes: CLUSTERS_ROUTES, path: below(CLUSTERS_PATH) };
  }
  return { routes: [], path: '' };
}

/**
 * What the process of a container is told. The deployment's own variables come through, but for the
 * port: containers of one machine cannot all have the same, so each takes a free one and says which.
 */
function environmentOf(
  { request, hardware }: Deployment,
  workerEnv: Readonly<Record<string, string>>,
): Record<string, string> {
  const gpu = { model: hardware.name, vramMb: hardware.vramMb };
  return {
    ...workerEnv,
    BURST_SLOTS: `${request.gpus_per_container}`,
    BURST_GPUS: JSON.stringify(Array.from({ length: request.gpus_per_container }, () => gpu)),
    ...request.container_config.env_variables,
    ...request.container_config.secret_env_variables,
    BURST_HOST: '127.0.0.1',
    BURST_PORT: '0',
  };
}

interface FullAnswer extends Answer {
  readonly headers?: Readonly<Record<string, string>>;
}

function send(response: ServerResponse, { status, body, headers = {} }: FullAnswer): void {
  const isText = typeof body === 'string';
  response.writeHead(status, {
    'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json',
    ...headers,
  });
  response.end(isText ? body : JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_REQUEST_BYTES) throw new RangeError('the request is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
