import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { createCaasClient } from '../../shared/ionet/caas-client.ts';
import { createIonetClusters } from '../../shared/ionet/clusters.ts';
import { createTransport } from '../../shared/ionet/transport.ts';
import { ClusterId, WorkerId } from '../../shared/model/ids.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Clusters, Offer } from '../../shared/ports.ts';
import { API_KEY, aClusterRequest, aRequirement } from '../support/ionet-world.ts';
import { type Scripted, type Seen, scriptedServer } from '../support/scripted-server.ts';
import { unusableReplies } from '../support/unusable-replies.ts';

const ID = ClusterId.parse('d-1');

const offer: Offer = {
  offerId: '204/1x@3',
  gpuModel: 'RTX 4090',
  gpusPerWorker: 1,
  location: 'FI',
  locationId: '3',
  availableWorkers: 4,
};

const detail = {
  id: 'd-1',
  status: 'destroyed',
  started_at: '2026-11-22T10:00:00Z',
  finished_at: null,
  amount_paid: 1.5,
  hardware_name: 'GeForce RTX 4090',
  gpus_per_container: 1,
  total_containers: 1,
  compute_minutes_served: 10,
  compute_minutes_remaining: 50,
};

const ack = { status: 'ok', deployment_id: 'd-1' };

let server: Awaited<ReturnType<typeof scriptedServer>>;
afterEach(() => server?.close());

async function clientOf(
  answer: (request: Seen, n: number) => Scripted,
  timeoutMilliseconds = 5000,
): Promise<Clusters> {
  server = await scriptedServer(answer);
  return createIonetClusters({
    baseUrl: server.baseUrl,
    apiKey: API_KEY,
    clock: { now: () => instantOf(Date.UTC(2026, 10, 22)) },
    timeoutMilliseconds,
  });
}

const clientSaying = (body: unknown) => clientOf(() => ({ body }));

/** What makes no answer to anything. */
const UNUSABLE: readonly { readonly what: string; readonly scripted: Scripted }[] = [
  ...unusableReplies(detail),
  {
    what: 'an id of 129 characters',
    scripted: { body: { ...detail, id: 'x'.repeat(129), deployment_id: 'x'.repeat(129) } },
  },
  {
    what: 'an id with a line end',
    scripted: { body: { ...detail, id: 'd\n1', deployment_id: 'd\n1' } },
  },
  {
    what: '100 MB announced and one byte sent',
    scripted: { headers: { 'content-length': '100000000', connection: 'close' }, body: '{' },
  },
];

describe('a paid call', () => {
  it.each(UNUSABLE)('that gets $what may have bought', async ({ scripted }) => {
    const clusters = await clientOf(() => scripted);
    const name = 'CreateOutcomeUnknown';
    await expect(clusters.create(aClusterRequest(offer))).rejects.toMatchObject({ name });
    await expect(clusters.extend(ID, 1)).rejects.toMatchObject({ name });
    expect(server.seen).toHaveLength(2);
  });

  it.each(['hang up', 'silence', 'drip'] as const)(
    'that meets "%s" may have bought, within its time and at one attempt',
    async (scripted) => {
      const clusters = await clientOf(() => scripted, 150);
      const name = 'CreateOutcomeUnknown';
      await expect(clusters.create(aClusterRequest(offer))).rejects.toMatchObject({ name });
      expect(server.seen).toHaveLength(1);
    },
  );

  it.each([500, 502, 503, 504])('that gets %i is not repeated', async (status) => {
    const clusters = await clientOf(() => ({ status, headers: { 'retry-after': '0' } }));
    const name = 'CreateOutcomeUnknown';
    await expect(clusters.create(aClusterRequest(offer))).rejects.toMatchObject({ name });
    await expect(clusters.extend(ID, 1)).rejects.toMatchObject({ name });
    expect(server.seen).toHaveLength(2);
  });

  it('that nobody listens to may have bought', async () => {
    const clusters = await clientOf(() => 'hang up');
    await server.close();
    await expect(clusters.create(aClusterRequest(offer))).rejects.toMatchObject({
      name: 'CreateOutcomeUnknown',
    });
  });

  it('is refused by its status line even when the text is 2 MiB', async () => {
    const clusters = await clientOf(() => ({ status: 402, body: 'x'.repeat(2 ** 21) }));
    await expect(clusters.create(aClusterRequest(offer))).rejects.toMatchObject({
      name: 'BudgetExceeded',
    });
  });

  it.each([
    { what: 'as documented', body: ack },
    { what: 'inside data', body: { data: ack } },
    { what: 'with a number as id', body: { ...ack, deployment_id: 17 } },
  ])('reads its acknowledgement $what', async ({ body }) => {
    const clusters = await clientSaying(body);
    const expected = String('data' in body ? body.data.deployment_id : body.deployment_id);
    expect(await clusters.create(aClusterRequest(offer))).toBe(expected);
  });
});

describe('a look', () => {
  it.each(UNUSABLE)('that gets $what knows nothing', async ({ scripted }) => {
    const clusters = await clientOf(() => scripted);
    await expect(clusters.get(ID)).rejects.toMatchObject({ name: 'ProviderUnclear' });
  });

  it.each(['silence', 'drip'] as const)('that meets "%s" ends in time', async (scripted) => {
    const clusters = await clientOf(() => scripted, 150);
    await expect(clusters.get(ID)).rejects.toMatchObject({
      name: 'ProviderUnclear',
      message: 'look: no answer within 150 ms',
    });
  });

  it('is repeated twice after 503, and no Retry-After makes it wait long', async () => {
    const clusters = await clientOf((_request, n) =>
      n < 2 ? { status: 503, headers: { 'retry-after': '999999999' } } : { body: { data: detail } },
    );
    expect(await clusters.get(ID)).toMatchObject({ clusterId: ID });
    expect(server.seen).toHaveLength(3);
  });

  it('is given up after the third failure', async () => {
    const clusters = await clientOf(() => ({ status: 500, body: { detail: 'boom' } }));
    await expect(clusters.get(ID)).rejects.toMatchObject({
      name: 'ProviderUnclear',
      message: 'look answered 500: boom',
    });
    expect(server.seen).toHaveLength(3);
  });

  it('is not repeated after 429', async () => {
    const clusters = await clientOf(() => ({
      status: 429,
      headers: { 'retry-after': '999999999' },
    }));
    await expect(clusters.get(ID)).rejects.toMatchObject({
      name: 'Throttled',
      context: { retryAfterSeconds: 900 },
    });
    expect(server.seen).toHaveLength(1);
  });

  it.each([404, 410])('that gets %i finds nothing', async (status) => {
    const clusters = await clientOf(() => ({ status, body: { detail: 'no longer available' } }));
    expect(await clusters.get(ID)).toBeUndefined();
    await clusters.destroy(ID);
  });

  it.each([
    { status: 'deployment requested', phase: 'PROVISIONING' },
    { status: 'DEPLOYMENT_REQUESTED', phase: 'PROVISIONING' },
    { status: ' Running ', phase: 'RUNNING' },
    { status: 'completed', phase: 'EXPIRED' },
    { status: 'FAILED', phase: 'FAILED' },
    { status: 'Termination_Requested', phase: 'DELETING' },
    { status: 'destroyed', phase: 'DELETED' },
    { status: 'UPDATE REQUESTED', phase: 'UNKNOWN' },
    { status: 'ok', phase: 'UNKNOWN' },
    { status: 'constructor', phase: 'UNKNOWN' },
    { status: '', phase: 'UNKNOWN' },
    { status: null, phase: 'UNKNOWN' },
    { status: 7, phase: 'UNKNOWN' },
  ])('reads status $status as $phase', async ({ status, phase }) => {
    const clusters = await clientOf(({ path }) => ({
      body: path.endsWith('containers')
        ? { data: { total: 0, workers: [] } }
        : { data: { ...detail, status } },
    }));
    expect((await clusters.get(ID))?.phase).toBe(phase);
  });

  it.each([
    { text: '2026-11-22T10:00:00', instant: '2026-11-22T10:00:00.000Z' },
    { text: '2026-11-22 10:00:00.123456', instant: '2026-11-22T10:00:00.123Z' },
    { text: '2026-11-22T10:00Z', instant: '2026-11-22T10:00:00.000Z' },
    { text: '2026-11-22T12:00:00+02:00', instant: '2026-11-22T10:00:00.000Z' },
    { text: '2026-11-22T12:00:00+0200', instant: '2026-11-22T10:00:00.000Z' },
    { text: '2026-11-22T12:00:00+02', instant: '2026-11-22T10:00:00.000Z' },
    { text: '9999-12-31T23:59:59-01:00', instant: undefined },
    { text: '2026-13-22T10:00:00', instant: undefined },
    { text: 'yesterday', instant: undefined },
    { text: null, instant: undefined },
    { text: 1_763_805_600, instant: undefined },
  ])('reads time $text as $instant', async ({ text, instant }) => {
    const clusters = await clientSaying({ data: { ...detail, started_at: text } });
    expect((await clusters.get(ID))?.startedAt).toBe(instant);
  });

  it.each([
    { served: 0, remaining: 0, paid: 3600 },
    { served: 0, remaining: 60, paid: 3600 },
    { served: 10, remaining: 49, paid: 3600 },
    { served: 11, remaining: 50, paid: 3600 },
    { served: 59.5, remaining: 60.5, paid: 7200 },
    { served: 60, remaining: 119, paid: 10_800 },
  ])(
    'takes $served + $remaining minutes for $paid bought seconds',
    async ({ served, remaining, paid }) => {
      const minutes = { compute_minutes_served: served, compute_minutes_remaining: remaining };
      const clusters = await clientSaying({ ...detail, ...minutes });
      expect(await clusters.get(ID)).toMatchObject({
        paidSeconds: paid,
        servedSeconds: served * 60,
      });
    },
  );

  it.each([
    { amount_paid: -1 },
    { amount_paid: '1.5' },
    { amount_paid: null },
    { amount_paid: 1e308 },
    { compute_minutes_served: -1 },
    { compute_minutes_remaining: 'many' },
  ])('does not believe %o', async (wrong) => {
    const clusters = await clientSaying({ data: { ...detail, ...wrong } });
    await expect(clusters.get(ID)).rejects.toMatchObject({
      name: 'ProviderUnclear',
      message: expect.stringContaining(Object.keys(wrong)[0] ?? ''),
    });
  });

  it('shows a container without a URL as one without a URL', async () => {
    const workers = [
      { container_id: 'c-1', public_url: null },
      { container_id: 2, public_url: ' ' },
      { container_id: 'c-3', public_url: 'https://c-3.example', something: 'new' },
    ];
    const clusters = await clientOf(({ path }) => ({
      body: path.endsWith('containers')
        ? { data: { total: 3, workers } }
        : { data: { ...detail, status: 'running' } },
    }));
    expect((await clusters.get(ID))?.workers).toEqual([
      { workerId: 'c-1', url: undefined },
      { workerId: '2', url: undefined },
      { workerId: 'c-3', url: 'https://c-3.example' },
    ]);
  });

  it.each([
    { what: 'is longer than any', public_url: `https://${'x'.repeat(2041)}` },
    { what: 'has a line end', public_url: 'https://c-1.example/\r\nx: y' },
    { what: 'is half a pair', public_url: 'https://\ud800.example' },
    { what: 'is a number', public_url: 7 },
    { what: 'is a list', public_url: ['https://c-1.example'] },
  ])('loses no other worker by one whose URL $what', async ({ public_url }) => {
    const good = { container_id: 'c-2', public_url: 'https://c-2.example' };
    const clusters = await clientOf(({ path }) => ({
      body: path.endsWith('containers')
        ? { data: { total: 2, workers: [{ container_id: 'c-1', public_url }, good] } }
        : { data: { ...detail, status: 'running' } },
    }));
    expect((await clusters.get(ID))?.workers).toEqual([
      { workerId: 'c-1', url: undefined },
      { workerId: 'c-2', url: 'https://c-2.example' },
    ]);
  });

  it('names hardware in a few printable words', async () => {
    const clusters = await clientSaying({
      data: { ...detail, hardware_name: `RTX\u001b[2J${'x'.repeat(1e5)}` },
    });
    expect((await clusters.get(ID))?.gpuModel).toBe(`RTX [2J${'x'.repeat(92)}…`);
  });

  it('shows no workers while the containers are not known yet', async () => {
    const clusters = await clientOf(({ path }) =>
      path.endsWith('containers')
        ? { status: 404 }
        : { body: { data: { ...detail, status: 'running' } } },
    );
    expect((await clusters.get(ID))?.workers).toEqual([]);
  });
});

describe('a quote', () => {
  const price = { replica_count: 1, gpus_per_container: 1, total_cost_usdc: 0.3 };

  it.each([
    { total_cost_usdc: -0.3 },
    { total_cost_usdc: 0 },
    { total_cost_usdc: '0.3' },
    { total_cost_usdc: null },
    { total_cost_usdc: 1e300 },
    { replica_count: 2 },
    { gpus_per_container: 8 },
  ])('is not taken from a price with %o', async (wrong) => {
    const clusters = await clientSaying({ data: { ...price, ...wrong } });
    await expect(clusters.quote(offer, 1, 1)).rejects.toMatchObject({ name: 'ProviderUnclear' });
  });
});

describe('offers', () => {
  it('leaves out hardware the availability call does not know', async () => {
    const hardware = ['RTX 3090', 'RTX 4090'].map((hardware_name, n) => ({
      hardware_id: `hw-${n}`,
      hardware_name,
      max_gpus_per_container: 1,
      available: 1,
    }));
    const clusters = await clientOf(({ path, query }) => {
      if (path.startsWith('/hardware')) return { body: { hardware, total: 2 } };
      if (query.hardware_id === 'hw-0') return { status: 404 };
      return { body: [{ id: 'US', iso2: 'US', name: 'here', available_replicas: 1 }] };
    });
    const offers = await clusters.offers(aRequirement());
    expect(offers.map(({ offerId }) => offerId)).toEqual(['hw-1/1x@US']);
  });
});

describe('a key that is refused', () => {
  it('is not taken for hardware of which nothing is free', async () => {
    const hardware = [{ hardware_id: 1, hardware_name: 'RTX 4090', max_gpus_per_container: 1 }];
    const clusters = await clientOf(({ path }) =>
      path.startsWith('/hardware') ? { body: { hardware, total: 1 } } : { status: 403 },
    );
    await expect(clusters.offers(aRequirement())).rejects.toMatchObject({
      name: 'ProviderRefused',
      context: { apiKey: 'refused' },
    });
  });
});

describe('an update', () => {
  const change = {
    env_variables: { MODE: 'fast' },
    secret_env_variables: { BURST_TOKEN: 'a-token-only-this-cluster-has', OLD: null },
    registry_secret: 'robots-password',
  };
  async function caasOf(scripted: Scripted) {
    server = await scriptedServer(() => scripted);
    const options = { baseUrl: server.baseUrl, apiKey: API_KEY, timeoutMilliseconds: 5000 };
    return createCaasClient(createTransport(options), { now: () => instantOf(0) });
  }

  it('sends what changes and reads the acknowledgement', async () => {
    const caas = await caasOf({ body: { status: 'UPDATE REQUESTED', deployment_id: 'd-1' } });
    expect(await caas.update(ID, change)).toMatchObject({ deployment_id: 'd-1' });
    expect(server.seen).toMatchObject([{ method: 'PATCH', path: '/deployment/d-1', body: change }]);
  });

  it.each([408, 429, 500, 503])('that gets %i is not repeated', async (status) => {
    const caas = await caasOf({ status, headers: { 'retry-after': '0' } });
    const name = status === 429 ? 'Throttled' : 'ProviderUnclear';
    await expect(caas.update(ID, change)).rejects.toMatchObject({ name });
    expect(server.seen).toHaveLength(1);
  });

  it('keeps its secrets out of a refusal that echoes them', async () => {
    const caas = await caasOf({ status: 422, body: { detail: JSON.stringify(change) } });
    const words = await caas.update(ID, change).catch(inspectDeep);
    expect(words).toContain('[secret]');
    expect(words).not.toContain('a-token-only-this-cluster-has');
    expect(words).not.toContain('robots-password');
  });
});

describe('a log', () => {
  const worker = WorkerId.parse('c-1');

  it('is the end of both streams, however long they are', async () => {
    const clusters = await clientOf(({ query }) => ({
      body: `${'x'.repeat(3_000_000)}${query.stream}`,
    }));
    expect(await clusters.logs(ID, worker, { maxBytes: 14 })).toBe('xstdoutxstderr');
  });

  it('starts with a whole character', async () => {
    const clusters = await clientSaying('x😀z');
    expect(await clusters.logs(ID, worker, { maxBytes: 8 })).toBe('zz');
  });

  it('is what arrived when the stream never ends', async () => {
    const clusters = await clientOf(() => 'drip', 150);
    expect(await clusters.logs(ID, worker, { maxBytes: 100 })).toBe('{{');
  });

  it('is the lines of an event stream', async () => {
    const headers = { 'content-type': 'text/event-stream' };
    const clusters = await clientOf(() => ({ headers, body: 'data: one\ndata: two\n' }));
    expect(await clusters.logs(ID, worker, { maxBytes: 1000 })).toBe('one\ntwo\none\ntwo\n');
  });
});

describe('secrets', () => {
  it.each([400, 401, 422, 500, 429])(
    'stay out of the error of a %i that echoes them',
    async (status) => {
      const clusters = await clientOf(({ body }) => ({
        status,
        body: { detail: `bad key ${API_KEY} in ${JSON.stringify(body)}` },
      }));
      const errors = await Promise.all([
        clusters.create(aClusterRequest(offer)).catch(inspectDeep),
        clusters.list().catch(inspectDeep),
      ]);
      for (const words of errors) {
        expect(words).toContain('bad key [secret]');
        expect(words).not.toContain(API_KEY);
        expect(words).not.toContain('a-token-only-this-cluster-has');
      }
    },
  );

  it.each(['', ' ', `${API_KEY}\nand-more`, `${API_KEY}é`])(
    'stay out of the complaint about key %o, which no header may hold',
    (apiKey) => {
      const options = { clock: { now: () => instantOf(0) }, timeoutMilliseconds: 1000 };
      expect(() => createIonetClusters({ ...options, baseUrl: 'http://x', apiKey })).toThrow(
        /^the io.net API key is empty or has characters no header may hold$/,
      );
    },
  );

  it('work with a line break after the key, as files have it', async () => {
    server = await scriptedServer(() => ({ body: { total: 0, deployments: [] } }));
    const clusters = createIonetClusters({
      baseUrl: server.baseUrl,
      apiKey: `${API_KEY}\n`,
      clock: { now: () => instantOf(0) },
      timeoutMilliseconds: 1000,
    });
    expect(await clusters.list()).toEqual([]);
    expect(server.seen[0]?.headers['x-api-key']).toBe(API_KEY);
  });

  it.each(['hang up', 'silence'] as const)('stay out of the error of a "%s"', async (scripted) => {
    const clusters = await clientOf(() => scripted, 150);
    const words = await clusters.create(aClusterRequest(offer)).catch(inspectDeep);
    expect(words).toContain('CreateOutcomeUnknown');
    expect(words).not.toContain(API_KEY);
  });
});

const inspectDeep = (error: unknown): string =>
  inspect(error, { depth: 20, showHidden: true, getters: true });
