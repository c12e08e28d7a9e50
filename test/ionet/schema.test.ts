import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CaasClient, createCaasClient } from '../../shared/ionet/caas-client.ts';
import { createIonetClusters } from '../../shared/ionet/clusters.ts';
import { createTransport } from '../../shared/ionet/transport.ts';
import { ClusterId, WorkerId } from '../../shared/model/ids.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Clusters } from '../../shared/ports.ts';
import { type ApiFile, apiFile, skipWithoutApiFile } from '../support/ionet-api-file.ts';
import {
  DEPLOYMENT_ID,
  type Endpoint,
  endpointOf,
  IONET_REPLIES,
} from '../support/ionet-replies.ts';
import {
  API_KEY,
  aClusterRequest,
  aRequirement,
  DIGEST,
  ionetWorld,
} from '../support/ionet-world.ts';
import { broken, valuesOf } from '../support/schema-values.ts';
import { type Scripted, type Seen, scriptedServer } from '../support/scripted-server.ts';

/**
 * Client, simulator and hand-written replies against io.net's published API file, so that none of the four
 * drifts from the others. Where the file is absent only the hand-written replies speak for it, and the skipped
 * tests say so.
 */

const BASE = '/enterprise/v1/io-cloud/caas';
const ID = ClusterId.parse(DEPLOYMENT_ID);
const CONTAINER = WorkerId.parse('c-1');
const clock = { now: () => instantOf(Date.UTC(2026, 10, 22)) };

/** Endpoints of the file that Burst has no use for. */
const NOT_CALLED = [
  'GET /node-pools',
  'GET /deployment/{deployment_id}/containers-jobs/{container_id}',
];
const PAID: readonly Endpoint[] = ['POST /deploy', 'POST /deployment/{deployment_id}/extend'];

const deployBody = {
  resource_private_name: 'burst-0123456789ab',
  duration_hours: 1,
  gpus_per_container: 1,
  hardware_id: 204,
  location_ids: [3] as const,
  container_config: {
    replica_count: 2,
    traffic_port: 8080,
    env_variables: { BURST_SLOTS: '1' },
    secret_env_variables: { BURST_TOKEN: 'a-token-only-this-cluster-has' },
    entrypoint: null,
  },
  registry_config: { image_url: `registry.example/worker@${DIGEST}` },
};

const question = { hardwareId: 204, locationId: 3, gpusPerContainer: 1, replicas: 2, hours: 1 };

/** One call of each endpoint, and what of its reply is used. */
const CALLS: Readonly<Record<Endpoint, (caas: CaasClient) => Promise<unknown>>> = {
  'GET /hardware/max-gpus-per-container': (caas) => caas.hardware(),
  'GET /available-replicas': (caas) => caas.replicas(204, 1),
  'GET /price': (caas) => caas.price(question),
  'POST /deploy': (caas) => caas.deploy(deployBody),
  'GET /deployments': (caas) => caas.deployments(0),
  'GET /deployment/{deployment_id}': (caas) => caas.deployment(ID),
  'PATCH /deployment/{deployment_id}': (caas) =>
    caas.update(ID, { env_variables: {}, secret_env_variables: { OLD: null }, command: null }),
  'DELETE /deployment/{deployment_id}': (caas) => caas.destroy(ID),
  'POST /deployment/{deployment_id}/extend': (caas) => caas.extend(ID, 2),
  'GET /deployment/{deployment_id}/containers': (caas) => caas.containers(ID, 0),
  'GET /deployment/{deployment_id}/log/{container_id}': (caas) =>
    caas.log(ID, CONTAINER, 'stdout', 1000),
};
const endpoints = Object.keys(CALLS).filter((one): one is Endpoint => one in CALLS);
const TYPED = endpoints.filter((endpoint) => !endpoint.includes('/log/'));

let server: Awaited<ReturnType<typeof scriptedServer>>;
let caas: CaasClient;
let clusters: Clusters;
let answer: (seen: Seen) => Scripted | Promise<Scripted>;
beforeAll(async () => {
  server = await scriptedServer((seen) => answer(seen));
  const options = {
    baseUrl: `${server.baseUrl}${BASE}`,
    apiKey: API_KEY,
    timeoutMilliseconds: 5000,
  };
  caas = createCaasClient(createTransport(options), clock);
  clusters = createIonetClusters({ ...options, clock });
});
beforeEach(() => {
  server.seen.length = 0;
  answer = ({ method, path }) => {
    const endpoint = endpointOf(method, path);
    return { body: endpoint === undefined ? '' : IONET_REPLIES[endpoint] };
  };
});
afterAll(() => server.close());

describe('the hand-written replies', () => {
  it.each(endpoints)('to %s are read', async (endpoint) => {
    await CALLS[endpoint](caas);
    expect(server.seen.map(({ method, path }) => endpointOf(method, path))).toEqual([endpoint]);
  });
});

describe("io.net's API file", () => {
  let file: ApiFile;
  beforeEach((test) => {
    skipWithoutApiFile(test);
    file = apiFile();
  });
  const problems = () => server.seen.flatMap((seen) => file.problemsOfRequest(seen));

  it('has the endpoints that are called and two that are not', () => {
    expect(file.endpoints.toSorted()).toEqual([...endpoints, ...NOT_CALLED].toSorted());
  });

  it('is what the hand-written replies fit', () => {
    for (const endpoint of TYPED) {
      const [method = '', template = ''] = endpoint.split(' ');
      const path = `${BASE}${template.replace('{deployment_id}', ID)}`;
      expect([endpoint, file.problemsOfReply(method, path, IONET_REPLIES[endpoint])]).toEqual([
        endpoint,
        [],
      ]);
    }
  });

  it('finds what is wrong with a request in its path, query, headers and body', () => {
    const headers = { 'x-api-key': API_KEY, 'content-type': 'application/json' };
    const seen = { method: 'GET', path: `${BASE}/price`, query: {}, headers, body: undefined };
    const words = file.problemsOfRequest({ ...seen, query: { hardware_id: 'x', hours: '1' } });
    expect(words.join()).toMatch(/hours is not known.*location_ids is missing.*is no integer/);
    expect(file.problemsOfRequest({ ...seen, path: `${BASE}/deployment/7` })).toHaveLength(1);
    expect(file.problemsOfRequest({ ...seen, path: `${BASE}/node-pools`, headers: {} })).toEqual([
      `GET ${BASE}/node-pools: header x-api-key is missing`,
    ]);
    const deploy = { ...seen, method: 'POST', path: `${BASE}/deploy` };
    for (const [body, count] of [
      [deployBody, 0],
      [{ ...deployBody, hours: 1 }, 1],
      [{ ...deployBody, hardware_id: '204' }, 1],
      [{ ...deployBody, container_config: undefined }, 1],
    ] as const) {
      expect(file.problemsOfRequest({ ...deploy, body })).toHaveLength(count);
    }
  });

  it('is kept by every request, whatever is asked for', async () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/);
    const orders = fc.record({
      name: word,
      hours: fc.integer({ min: 1, max: 1000 }),
      workers: fc.integer({ min: 1, max: 64 }),
      size: fc.constantFrom(1, 2, 4, 8),
      port: fc.integer({ min: 1, max: 65_535 }),
      env: fc.dictionary(word, fc.string(), { maxKeys: 3, noNullPrototype: true }),
      containerId: fc
        .string({ minLength: 1, maxLength: 40 })
        .filter((id) => WorkerId.safeParse(id).success),
    });
    await fc.assert(
      fc.asyncProperty(orders, async ({ name, hours, workers, size, port, env, containerId }) => {
        const [first] = await clusters.offers(aRequirement({ gpus: 1 }));
        if (first === undefined) throw new Error('no offer');
        const offer = { ...first, offerId: `204/${size}x@3`, gpusPerWorker: size };
        await clusters.quote(offer, workers, hours).catch(() => undefined);
        const order = { name, hours, workers, port, env, secretEnv: env };
        await clusters.create(aClusterRequest(offer, order));
        await clusters.findByName(name);
        await clusters.get(ID);
        await clusters.extend(ID, hours);
        await caas.update(ID, {
          env_variables: env,
          secret_env_variables: env,
          traffic_port: port,
        });
        if (!/^\.{1,2}$/.test(containerId)) {
          await clusters.logs(ID, WorkerId.parse(containerId), { maxBytes: 10 });
        }
        await clusters.destroy(ID);
      }),
      { numRuns: 12 },
    );
    expect(problems()).toEqual([]);
    expect(new Set(server.seen.map((seen) => file.endpointOf(seen)))).toEqual(new Set(endpoints));
  });

  it.each(TYPED)('allows no reply to %s that is not read', async (endpoint) => {
    await fc.assert(
      fc.asyncProperty(repliesTo(endpoint), fc.boolean(), async (body, bare) => {
        const data = bare && typeof body === 'object' && body !== null && 'data' in body;
        answer = () => ({ body: data ? body.data : body });
        await CALLS[endpoint](caas);
      }),
      { numRuns: 15 },
    );
    expect(problems()).toEqual([]);
  });

  it.each(TYPED)(
    'read against a reply to %s that breaks it, is a value or a named error',
    async (endpoint) => {
      await fc.assert(
        fc.asyncProperty(broken(repliesTo(endpoint)), async (body) => {
          const before = server.seen.length;
          answer = () => ({ body });
          const error: unknown = await CALLS[endpoint](caas).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          expect(server.seen.length - before).toBe(1);
          if (error === undefined) return;
          const name = PAID.includes(endpoint) ? 'CreateOutcomeUnknown' : 'ProviderUnclear';
          expect(error).toMatchObject({ name });
        }),
        { numRuns: 25 },
      );
      expect(problems()).toEqual([]);
    },
  );

  it.each(endpoints)(
    'has a list of what was wrong with %s, and each place is named',
    async (endpoint) => {
      const refusals = valuesOf(file.replySchema('POST', `${BASE}/deploy`, '422'), file.resolve);
      await fc.assert(
        fc.asyncProperty(refusals, async (body) => {
          answer = () => ({ status: 422, body });
          const refused = { name: 'ProviderRefused', context: { status: 422 } };
          await expect(CALLS[endpoint](caas)).rejects.toMatchObject(refused);
        }),
        { numRuns: 5 },
      );
    },
  );

  function repliesTo(endpoint: Endpoint): fc.Arbitrary<unknown> {
    const [method = '', template = ''] = endpoint.split(' ');
    const path = `${BASE}${template.replace('{deployment_id}', ID)}`;
    return valuesOf(file.replySchema(method, path), file.resolve);
  }
});

describe('the simulator behind the client', () => {
  let world: Awaited<ReturnType<typeof ionetWorld>>;
  beforeEach(async (test) => {
    skipWithoutApiFile(test);
    world = await ionetWorld({ behaviour: { spread: 0 } });
  });
  afterEach(() => world?.close());

  it('gets and gives what the API file says, refusals included', async () => {
    const file = apiFile();
    const wrong: string[] = [];
    answer = async (seen) => {
      const { port } = world.simulator;
      const url = `http://127.0.0.1:${port}${seen.path}?${new URLSearchParams({ ...seen.query })}`;
      const reply = await fetch(url, {
        method: seen.method,
        headers: { 'x-api-key': API_KEY },
        ...(seen.body === undefined ? {} : { body: JSON.stringify(seen.body) }),
      });
      const text = await reply.text();
      const status = reply.status === 200 ? '200' : reply.status === 422 ? '422' : undefined;
      if (status === '422') unfit.push(file.endpointOf(seen));
      else wrong.push(...file.problemsOfRequest(seen));
      if (status !== undefined && !seen.path.includes('/log/')) {
        const problems = file.problemsOfReply(seen.method, seen.path, JSON.parse(text), status);
        wrong.push(...problems.map((problem) => `${file.endpointOf(seen)}: ${problem}`));
      }
      return { status: reply.status, body: text };
    };
    const unfit: string[] = [];
    const refused = { name: 'ProviderRefused' };

    const [offer] = await clusters.offers(aRequirement());
    if (offer === undefined) throw new Error('no offer');
    await clusters.quote(offer, 1, 1);
    const id = await clusters.create(aClusterRequest(offer));
    await world.advance(300);
    await clusters.list();
    const view = await clusters.get(id);
    await clusters.extend(id, 1);
    await clusters.logs(id, WorkerId.parse(view?.workers[0]?.workerId), { maxBytes: 100 });
    await caas.update(id, { env_variables: { BURST_NEW: '1' } });
    await expect(clusters.extend(id, 0)).rejects.toMatchObject(refused);
    await expect(caas.update(id, { traffic_port: 0 })).rejects.toMatchObject(refused);
    await expect(caas.price({ ...question, hours: 0 })).rejects.toMatchObject(refused);
    await clusters.destroy(id);
    expect(await clusters.get(ID)).toBeUndefined();

    expect(new Set(server.seen.map((seen) => file.endpointOf(seen)))).toEqual(new Set(endpoints));
    expect(unfit).toHaveLength(3);
    // The one field the file does not have; a third-party client has seen it.
    expect(wrong).toEqual([
      'GET /deployments: $.data.deployments[0] has a field of no known name: created_at',
    ]);
  });
});
