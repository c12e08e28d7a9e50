import { fileURLToPath } from 'node:url';
import { virtualTime } from '../../infra/local/engine/virtual-time.ts';
import { seededRandom } from '../../infra/local/ionet/behaviour.ts';
import { createIonetSimulator, type SimulatorOptions } from '../../infra/local/ionet/simulator.ts';
import { createIonetClusters } from '../../shared/ionet/clusters.ts';
import { createProviderClusters } from '../../shared/ionet/clusters-api-clusters.ts';
import { createProviderJobs } from '../../shared/ionet/clusters-api-jobs.ts';
import { Tenant } from '../../shared/model/ids.ts';
import type { Requirement } from '../../shared/model/rows.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { ClusterRequest, Offer } from '../../shared/ports.ts';

export const API_KEY = 'io-v2-a-key-nobody-may-see';

export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const IMAGE = `registry.example/burst-worker@${DIGEST}`;

export const WORKER = [
  process.execPath,
  fileURLToPath(new URL('ionet-worker.mjs', import.meta.url)),
];

/** The real client against the simulator over loopback, on a clock that moves when told to. */
export async function ionetWorld(options: Partial<SimulatorOptions> = {}) {
  const time = virtualTime({ startAt: '2026-11-22T10:00:00.000Z' });
  const simulator = await createIonetSimulator({
    timers: time,
    random: seededRandom(7),
    apiKey: API_KEY,
    images: { [DIGEST]: WORKER },
    ...options,
  });
  const client = {
    apiKey: API_KEY,
    clock: { now: () => instantOf(time.now()) },
    timeoutMilliseconds: 5000,
  };
  const flavour = { ...client, baseUrl: simulator.clustersUrl };
  return {
    clusters: createIonetClusters({ ...client, baseUrl: simulator.baseUrl }),
    /** The same account through the `/clusters` flavour. */
    flavour: { clusters: createProviderClusters(flavour), jobs: createProviderJobs(flavour) },
    simulator,
    time,
    async advance(seconds: number): Promise<void> {
      await time.run({ until: time.now() + seconds * 1000 });
      await simulator.workersSpoken();
    },
    close: () => simulator.close(),
  };
}

export const aRequirement = (need: Partial<Requirement['need']> = {}): Requirement => ({
  tenant: Tenant.parse('default'),
  image: IMAGE,
  need: { gpus: 1, vramGb: 24, ...need },
  gpuUsed: true,
});

export const aClusterRequest = (
  offer: Offer,
  changes: Partial<ClusterRequest> & {
    readonly workers?: number;
    readonly termMicroUsd?: number;
  } = {},
): ClusterRequest => {
  const { workers = 1, termMicroUsd = 1, ...rest } = changes;
  const { availableWorkers: _, ...chosen } = offer;
  return {
    name: 'burst-0123456789ab',
    offer: { ...chosen, workers, termMicroUsd },
    hours: 1,
    image: IMAGE,
    port: 8080,
    env: {},
    secretEnv: { BURST_TOKEN: 'a-token-only-this-cluster-has' },
    ...rest,
  };
};
