import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { finalBill } from '../../infra/local/ionet/bill.ts';
import { ClusterId } from '../../shared/model/ids.ts';
import {
  API_KEY,
  aClusterRequest,
  aRequirement,
  BROKEN_DIGEST,
  DIGEST,
  ionetWorld,
} from '../support/ionet-world.ts';

/** Exact delays: ordered at 0 s, running at 90 s, reachable at 120 s. */
const behaviour = {
  provisioningMedianSeconds: 90,
  reachableMedianSeconds: 30,
  spread: 0,
  listLagSeconds: 10,
  terminationSeconds: 20,
};

let world: Awaited<ReturnType<typeof ionetWorld>>;
beforeEach(async () => {
  world = await ionetWorld({ behaviour });
});
afterEach(() => world.close());

async function api(
  method: string,
  path: string,
  body?: unknown,
  headers = { 'x-api-key': API_KEY },
) {
  const response = await fetch(`${world.simulator.baseUrl}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

async function controlled(method: string, path: string, body?: unknown) {
  const response = await fetch(`${world.simulator.controlUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

const Deployments = z.array(
  z.object({
    id: z.string(),
    status: z.string(),
    chargedMicroUsd: z.int(),
    rateMicroUsd: z.int(),
    containers: z.array(
      z.object({
        containerId: z.string(),
        pid: z.int(),
        port: z.int().nullable(),
        state: z.string(),
      }),
    ),
  }),
);

async function onlyDeployment() {
  const [deployment] = Deployments.parse((await controlled('GET', '/deployments')).body);
  if (deployment === undefined) throw new Error('nothing was deployed');
  return deployment;
}

async function onlyContainer() {
  const [container] = (await onlyDeployment()).containers;
  if (container === undefined) throw new Error('nothing was started');
  return container;
}

async function create(changes: Parameters<typeof aClusterRequest>[1] = {}): Promise<ClusterId> {
  const [offer] = await world.clusters.offers(aRequirement());
  if (offer === undefined) throw new Error('no offer');
  return world.clusters.create(aClusterRequest(offer, changes));
}

const workerGone = async () => {
  const { market } = world.simulator;
  await Promise.all(
    market.all().flatMap(({ containers }) => containers.map((one) => one.worker.gone)),
  );
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('the life of a deployment', () => {
  it('goes from order to running to reachable, each at its time', async () => {
    const id = await create();
    await world.advance(89);
    expect(await world.clusters.get(id)).toMatchObject({ phase: 'PROVISIONING', workers: [] });
    await world.advance(1);
    expect(await world.clusters.get(id)).toMatchObject({
      phase: 'RUNNING',
      startedAt: '2026-11-22T10:01:30.000Z',
      workers: [{ url: undefined }],
    });
    await world.advance(29);
    expect((await world.clusters.get(id))?.workers).toMatchObject([{ url: undefined }]);
    await world.advance(1);
    expect((await world.clusters.get(id))?.workers).toMatchObject([
      { url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) },
    ]);
  });

  it('shows in the list only after the lag', async () => {
    await create();
    await world.advance(9);
    expect(await world.clusters.list()).toEqual([]);
    await world.advance(1);
    expect(await world.clusters.list()).toHaveLength(1);
  });

  it('is refused where no command plays the image, and none other is tried in its place', async () => {
    const image = `registry.example/other@sha256:${'b'.repeat(64)}`;
    await expect(create({ image })).rejects.toMatchObject({
      name: 'ProviderRefused',
      message: expect.stringContaining(`Image ${image} not found`),
    });
    expect(world.simulator.market.all()).toEqual([]);
  });

  it('fails where the image cannot be pulled: not charged, and its GPUs are free again', async () => {
    const free = await world.clusters.offers(aRequirement());
    const id = await create({ image: `registry.example/worker@${BROKEN_DIGEST}` });
    expect(await world.clusters.offers(aRequirement())).not.toEqual(free);
    await world.advance(90);
    expect(await world.clusters.get(id)).toMatchObject({ phase: 'FAILED', amountPaidMicroUsd: 0 });
    expect(await world.clusters.offers(aRequirement())).toEqual(free);
  });

  it('counts minutes from the start, never past what was bought', async () => {
    const id = await create();
    for (const [seconds, served] of [
      [90, 0],
      [59, 0],
      [1, 60],
      [3539, 3540],
      [1, 3600],
      [3600, 3600],
    ] as const) {
      await world.advance(seconds);
      expect((await world.clusters.get(id))?.servedSeconds).toBe(served);
    }
  });

  it('ends on the second its term ends, extensions included', async () => {
    const id = await create();
    await world.advance(90 + 3599);
    expect((await world.clusters.get(id))?.phase).toBe('RUNNING');
    await world.clusters.extend(id, 1);
    await world.advance(3600);
    expect((await world.clusters.get(id))?.phase).toBe('RUNNING');
    await world.advance(1);
    expect(await world.clusters.get(id)).toMatchObject({
      phase: 'EXPIRED',
      endedAt: '2026-11-22T12:01:30.000Z',
      paidSeconds: 7200,
    });
  });

  it('costs one hour when it is destroyed before it ever ran', async () => {
    const id = await create();
    const amountPaidMicroUsd = (await world.clusters.get(id))?.amountPaidMicroUsd;
    expect(amountPaidMicroUsd).toBeGreaterThan(0);
    await world.clusters.destroy(id);
    await world.advance(20);
    expect(await world.clusters.get(id)).toMatchObject({ phase: 'DELETED', amountPaidMicroUsd });
    await world.advance(10_000);
    expect((await world.clusters.get(id))?.phase).toBe('DELETED');
  });

  it.each([
    { ended: 3599, billed: 3600 },
    { ended: 3600, billed: 3600 },
    { ended: 3601, billed: 3601 },
    { ended: 7200, billed: 7200 },
  ])(
    'is billed $billed seconds when it is gone $ended seconds after its start',
    async ({ ended, billed }) => {
      const id = await create({ hours: 3, workers: 2 });
      await world.advance(90 + ended - behaviour.terminationSeconds);
      await world.clusters.destroy(id);
      await world.advance(behaviour.terminationSeconds);
      const { rateMicroUsd, chargedMicroUsd } = await onlyDeployment();
      expect(chargedMicroUsd).toBe(Math.ceil((rateMicroUsd * billed) / 3600));
      expect(chargedMicroUsd).toBe(finalBill(rateMicroUsd, 3, ended * 1000));
      expect((await world.clusters.get(id))?.amountPaidMicroUsd).toBe(chargedMicroUsd);
    },
  );

  it('repeats exactly from one seed', async () => {
    const history = async () => {
      const other = await ionetWorld();
      const ids: unknown[] = [];
      for (let n = 0; n < 3; n += 1) {
        const [offer] = await other.clusters.offers(aRequirement());
        if (offer === undefined) throw new Error('no offer');
        const id = await other.clusters.create(aClusterRequest(offer));
        await other.advance(600);
        ids.push(id, (await other.clusters.get(id))?.startedAt);
      }
      await other.close();
      return ids;
    };
    expect(await history()).toEqual(await history());
  });
});

describe('a worker', () => {
  it('is a process that is told its GPUs, its slots, its variables and its secrets', async () => {
    const id = await create({ env: { BURST_COLOUR: 'blue' } });
    await world.advance(120);
    const [worker] = (await world.clusters.get(id))?.workers ?? [];
    const settings = await (await fetch(worker?.url ?? '')).json();
    expect(settings).toEqual({
      BURST_COLOUR: 'blue',
      BURST_TOKEN: 'a-token-only-this-cluster-has',
      BURST_GPUS: JSON.stringify([{ model: 'GeForce RTX 3090', vramMb: 24_576 }]),
      BURST_SLOTS: '1',
      BURST_HOST: '127.0.0.1',
      BURST_PORT: '0',
    });
  });

  it('keeps its secrets out of what the API shows', async () => {
    const id = await create({ env: { BURST_COLOUR: 'blue' } });
    const { body } = await api('GET', `/deployment/${id}`);
    expect(body.data.container_config).toMatchObject({
      env_variables: { BURST_COLOUR: 'blue' },
      secret_env_keys: ['BURST_TOKEN'],
    });
    expect(JSON.stringify(body)).not.toContain('a-token-only-this-cluster-has');
  });

  it('leaves a log', async () => {
    const id = await create();
    await world.advance(120);
    const { containerId } = await onlyContainer();
    const { body } = await api('GET', `/deployment/${id}/log/${containerId}`);
    expect(body).toMatch(/^warming up\n\{"listening":\d+\}\n$/);
    expect((await api('GET', `/deployment/${id}/log/${containerId}?stream=stderr`)).body).toBe('');
    expect((await api('GET', `/deployment/${id}/log/nobody`)).status).toBe(404);
  });

  it('ends when its cluster is destroyed', async () => {
    const id = await create();
    await world.advance(120);
    const { pid } = await onlyContainer();
    expect(isAlive(pid)).toBe(true);
    await world.clusters.destroy(id);
    await workerGone();
    expect(isAlive(pid)).toBe(false);
  });

  it('is killed after the grace when it does not end by itself', async () => {
    const id = await create({ env: { BURST_STUBBORN: 'yes' } });
    await world.advance(120);
    const { pid } = await onlyContainer();
    await world.clusters.destroy(id);
    await world.advance(29);
    expect(isAlive(pid)).toBe(true);
    await world.advance(1);
    await workerGone();
    expect(isAlive(pid)).toBe(false);
  });

  it('ends at the end of the term', async () => {
    await create();
    await world.advance(90 + 3600);
    await workerGone();
    expect(await onlyContainer()).toMatchObject({ state: 'exited' });
  });

  it('that breaks at its start never gets a URL, and its cluster runs on', async () => {
    const id = await create({ env: { BURST_BROKEN: 'yes' } });
    await world.advance(600);
    expect(await world.clusters.get(id)).toMatchObject({
      phase: 'RUNNING',
      workers: [{ url: undefined }],
    });
    const { containerId } = await onlyContainer();
    const log = await api('GET', `/deployment/${id}/log/${containerId}?stream=stderr`);
    expect(log.body).toContain('no model in the image');
    expect(log.body).toContain('the container ended with code 3');
  });

  it('can be killed from outside, and its URL stays', async () => {
    const id = await create();
    await world.advance(120);
    const { containerId, port } = await onlyContainer();
    expect((await controlled('POST', `/workers/${containerId}/kill`)).status).toBe(200);
    await workerGone();
    expect(await world.clusters.get(id)).toMatchObject({
      phase: 'RUNNING',
      workers: [{ url: `http://127.0.0.1:${port}` }],
    });
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow('fetch failed');
  });

  it('can be stopped and continued from outside', async () => {
    await create();
    await world.advance(120);
    const { containerId, port } = await onlyContainer();
    await controlled('POST', `/workers/${containerId}/stop`);
    const question = fetch(`http://127.0.0.1:${port}`, { signal: AbortSignal.timeout(200) });
    await expect(question).rejects.toThrow();
    await controlled('POST', `/workers/${containerId}/cont`);
    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(200);
  });

  it('ends with the simulator', async () => {
    await create({ env: { BURST_STUBBORN: 'yes' } });
    await world.advance(120);
    const { pid } = await onlyContainer();
    await world.simulator.close();
    expect(isAlive(pid)).toBe(false);
    world = await ionetWorld();
  });
});

describe('the API', () => {
  const order = {
    resource_private_name: 'x',
    duration_hours: 1,
    gpus_per_container: 1,
    hardware_id: 204,
    location_ids: [1],
    container_config: { replica_count: 1, traffic_port: 80 },
    registry_config: { image_url: `x@${DIGEST}` },
  };

  it.each([
    { headers: { 'x-api-key': 'wrong' } },
    { headers: { authorization: `X-API-KEY ${API_KEY}`, 'x-api-key': '' } },
  ])('refuses every call without its key', async ({ headers }) => {
    expect((await api('GET', '/deployments', undefined, headers)).status).toBe(401);
    expect((await api('POST', '/deploy', order, headers)).status).toBe(401);
    expect(world.simulator.market.all()).toEqual([]);
  });

  it.each([
    { change: { resource_private_name: undefined }, loc: ['body', 'resource_private_name'] },
    { change: { duration_hours: 0 }, loc: ['body', 'duration_hours'] },
    { change: { gpus_per_container: 0 }, loc: ['body', 'gpus_per_container'] },
    { change: { gpus_per_container: 9 }, loc: ['body', 'gpus_per_container'] },
    { change: { location_ids: [1, 2] }, loc: ['body', 'location_ids'] },
    { change: { hours: 1 }, loc: ['body'] },
    {
      change: { container_config: { replica_count: 1, traffic_port: 80, entrypoint: [] } },
      loc: ['body', 'container_config', 'entrypoint'],
    },
  ])('answers 422 with the place of the fault for $change', async ({ change, loc }) => {
    const { status, body } = await api('POST', '/deploy', { ...order, ...change });
    expect(status).toBe(422);
    expect(body.detail).toEqual([{ loc, msg: expect.any(String), type: expect.any(String) }]);
  });

  it.each([
    '/deployments?page=-1',
    '/deployments?page_size=101',
    '/deployments?page_size=0',
    '/deployments?status=busy',
    '/available-replicas?hardware_id=204',
    '/price?location_ids=US&hardware_id=204&duration_hours=1&gpus_per_container=1&replica_count=1',
  ])('answers 422 to %s', async (path) => {
    expect((await api('GET', path)).status).toBe(422);
  });

  it.each([
    { method: 'GET', path: '/deployment/nobody' },
    { method: 'DELETE', path: '/deployment/nobody' },
    { method: 'GET', path: '/deployment/nobody/containers' },
    { method: 'GET', path: '/nothing' },
    { method: 'GET', path: '/available-replicas?hardware_id=1&hardware_qty=1' },
  ])('answers 404 to $method $path', async ({ method, path }) => {
    expect(await api(method, path)).toMatchObject({
      status: 404,
      body: { detail: expect.any(String) },
    });
  });

  it('takes ids as text and any location when none is named', async () => {
    const loose = { ...order, hardware_id: '204', location_ids: null };
    expect((await api('POST', '/deploy', loose)).status).toBe(200);
  });

  it('pages the list from 0, newest first, ten at a time', async () => {
    for (let n = 0; n < 11; n += 1) {
      await api('POST', '/deploy', { ...order, resource_private_name: `c-${n}` });
    }
    await world.advance(behaviour.listLagSeconds);
    const first = (await api('GET', '/deployments')).body.data;
    expect(first.total).toBe(11);
    expect(first.deployments.map(({ name }: { name: string }) => name)).toEqual(
      Array.from({ length: 10 }, (_, n) => `c-${10 - n}`),
    );
    const second = (await api('GET', '/deployments?page=1')).body.data;
    expect(second.deployments).toMatchObject([{ name: 'c-0', status: 'deployment requested' }]);
    expect((await api('GET', '/deployments?status=running')).body.data.total).toBe(0);
  });
});

describe('an update', () => {
  it('starts the containers anew with what is changed, at no charge and no change of the term', async () => {
    const id = await create({
      env: { BURST_OLD: '1' },
      secretEnv: { BURST_KEEP: 'kept-secret', BURST_DROP: 'dropped-secret' },
    });
    await world.advance(150);
    const before = await onlyDeployment();
    const { status } = await api('PATCH', `/deployment/${id}`, {
      env_variables: { BURST_NEW: '2' },
      secret_env_variables: { BURST_ADD: 'added-secret', BURST_DROP: null },
    });
    expect(status).toBe(200);
    const { data } = (await api('GET', `/deployment/${id}`)).body;
    expect(data.container_config).toMatchObject({
      env_variables: { BURST_NEW: '2' },
      secret_env_keys: ['BURST_KEEP', 'BURST_ADD'],
    });
    expect((await api('GET', `/deployment/${id}/containers`)).body.data.workers).toMatchObject([
      { public_url: null },
    ]);
    await world.advance(30);
    const [worker] = (await api('GET', `/deployment/${id}/containers`)).body.data.workers;
    const told = await (await fetch(worker.public_url)).json();
    expect(told).toMatchObject({
      BURST_NEW: '2',
      BURST_KEEP: 'kept-secret',
      BURST_ADD: 'added-secret',
    });
    expect(told).not.toHaveProperty('BURST_OLD');
    expect(told).not.toHaveProperty('BURST_DROP');
    const after = await onlyDeployment();
    expect(after.chargedMicroUsd).toBe(before.chargedMicroUsd);
    expect(after.containers[0]?.containerId).not.toBe(before.containers[0]?.containerId);
  });

  it('is refused for what is over, for an image nobody plays and for fields it does not know', async () => {
    const id = await create();
    const patch = (body: unknown) => api('PATCH', `/deployment/${id}`, body);
    expect((await patch({ image_url: `x@sha256:${'9'.repeat(64)}` })).status).toBe(400);
    expect((await patch({ env: {} })).status).toBe(422);
    await world.clusters.destroy(id);
    expect((await patch({ traffic_port: 81 })).status).toBe(400);
  });
});

describe('a provider that rents whole machines only', () => {
  it('prices and sells workers of eight, and the smaller ones are no capacity', async () => {
    await world.close();
    world = await ionetWorld({ behaviour: { ...behaviour, fewestGpusPerContainer: 8 } });
    const offers = await world.clusters.offers(aRequirement());
    const [small, whole] = [1, 8].map((size) => offers.find((one) => one.gpusPerWorker === size));
    if (small === undefined || whole === undefined) throw new Error('a size is not on offer');
    const name = 'CapacityUnavailable';
    await expect(world.clusters.quote(small, 1, 1)).rejects.toMatchObject({ name });
    await expect(world.clusters.create(aClusterRequest(small))).rejects.toMatchObject({ name });
    expect((await world.clusters.quote(whole, 1, 1)).totalMicroUsd).toBeGreaterThan(0);
    await world.clusters.create(aClusterRequest(whole));
    expect((await onlyDeployment()).status).toBe('deployment requested');
  });
});

describe('faults', () => {
  it('answer in place of the API, as often as they were set', async () => {
    const body = { detail: 'Insufficient credits' };
    const fault = { operation: 'deploy', kind: 'answer', status: 400, body, times: 2 };
    expect((await controlled('POST', '/faults', fault)).status).toBe(200);
    await expect(create()).rejects.toMatchObject({ name: 'BudgetExceeded' });
    await expect(create()).rejects.toMatchObject({ name: 'BudgetExceeded' });
    expect(world.simulator.market.all()).toEqual([]);
    await create();
  });

  it('answer with headers and text', async () => {
    world.simulator.faults.add({
      operation: 'list',
      kind: 'answer',
      status: 429,
      body: 'slow down',
      headers: { 'retry-after': '7' },
    });
    await expect(world.clusters.list()).rejects.toMatchObject({
      name: 'Throttled',
      context: { retryAfterSeconds: 7 },
    });
  });

  it('lose a reply after the deed, or the request before it', async () => {
    world.simulator.faults.add({ operation: 'deploy', kind: 'lose-request' });
    await expect(create()).rejects.toMatchObject({ name: 'CreateOutcomeUnknown' });
    expect(world.simulator.market.all()).toHaveLength(0);
    world.simulator.faults.add({ operation: 'deploy', kind: 'lose-reply' });
    await expect(create()).rejects.toMatchObject({ name: 'CreateOutcomeUnknown' });
    expect(world.simulator.market.all()).toHaveLength(1);
  });

  it('delay a call on the clock of the simulator', async () => {
    world.simulator.faults.add({ operation: 'deploy', kind: 'delay', seconds: 30 });
    const [offer] = await world.clusters.offers(aRequirement());
    if (offer === undefined) throw new Error('no offer');
    const created = world.clusters.create(aClusterRequest(offer));
    await until(() => world.simulator.calls.get('deploy') === 1);
    expect(world.simulator.market.all()).toHaveLength(0);
    await world.advance(30);
    await created;
    expect(world.simulator.market.all()).toHaveLength(1);
  });

  it('can be called off', async () => {
    await controlled('POST', '/faults', {
      operation: 'list',
      kind: 'answer',
      status: 500,
      body: '',
    });
    await controlled('DELETE', '/faults');
    expect(await world.clusters.list()).toEqual([]);
  });

  it('are refused when they make no sense', async () => {
    const wrong = await controlled('POST', '/faults', { operation: 'dance', kind: 'answer' });
    expect(wrong).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('operation') },
    });
    const nowhere = { hardwareId: 1, locationId: 1, gpus: 1 };
    expect((await controlled('POST', '/capacity', nowhere)).status).toBe(404);
    expect((await controlled('POST', '/capacity', { gpus: -1 })).status).toBe(422);
    expect((await controlled('GET', '/nothing')).status).toBe(404);
    expect((await controlled('POST', '/workers/nobody/kill')).status).toBe(404);
  });
});

describe('the control surface', () => {
  it('counts calls by operation, refused ones too', async () => {
    await world.clusters.list();
    await world.clusters.get(ClusterId.parse('nobody'));
    await world.clusters.get(ClusterId.parse('nobody'));
    expect((await controlled('GET', '/calls')).body).toEqual({ list: 1, look: 2 });
  });

  it('changes what exists without touching what is rented', async () => {
    await create({ workers: 3 });
    const { body } = await api('GET', '/available-replicas?hardware_id=203&hardware_qty=1');
    expect(body.data[0].available_replicas).toBe(13);
    for (const [gpus, left] of [
      [5, 2],
      [3, 0],
      [0, 0],
    ]) {
      await controlled('POST', '/capacity', { hardwareId: 203, locationId: 1, gpus });
      const now = await api('GET', '/available-replicas?hardware_id=203&hardware_qty=1');
      expect(now.body.data[0].available_replicas).toBe(left);
    }
    expect(await onlyDeployment()).toMatchObject({ status: 'deployment requested' });
  });
});

/** Turns of the event loop until a condition holds: for work that crosses a socket. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
