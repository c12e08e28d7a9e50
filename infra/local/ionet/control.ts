import * as z from 'zod';
import { type Container, chargedMicroUsd, type Deployment } from './deployment.ts';
import { Fault, type Faults } from './faults.ts';
import type { Market } from './market.ts';
import type { Answer } from './route.ts';

/**
 * Where a test or a demonstration breaks things. No part of io.net: it is served beside the API, without
 * a key, to this machine only.
 *
 * | call | does |
 * |---|---|
 * | GET `/_control/deployments` | every deployment with charges, containers, process ids |
 * | GET `/_control/calls` | number of API calls per operation |
 * | POST `/_control/workers/<containerId>/kill` · `/stop` · `/cont` | SIGKILL · SIGSTOP · SIGCONT |
 * | POST `/_control/faults` | a fault (see `faults.ts`); DELETE removes all that wait |
 * | POST `/_control/capacity` | `{hardwareId, locationId, gpus}`: how many GPUs exist there |
 */
export const CONTROL_PATH = '/_control';

export interface Controlled {
  readonly market: Market;
  readonly faults: Faults;
  readonly calls: ReadonlyMap<string, number>;
}

const SIGNALS = { kill: 'SIGKILL', stop: 'SIGSTOP', cont: 'SIGCONT' } as const;
const Verb = z.enum(['kill', 'stop', 'cont']);

const Capacity = z.strictObject({
  hardwareId: z.int(),
  locationId: z.int(),
  gpus: z.int().nonnegative(),
});

/** @param path - Below {@link CONTROL_PATH}. */
export function control(
  { market, faults, calls }: Controlled,
  method: string,
  path: string,
  body: unknown,
): Answer {
  const worker = /^\/workers\/([^/]+)\/([^/]+)$/.exec(path);
  const refuse = (status: number, detail: string): Answer => ({ status, body: { detail } });
  const done: Answer = { status: 200, body: {} };

  if (method === 'GET' && path === '/deployments') {
    return { status: 200, body: market.all().map(deploymentEntry) };
  }
  if (method === 'GET' && path === '/calls')
    return { status: 200, body: Object.fromEntries(calls) };
  if (method === 'DELETE' && path === '/faults') {
    faults.clear();
    return done;
  }
  if (method === 'POST' && path === '/faults') {
    const fault = Fault.safeParse(body);
    if (!fault.success) return refuse(422, z.prettifyError(fault.error));
    faults.add(fault.data);
    return done;
  }
  if (method === 'POST' && path === '/capacity') {
    const capacity = Capacity.safeParse(body);
    if (!capacity.success) return refuse(422, z.prettifyError(capacity.error));
    const { hardwareId, locationId, gpus } = capacity.data;
    market.setGpus(hardwareId, locationId, gpus);
    return done;
  }
  if (method === 'POST' && worker !== null) {
    const verb = Verb.safeParse(worker[2]);
    const container = market
      .all()
      .flatMap(({ containers }) => containers)
      .find(({ containerId }) => containerId === worker[1]);
    if (!verb.success || container === undefined) return refuse(404, 'no such container or verb');
    container.worker.signal(SIGNALS[verb.data]);
    return done;
  }
  return refuse(404, `no such control: ${method} ${path}`);
}

const containerEntry = ({ containerId, worker }: Container) => ({
  containerId,
  pid: worker.pid ?? null,
  port: worker.port() ?? null,
  state: worker.state(),
});

const deploymentEntry = (deployment: Deployment) => ({
  id: deployment.id,
  name: deployment.request.resource_private_name,
  status: deployment.status,
  hardwareId: deployment.hardware.id,
  locationId: deployment.place.id,
  hoursBought: deployment.hoursBought,
  rateMicroUsd: deployment.rate.totalMicroUsd,
  chargedMicroUsd: chargedMicroUsd(deployment),
  containers: deployment.containers.map(containerEntry),
});
