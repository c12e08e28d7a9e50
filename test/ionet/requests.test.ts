import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createIonetClusters } from '../../shared/ionet/clusters.ts';
import { ClusterId, WorkerId } from '../../shared/model/ids.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Clusters } from '../../shared/ports.ts';
import { DEPLOYMENT_ID, endpointOf, IONET_REPLIES } from '../support/ionet-replies.ts';
import { API_KEY, aClusterRequest, aRequirement, IMAGE } from '../support/ionet-world.ts';
import { type Seen, scriptedServer } from '../support/scripted-server.ts';

const ID = ClusterId.parse(DEPLOYMENT_ID);
const BASE = '/enterprise/v1/io-cloud/caas';

const replyTo = ({ method, path }: Seen) => {
  const endpoint = endpointOf(method, path);
  return { body: endpoint === undefined ? '' : IONET_REPLIES[endpoint] };
};

describe('the requests of the io.net client', () => {
  let server: Awaited<ReturnType<typeof scriptedServer>>;
  let clusters: Clusters;
  beforeEach(async () => {
    server = await scriptedServer(replyTo);
    clusters = createIonetClusters({
      baseUrl: `${server.baseUrl}${BASE}`,
      apiKey: API_KEY,
      clock: { now: () => instantOf(0) },
      timeoutMilliseconds: 5000,
    });
  });
  afterEach(() => server.close());

  async function callEverything(): Promise<void> {
    const [offer] = await clusters.offers(aRequirement());
    if (offer === undefined) throw new Error('no offer');
    await clusters.quote(offer, 2, 1);
    await clusters.create(aClusterRequest(offer, { workers: 2, env: { BURST_SLOTS: '1' } }));
    await clusters.list();
    await clusters.get(ID);
    await clusters.extend(ID, 2);
    await clusters.logs(ID, WorkerId.parse('container/1'), { maxBytes: 100 });
    await clusters.destroy(ID);
  }

  it('are these', async () => {
    await callEverything();
    expect(
      server.seen.map(({ method, path, query }) => [method, path.slice(BASE.length), query]),
    ).toEqual([
      ['GET', '/hardware/max-gpus-per-container', {}],
      ['GET', '/available-replicas', { hardware_id: '204', hardware_qty: '1' }],
      ['GET', '/available-replicas', { hardware_id: '204', hardware_qty: '8' }],
      [
        'GET',
        '/price',
        {
          location_ids: '[3]',
          hardware_id: '204',
          duration_hours: '1',
          gpus_per_container: '1',
          replica_count: '2',
        },
      ],
      ['POST', '/deploy', {}],
      ['GET', '/deployments', { page: '0', page_size: '100' }],
      ['GET', `/deployment/${ID}`, {}],
      ['GET', `/deployment/${ID}/containers`, { page: '0', page_size: '100' }],
      ['POST', `/deployment/${ID}/extend`, {}],
      ['GET', `/deployment/${ID}/log/container%2F1`, { stream: 'stdout' }],
      ['GET', `/deployment/${ID}/log/container%2F1`, { stream: 'stderr' }],
      ['DELETE', `/deployment/${ID}`, {}],
    ]);
    expect(server.seen.every(({ headers }) => headers['x-api-key'] === API_KEY)).toBe(true);
  });

  it('buy with exactly these fields', async () => {
    await callEverything();
    const bodies = server.seen.filter(({ body }) => body !== undefined).map(({ body }) => body);
    expect(bodies).toEqual([
      {
        resource_private_name: 'burst-0123456789ab',
        duration_hours: 1,
        gpus_per_container: 1,
        hardware_id: 204,
        location_ids: [3],
        container_config: {
          replica_count: 2,
          traffic_port: 8080,
          env_variables: { BURST_SLOTS: '1' },
          secret_env_variables: { BURST_TOKEN: 'a-token-only-this-cluster-has' },
          entrypoint: null,
        },
        registry_config: { image_url: IMAGE },
      },
      { duration_hours: 2 },
    ]);
  });

  it('log in to a registry where its images are not public', async () => {
    const registry = { username: 'robot', password: 'robots-password' };
    const withLogin = createIonetClusters({
      baseUrl: `${server.baseUrl}${BASE}`,
      apiKey: API_KEY,
      registry,
      clock: { now: () => instantOf(0) },
      timeoutMilliseconds: 5000,
    });
    const [offer] = await withLogin.offers(aRequirement());
    if (offer === undefined) throw new Error('no offer');
    await withLogin.create(aClusterRequest(offer));
    expect(server.seen.at(-1)?.body).toMatchObject({
      registry_config: {
        image_url: IMAGE,
        registry_username: 'robot',
        registry_secret: 'robots-password',
      },
    });
  });

  it('round a price up to whole micro-dollars', async () => {
    const [offer] = await clusters.offers(aRequirement());
    expect(offer && (await clusters.quote(offer, 2, 1))).toEqual({ totalMicroUsd: 1_234_568 });
  });

  it.each(['.', '..'])('never climb to another endpoint by an id like %o', async (id) => {
    await expect(clusters.destroy(ClusterId.parse(id))).rejects.toThrow('is no identifier');
    expect(server.seen).toEqual([]);
  });
});
