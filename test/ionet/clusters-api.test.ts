import { afterEach, describe, expect, it } from 'vitest';
import { createProviderClusters } from '../../shared/ionet/clusters-api-clusters.ts';
import { ClusterId, WorkerId } from '../../shared/model/ids.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Clusters, Offer } from '../../shared/ports.ts';
import { API_KEY, aClusterRequest, aRequirement, IMAGE } from '../support/ionet-world.ts';
import { type Scripted, type Seen, scriptedServer } from '../support/scripted-server.ts';
import { unusableReplies } from '../support/unusable-replies.ts';

const ID = ClusterId.parse('c-1');

const offer: Offer = {
  offerId: 'NVIDIA_3090/2x@FI',
  gpuModel: 'RTX 3090',
  gpusPerWorker: 2,
  location: 'FI',
  locationId: 'FI',
  availableWorkers: 4,
};

const cluster = {
  id: 'c-1',
  cluster_name: 'burst-0123456789ab',
  status: 'READY',
  gpu_model: 'NVIDIA_3090',
  num_gpus: 4,
  gpus_per_worker: 2,
  location: 'FI',
  duration_hours: 1,
  created_at: '2026-11-22T09:58:00Z',
  started_at: '2026-11-22T10:00:00Z',
  ended_at: null,
  served_seconds: 61,
  amount_paid: 1.1043,
  workers: [{ worker_id: 'w-1', status: 'listening' }, { worker_id: 2 }],
};

let server: Awaited<ReturnType<typeof scriptedServer>>;
afterEach(() => server?.close());

async function clientOf(
  answer: (request: Seen, n: number) => Scripted,
  timeoutMilliseconds = 5000,
): Promise<Clusters> {
  server = await scriptedServer(answer);
  return createProviderClusters({
    baseUrl: server.baseUrl,
    apiKey: API_KEY,
    clock: { now: () => instantOf(Date.UTC(2026, 10, 22)) },
    timeoutMilliseconds,
  });
}

const clientSaying = (body: unknown) => clientOf(() => ({ body }));

describe('the requests of the client of the /clusters flavour', () => {
  const REPLIES: Readonly<Record<string, unknown>> = {
    '/offers': {
      offers: [{ gpu_model: 'NVIDIA_3090', location: 'FI', available_workers: 4 }],
    },
    '/price': { num_gpus: 4, duration_hours: 1, total_usd: 1.10430001 },
    'POST /clusters': { id: ID },
    '/clusters': { clusters: [], total: 0 },
    '/clusters/c-1': cluster,
  };
  const replyTo = ({ method, path }: Seen) => ({
    body: REPLIES[`${method} ${path}`] ?? REPLIES[path] ?? '',
  });

  it('are these, with the key', async () => {
    const clusters = await clientOf(replyTo);
    expect(await clusters.offers(aRequirement({ gpus: 2 }))).toEqual([offer]);
    expect(await clusters.quote(offer, 2, 1)).toEqual({ totalMicroUsd: 1_104_301 });
    await clusters.create(aClusterRequest(offer, { workers: 2 }));
    await clusters.findByName('any');
    await clusters.get(ID);
    await clusters.destroy(ID);
    expect(server.seen.map(({ method, path, query }) => [method, path, query])).toEqual([
      ['GET', '/offers', { gpus_per_worker: '2' }],
      [
        'GET',
        '/price',
        { gpu_model: 'NVIDIA_3090', location: 'FI', num_gpus: '4', duration_hours: '1' },
      ],
      ['POST', '/clusters', {}],
      ['GET', '/clusters', { page: '0', page_size: '100' }],
      ['GET', '/clusters/c-1', {}],
      ['DELETE', '/clusters/c-1', {}],
    ]);
    expect(server.seen.every(({ headers }) => headers['x-api-key'] === API_KEY)).toBe(true);
  });

  it('buy with exactly these fields, for no more than was held', async () => {
    const clusters = await clientOf(replyTo);
    await clusters.create(
      aClusterRequest(offer, { workers: 2, termMicroUsd: 1_104_301, env: { BURST_SLOTS: '1' } }),
    );
    expect(server.seen[0]?.body).toEqual({
      cluster_name: 'burst-0123456789ab',
      num_gpus: 4,
      gpu_model: 'NVIDIA_3090',
      min_vcpus: 8,
      min_ram: 32,
      locations: ['FI'],
      duration_hours: 1,
      max_spend: 1.104301,
      gpus_per_worker: 2,
      image: IMAGE,
      port: 8080,
      env: { BURST_SLOTS: '1' },
      secret_env: { BURST_TOKEN: 'a-token-only-this-cluster-has' },
    });
  });

  it('never ask for more time or for logs', async () => {
    const clusters = await clientOf(replyTo);
    const refused = { name: 'ProviderRefused' };
    await expect(clusters.extend(ID, 1)).rejects.toMatchObject(refused);
    const logs = clusters.logs(ID, WorkerId.parse('w-1'), { maxBytes: 10 });
    await expect(logs).rejects.toMatchObject(refused);
    expect(server.seen).toEqual([]);
  });
});

const UNUSABLE = unusableReplies(cluster);

describe('a create', () => {
  it.each(UNUSABLE)('that gets $what may have bought', async ({ scripted }) => {
    const clusters = await clientOf(() => scripted);
    await expect(clusters.create(aClusterRequest(offer))).rejects.toMatchObject({
      name: 'CreateOutcomeUnknown',
    });
    expect(server.seen).toHaveLength(1);
  });

  it.each(['hang up', 'silence', 'drip'] as const)(
    'that meets "%s" may have bought, within its time and at one attempt',
    async (scripted) => {
      const clusters = await clientOf(() => scripted, 150);
      await expect(clusters.create(aClusterRequest(offer))).rejects.toMatchObject({
        name: 'CreateOutcomeUnknown',
      });
      expect(server.seen).toHaveLength(1);
    },
  );

  it.each([
    { status: 400, detail: 'no hardware of this size is available', name: 'CapacityUnavailable' },
    { status: 402, detail: 'the price is above max_spend', name: 'BudgetExceeded' },
    { status: 409, detail: 'the name is taken', name: 'ProviderRefused' },
    { status: 429, detail: 'slow down', name: 'Throttled' },
    { status: 503, detail: 'later', name: 'CreateOutcomeUnknown' },
  ])('that gets $status is $name, at one attempt', async ({ status, detail, name }) => {
    const headers = { 'retry-after': '999999999' };
    const clusters = await clientOf(() => ({ status, headers, body: { detail } }));
    await expect(clusters.create(aClusterRequest(offer))).rejects.toMatchObject({ name });
    expect(server.seen).toHaveLength(1);
  });

  it('keeps the secrets of the cluster out of a refusal that echoes them', async () => {
    const clusters = await clientOf(({ body }) => ({
      status: 422,
      body: { detail: `bad key ${API_KEY} in ${JSON.stringify(body)}` },
    }));
    const refusal = clusters.create(aClusterRequest(offer));
    await expect(refusal).rejects.toThrow('bad key [secret]');
    await expect(refusal).rejects.not.toThrow(/a-token-only-this-cluster-has/);
  });
});

describe('a look at a cluster', () => {
  it('reads its state, its hardware, its time and its bill', async () => {
    const clusters = await clientSaying({ data: cluster });
    expect(await clusters.get(ID)).toEqual({
      clusterId: ID,
      phase: 'RUNNING',
      gpuModel: 'RTX 3090',
      gpusPerWorker: 2,
      totalWorkers: 2,
      workers: [
        { workerId: 'w-1', url: 'clusters/c-1' },
        { workerId: '2', url: 'clusters/c-1' },
      ],
      startedAt: '2026-11-22T10:00:00.000Z',
      endedAt: undefined,
      paidSeconds: 3600,
      servedSeconds: 61,
      amountPaidMicroUsd: 1_104_300,
    });
  });

  it.each(UNUSABLE)('that gets $what knows nothing', async ({ scripted }) => {
    const clusters = await clientOf(() => scripted);
    await expect(clusters.get(ID)).rejects.toMatchObject({ name: 'ProviderUnclear' });
  });

  it.each([
    { status: 'PROVISIONING', phase: 'PROVISIONING' },
    { status: ' ready ', phase: 'RUNNING' },
    { status: 'Failed', phase: 'FAILED' },
    { status: 'EXPIRED', phase: 'EXPIRED' },
    { status: 'DELETING', phase: 'DELETING' },
    { status: 'DELETED', phase: 'DELETED' },
    { status: 'running', phase: 'UNKNOWN' },
    { status: 'toString', phase: 'UNKNOWN' },
    { status: '', phase: 'UNKNOWN' },
    { status: null, phase: 'UNKNOWN' },
    { status: 7, phase: 'UNKNOWN' },
  ])('reads state $status as $phase', async ({ status, phase }) => {
    const clusters = await clientSaying({ ...cluster, status });
    expect((await clusters.get(ID))?.phase).toBe(phase);
  });

  it.each([
    { name: 'NVIDIA_3090', gpuModel: 'RTX 3090' },
    { name: 'nvidia_l40s', gpuModel: 'L40S' },
    { name: 'NVIDIA_A100_80GB', gpuModel: 'A100 80GB' },
    { name: 'NVIDIA GeForce RTX 4090', gpuModel: 'RTX 4090' },
    { name: 'NVIDIA_309', gpuModel: 'NVIDIA_309' },
    { name: '3090', gpuModel: 'RTX 3090' },
  ])('reads GPU model $name as $gpuModel', async ({ name, gpuModel }) => {
    const clusters = await clientSaying({ ...cluster, gpu_model: name });
    expect((await clusters.get(ID))?.gpuModel).toBe(gpuModel);
  });

  it.each([
    { amount_paid: -0.01 },
    { amount_paid: '1.5' },
    { amount_paid: 1e308 },
    { served_seconds: -1 },
    { duration_hours: 0 },
    { duration_hours: 1.5 },
    { duration_hours: 1e9 },
    { gpus_per_worker: 0 },
    { workers: [{ worker_id: { id: 1 } }] },
    { workers: null },
  ])('does not believe %o', async (wrong) => {
    const clusters = await clientSaying({ ...cluster, ...wrong });
    await expect(clusters.get(ID)).rejects.toMatchObject({
      name: 'ProviderUnclear',
      message: expect.stringContaining(Object.keys(wrong)[0] ?? ''),
    });
  });

  it('is repeated after 503, and no Retry-After makes it wait long', async () => {
    const headers = { 'retry-after': '999999999' };
    const clusters = await clientOf((_request, n) =>
      n < 1 ? { status: 503, headers } : { body: cluster },
    );
    expect(await clusters.get(ID)).toMatchObject({ clusterId: ID });
    expect(server.seen).toHaveLength(2);
  });

  it.each([404, 410])('that gets %i finds nothing', async (status) => {
    const clusters = await clientOf(() => ({ status, body: { detail: 'not there' } }));
    expect(await clusters.get(ID)).toBeUndefined();
    await clusters.destroy(ID);
  });
});

describe('an offer', () => {
  it.each([
    { gpu_model: 'NVIDIA_3090', location: 'fi', available_workers: 1, offers: 1 },
    { gpu_model: 'NVIDIA_3090', location: 'FI', available_workers: 0, offers: 0 },
    { gpu_model: 'NVIDIA_3090', location: 'Finland', available_workers: 1, offers: 0 },
    { gpu_model: 'NVIDIA_3060', location: 'FI', available_workers: 1, offers: 0 },
  ])('of $available_workers $gpu_model in $location counts $offers', async ({ offers, ...one }) => {
    const clusters = await clientSaying({ offers: [one] });
    expect(await clusters.offers(aRequirement({ gpus: 2 }))).toHaveLength(offers);
  });

  it.each([{ available_workers: -1 }, { available_workers: '4' }, { gpu_model: '' }])(
    'with %o makes the whole list unclear',
    async (wrong) => {
      const one = { gpu_model: 'NVIDIA_3090', location: 'FI', available_workers: 4 };
      const clusters = await clientSaying({ offers: [one, { ...one, ...wrong }] });
      await expect(clusters.offers(aRequirement())).rejects.toMatchObject({
        name: 'ProviderUnclear',
      });
    },
  );
});

describe('a quote', () => {
  it.each([
    { total_usd: -0.3 },
    { total_usd: 0 },
    { total_usd: '0.3' },
    { total_usd: 1e300 },
    { num_gpus: 2 },
    { duration_hours: 2 },
  ])('is not taken from a price with %o', async (wrong) => {
    const price = { num_gpus: 4, duration_hours: 1, total_usd: 0.3 };
    const clusters = await clientSaying({ ...price, ...wrong });
    await expect(clusters.quote(offer, 2, 1)).rejects.toMatchObject({ name: 'ProviderUnclear' });
  });
});
