import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { hourlyRate } from '../../infra/local/ionet/bill.ts';
import { API_KEY, IMAGE, ionetWorld } from '../support/ionet-world.ts';

let world: Awaited<ReturnType<typeof ionetWorld>>;
beforeEach(async () => {
  world = await ionetWorld();
});
afterEach(() => world.close());

const Body = z.looseObject({
  id: z.string().optional(),
  workers: z.array(z.looseObject({ worker_id: z.string() })).optional(),
});

async function api(method: string, path: string, body?: unknown, headers = {}) {
  const response = await fetch(`${world.simulator.clustersUrl}${path}`, {
    method,
    headers: { 'x-api-key': API_KEY, ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: Body.parse(await response.json()) };
}

const order = {
  cluster_name: 'x',
  num_gpus: 2,
  gpu_model: 'NVIDIA_3090',
  locations: ['US'],
  duration_hours: 2,
  max_spend: 100,
  gpus_per_worker: 1,
  image: IMAGE,
  port: 8080,
};
const PRICE_MICRO_USD = 2 * hourlyRate(270_000, 2).totalMicroUsd;

const aJob = (job_id: string, worker_id: string | undefined) => ({
  job_id,
  worker_id,
  manifest_url: 'https://bucket.example/manifest',
  manifest_sha256: 'a'.repeat(64),
  deadline_at: '2026-11-22T11:00:00.000Z',
});

async function runningCluster() {
  const { body } = await api('POST', '/clusters', order);
  await world.advance(1500);
  const { workers = [] } = (await api('GET', `/clusters/${body.id}`)).body;
  return {
    id: String(body.id),
    workers: workers.map((one: { worker_id: string }) => one.worker_id),
  };
}

describe('an order of a cluster', () => {
  it.each([
    { above: -1, status: 402 },
    { above: 0, status: 200 },
    { above: 1, status: 200 },
  ])('whose max_spend is $above micro-dollars above its price gets $status', async (one) => {
    const max_spend = (PRICE_MICRO_USD + one.above) / 1_000_000;
    expect((await api('POST', '/clusters', { ...order, max_spend })).status).toBe(one.status);
    expect(world.simulator.market.all()).toHaveLength(one.status === 200 ? 1 : 0);
  });

  it.each([
    { change: { min_vcpus: 16, min_ram: 128 }, status: 200 },
    { change: { min_vcpus: 17 }, status: 400 },
    { change: { min_ram: 129 }, status: 400 },
    { change: { num_gpus: 3, gpus_per_worker: 2 }, status: 400 },
    { change: { gpu_model: 'NVIDIA_309' }, status: 404 },
    { change: { locations: ['XX'] }, status: 404 },
    { change: { locations: ['US'], compliance: ['GDPR'] }, status: 400 },
    { change: { locations: ['US', 'DE'], compliance: ['GDPR'] }, status: 200 },
    { change: { compliance: ['HIPAA'] }, status: 422 },
    { change: { max_spend: 0 }, status: 422 },
    { change: { resume_from: 'x' }, status: 422 },
  ])('with $change gets $status', async ({ change, status }) => {
    expect((await api('POST', '/clusters', { ...order, ...change })).status).toBe(status);
  });

  it('goes to the first location that keeps the rules', async () => {
    const { body } = await api('POST', '/clusters', {
      ...order,
      locations: ['US', 'FI', 'DE'],
      compliance: ['GDPR'],
    });
    const looked = await api('GET', `/clusters/${body.id}`);
    expect(looked.body).toMatchObject({ status: 'PROVISIONING', location: 'FI' });
  });

  it('is the same cluster to the container API', async () => {
    const { id } = await runningCluster();
    expect(await world.clusters.list()).toMatchObject([{ clusterId: id, name: 'x' }]);
  });
});

describe('the relay', () => {
  it('knows a job from its POST on, and only there', async () => {
    const { id, workers } = await runningCluster();
    expect((await api('GET', '/jobs/j-1')).status).toBe(404);
    const sent = await api('POST', `/clusters/${id}/jobs`, aJob('j-1', workers[0]));
    expect(sent.body).toMatchObject({ worker_id: workers[0], worker_reply: { status: 200 } });
    expect((await api('GET', '/jobs/j-1')).body).toMatchObject({ worker_id: workers[0] });
    expect((await api('POST', `/clusters/${id}/jobs`, aJob('j-1', workers[1]))).status).toBe(409);
    expect((await api('POST', `/clusters/${id}/jobs`, aJob('j-2', 'nobody'))).status).toBe(404);
  });

  it('says that a dead worker does not answer, and still knows its jobs', async () => {
    const { id, workers } = await runningCluster();
    const [container] = world.simulator.market.find(id).containers;
    container?.worker.signal('SIGKILL');
    await container?.worker.gone;
    const nothing = { status: 200, body: { worker_id: workers[0], worker_reply: null } };
    const sent = await api('POST', `/clusters/${id}/jobs`, aJob('j-1', workers[0]));
    expect(sent).toEqual(nothing);
    expect(await api('GET', '/jobs/j-1')).toEqual(nothing);
    expect(await api('GET', `/clusters/${id}/workers/${workers[0]}/health`)).toEqual(nothing);
  });

  it('asks no worker before its time, and none of a cluster that is over', async () => {
    const { body } = await api('POST', '/clusters', order);
    expect((await api('GET', `/clusters/${body.id}`)).body.workers).toEqual([]);
    await world.advance(1500);
    await api('DELETE', `/clusters/${body.id}`);
    await world.advance(1500);
    expect((await api('GET', `/clusters/${body.id}`)).body).toMatchObject({
      status: 'DELETED',
      workers: [],
    });
  });

  it('breaks as faults say', async () => {
    const { id, workers } = await runningCluster();
    world.simulator.faults.add({ operation: 'health', kind: 'answer', status: 502, body: 'oh' });
    world.simulator.faults.add({ operation: 'submit', kind: 'lose-reply' });
    const asked = fetch(`${world.simulator.clustersUrl}/clusters/${id}/workers/any/health`, {
      headers: { 'x-api-key': API_KEY },
    });
    expect((await asked).status).toBe(502);
    const lost = api('POST', `/clusters/${id}/jobs`, aJob('j-1', workers[0]));
    await expect(lost).rejects.toThrow('fetch failed');
    expect((await api('GET', '/jobs/j-1')).status).toBe(200);
  });
});
