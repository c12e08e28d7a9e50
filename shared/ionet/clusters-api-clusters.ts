import { ProviderRefused } from '../errors.ts';
import { isClusterOver } from '../model/cluster.ts';
import { GPU_MODELS, gpuMeets, knownGpuModel } from '../model/gpu.ts';
import { microUsdOf, usdOf } from '../model/money.ts';
import type { ClusterRequest, ClusterSummary, Clusters, ClusterView } from '../ports.ts';
import type { IonetOptions } from './clusters.ts';
import { type ClusterSpecification, type ClustersApi, createClustersApi } from './clusters-api.ts';
import { addressIn } from './clusters-api-address.ts';
import type { Cluster } from './clusters-api-schemas.ts';
import { hardwareOf, offersOf } from './offers.ts';
import { readAll } from './pages.ts';
import { ProviderUnclear, undefinedWhenGone } from './refusal.ts';
import { createTransport } from './transport.ts';

/** Asked for with each GPU, in the proportion of the founding document's example (8 GPUs, 16 and 64). */
const MIN_VCPUS_PER_GPU = 2;
const MIN_RAM_GB_PER_GPU = 8;

/** The {@link Clusters} port over the `/clusters` flavour. */
export function createProviderClusters(options: IonetOptions): Clusters {
  const api = createClustersApi(createTransport(options), options.clock);
  const list = () => listOf(api);

  return {
    async offers({ need, locations }) {
      const { offers } = await api.offers(need.gpus);
      return offers.flatMap(({ gpu_model, location, available_workers }) => {
        const gpuModel = gpuModelOf(gpu_model);
        if (gpuModel === undefined || !gpuMeets(need, gpuModel)) return [];
        const shape = { hardwareId: gpu_model, gpuModel, gpusPerWorker: need.gpus };
        const place = { id: location, iso2: location, available_replicas: available_workers };
        return offersOf(shape, [place], locations);
      });
    },

    async quote(offer, workers, hours) {
      const asked = { num_gpus: workers * offer.gpusPerWorker, duration_hours: hours };
      const price = await api.price({
        gpu_model: String(hardwareOf(offer)),
        location: offer.location,
        ...asked,
      });
      if (price.num_gpus !== asked.num_gpus || price.duration_hours !== hours) {
        throw new ProviderUnclear(
          `price was asked for ${asked.num_gpus} GPUs and ${hours} h and came for ` +
            `${price.num_gpus} and ${price.duration_hours} h`,
        );
      }
      return { totalMicroUsd: microUsdOf(price.total_usd) };
    },

    async findByName(name) {
      const clusters = await list();
      return clusters.filter((cluster) => cluster.name === name && !isClusterOver(cluster.phase));
    },

    create: async (request) => (await api.create(specificationOf(request))).id,

    async get(clusterId) {
      const cluster = await api.cluster(clusterId).catch(undefinedWhenGone);
      return cluster === undefined ? undefined : viewOf(cluster);
    },

    /** A cluster has the hours it was created with; the burst drains, and what is left opens another. */
    async extend() {
      throw new ProviderRefused('the /clusters API sells no more time for a running cluster');
    },

    async destroy(clusterId) {
      await api.destroy(clusterId).catch(undefinedWhenGone);
    },

    list,

    async logs() {
      throw new ProviderRefused('the /clusters API shows no logs');
    },
  };
}

async function listOf(api: ClustersApi): Promise<ClusterSummary[]> {
  const clusters = await readAll(
    'the list of clusters',
    async (page) => {
      const { total, clusters: items } = await api.clusters(page);
      return { total, items };
    },
    (cluster) => cluster.id,
  );
  return clusters.map(({ id, cluster_name, status, created_at }) => ({
    clusterId: id,
    name: cluster_name ?? '',
    phase: status,
    createdAt: created_at,
  }));
}

/** Name of a model of our table in this API, after the founding document's `NVIDIA_3090`. */
const nameOf = (gpuModel: string): string =>
  `NVIDIA_${gpuModel.replace('RTX ', '').replaceAll(' ', '_')}`;

const gpuModelOf = (name: string): string | undefined =>
  GPU_MODELS.find((model) => nameOf(model) === name.trim().toUpperCase()) ?? knownGpuModel(name);

function viewOf(cluster: Cluster): ClusterView {
  return {
    clusterId: cluster.id,
    phase: cluster.status,
    gpuModel: gpuModelOf(cluster.gpu_model) ?? cluster.gpu_model,
    gpusPerWorker: cluster.gpus_per_worker,
    totalWorkers: Math.floor(cluster.num_gpus / cluster.gpus_per_worker),
    workers: isClusterOver(cluster.status)
      ? []
      : cluster.workers.map(({ worker_id }) => ({
          workerId: worker_id,
          url: addressIn(cluster.id),
        })),
    startedAt: cluster.started_at,
    endedAt: cluster.ended_at,
    paidSeconds: cluster.duration_hours * 3600,
    servedSeconds: cluster.served_seconds,
    amountPaidMicroUsd: microUsdOf(cluster.amount_paid),
  };
}

/** What was held for the term is the most it may cost, so a price that has moved since is refused. */
function specificationOf(request: ClusterRequest): ClusterSpecification {
  const { offer } = request;
  const gpus = offer.workers * offer.gpusPerWorker;
  return {
    cluster_name: request.name,
    num_gpus: gpus,
    gpu_model: String(hardwareOf(offer)),
    min_vcpus: MIN_VCPUS_PER_GPU * gpus,
    min_ram: MIN_RAM_GB_PER_GPU * gpus,
    locations: [offer.location],
    duration_hours: request.hours,
    max_spend: usdOf(offer.termMicroUsd),
    gpus_per_worker: offer.gpusPerWorker,
    image: request.image,
    port: request.port,
    env: request.env,
    secret_env: request.secretEnv,
  };
}
