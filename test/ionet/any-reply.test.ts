import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIonetClusters } from '../../shared/ionet/clusters.ts';
import { readAll } from '../../shared/ionet/pages.ts';
import { failureOf } from '../../shared/ionet/refusal.ts';
import { stored } from '../../shared/memory/stored-values.ts';
import { ClusterId, WorkerId } from '../../shared/model/ids.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Clusters } from '../../shared/ports.ts';
import { anyText } from '../support/any-text.ts';
import { API_KEY, aClusterRequest, aRequirement } from '../support/ionet-world.ts';
import { type Scripted, scriptedServer } from '../support/scripted-server.ts';

const ID = ClusterId.parse('d-1');
const NOW = instantOf(Date.UTC(2026, 10, 22));
const offer = {
  offerId: '204/1x@3',
  gpuModel: 'RTX 4090',
  gpusPerWorker: 1,
  location: 'FI',
  locationId: '3',
  availableWorkers: 4,
};

const asked: Readonly<Record<string, (clusters: Clusters) => Promise<unknown>>> = {
  offers: (clusters) => clusters.offers(aRequirement()),
  quote: (clusters) => clusters.quote(offer, 1, 1),
  find: (clusters) => clusters.findByName('burst-0123456789ab'),
  create: (clusters) => clusters.create(aClusterRequest(offer)),
  get: (clusters) => clusters.get(ID),
  extend: (clusters) => clusters.extend(ID, 1),
  destroy: (clusters) => clusters.destroy(ID),
  logs: (clusters) => clusters.logs(ID, WorkerId.parse('c-1'), { maxBytes: 100 }),
};
const PAID = ['create', 'extend'];

/** Every field any question is answered with, all of them right. */
const RIGHT: Readonly<Record<string, unknown>> = {
  hardware: [{ hardware_id: 204, hardware_name: 'GeForce RTX 4090', max_gpus_per_container: 8 }],
  deployment_id: 'd-1',
  total: 1,
  deployments: [{ id: 'd-1', name: 'burst-0123456789ab', status: 'running', created_at: NOW }],
  workers: [{ container_id: 'c-1', public_url: 'https://c-1.example' }],
  id: 'd-1',
  status: 'running',
  started_at: '2026-11-22T10:00:00Z',
  finished_at: null,
  amount_paid: 1.5,
  hardware_name: 'GeForce RTX 4090',
  gpus_per_container: 1,
  total_containers: 1,
  compute_minutes_served: 10,
  compute_minutes_remaining: 50,
  replica_count: 1,
  total_cost_usdc: 0.3,
};
const PLACE = { id: 3, iso2: 'FI', available_replicas: 4 };

const wrong = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(-1, 1e-200, 1e308, 2 ** 53, '1.5', '', null, [], {}, 'x'.repeat(5000)),
  anyText({ maxLength: 20 }),
);

/** The right reply with one field, or one of a list inside it, put wrong. */
const almostRight = fc
  .tuple(fc.constantFrom(...Object.keys(RIGHT)), fc.nat(3), wrong)
  .map(([field, place, value]) => {
    const list: unknown = RIGHT[field];
    const [entry] = Array.isArray(list) ? list : [];
    const names = Object.keys(entry ?? {});
    const name = names[place];
    return { ...RIGHT, [field]: name === undefined ? value : [{ ...entry, [name]: value }] };
  });

/** A reply to any question, and what stands in it where places are asked for. */
const replies = fc.record({
  // 408 and 5xx are asked again after a pause; `replies.test.ts` has those.
  status: fc.oneof(
    { weight: 3, arbitrary: fc.constant(200) },
    fc.constantFrom(201, 204, 206, 301, 307, 400, 401, 402, 403, 404, 409, 410, 418, 422, 429, 451),
  ),
  headers: fc.record({
    'content-type': fc.constantFrom('application/json', 'text/html', 'text/event-stream', 'x'),
    'retry-after': fc.oneof(
      fc.integer().map(String),
      fc.constantFrom('999999999', 'soon', '', 'Sun, 22 Nov 2099 10:00:00 GMT'),
    ),
    location: fc.constantFrom('http://169.254.169.254/', '/elsewhere', 'file:///etc/passwd'),
  }),
  body: fc.oneof(
    { weight: 4, arbitrary: almostRight },
    { weight: 1, arbitrary: almostRight.map((data) => ({ data })) },
    fc.json(),
    anyText(),
    anyText().map((detail) => ({ detail })),
  ),
  places: fc
    .tuple(wrong, fc.constantFrom('name', 'id', 'iso2', 'available_replicas'))
    .map(([value, name]) => [{ ...PLACE, [name]: value }]),
});

const NAMED = [
  ...['ProviderUnclear', 'CreateOutcomeUnknown', 'CapacityUnavailable', 'ProviderRefused'],
  ...['BudgetExceeded', 'Throttled'],
];
const ONE_LINE = /^[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]{1,700}$/u;

describe('any reply of the provider', () => {
  let server: Awaited<ReturnType<typeof scriptedServer>>;
  let clusters: Clusters;
  let reply: Scripted = {};
  let places: unknown;

  beforeAll(async () => {
    server = await scriptedServer(({ path }) =>
      path === '/available-replicas' ? { body: places } : reply,
    );
    clusters = createIonetClusters({
      baseUrl: server.baseUrl,
      apiKey: API_KEY,
      clock: { now: () => NOW },
      timeoutMilliseconds: 5000,
    });
  });
  afterAll(() => server.close());

  it.each(Object.entries(asked))(
    'to %s is something the ledger can keep, or an error the state machine knows',
    async (name, ask) => {
      const outcomes = new Set<string>();
      await fc.assert(
        fc.asyncProperty(replies, async (scripted) => {
          ({ places, ...reply } = scripted);
          const before = server.seen.length;
          const outcome = await ask(clusters).then(
            (value) => ({ value }),
            (error: unknown) => ({ error }),
          );
          expect(server.seen.length - before).toBeLessThanOrEqual(PAID.includes(name) ? 1 : 4);
          if ('value' in outcome) {
            outcomes.add('value');
            if (outcome.value !== undefined) stored(outcome.value);
            return;
          }
          const { error } = outcome;
          if (!(error instanceof Error)) throw new Error('no error was thrown');
          outcomes.add(error.name);
          expect(NAMED).toContain(error.name);
          expect(error.message).toMatch(ONE_LINE);
          expect(error.name).not.toBe(
            PAID.includes(name) ? 'ProviderUnclear' : 'CreateOutcomeUnknown',
          );
        }),
        { numRuns: 40 },
      );
      expect(outcomes.size).toBeGreaterThan(1);
    },
  );

  it('of any other status means one of the six, with a wait of a quarter of an hour at most', () => {
    const status = fc.oneof(fc.integer({ min: 300, max: 599 }), fc.constantFrom(402, 422, 429));
    const retryAfter = fc.option(fc.oneof(anyText(), fc.double().map(String)), { nil: undefined });
    const text = fc.oneof(
      anyText({ maxLength: 500 }),
      fc.json(),
      almostRight.map((one) => JSON.stringify(one)),
    );
    fc.assert(
      fc.property(status, text, retryAfter, fc.boolean(), (code, words, after, paid) => {
        const refusal = { status: code, text: words, retryAfter: after };
        const error = failureOf({ name: 'deploy', paid }, refusal, NOW);
        expect(NAMED).toContain(error.name);
        expect(error.message).toMatch(ONE_LINE);
        const wait = /"retryAfterSeconds":(-?\d+)/.exec(JSON.stringify(error))?.[1] ?? '0';
        expect(Number(wait)).toBeGreaterThanOrEqual(0);
        expect(Number(wait)).toBeLessThanOrEqual(900);
      }),
      { numRuns: 300 },
    );
  });
});

describe('any list of the provider', () => {
  it('is read to its end or given up, within 500 pages', async () => {
    const page = fc.record({
      total: fc.constantFrom(0, 1, 99, 100, 101, 1000, 2 ** 52),
      ids: fc.array(fc.nat(150), { maxLength: 120 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(page, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (pages, fresh) => {
          let asks = 0;
          const pageAt = async (at: number) => {
            asks += 1;
            const { total, ids } = pages[at % pages.length] ?? { total: 0, ids: [] };
            return { total, items: fresh ? ids.map((id) => `${at}-${id}`) : ids.map(String) };
          };
          const outcome = await readAll('the list', pageAt, (item) => item).catch(
            (error: unknown) => error,
          );
          expect(asks).toBeLessThanOrEqual(500);
          if (outcome instanceof Error) expect(outcome.name).toBe('ProviderUnclear');
          else expect(outcome).toEqual(expect.any(Array));
        },
      ),
      { numRuns: 100 },
    );
  });
});
