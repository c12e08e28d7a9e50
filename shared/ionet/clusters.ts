import { CapacityUnavailable, ProviderRefused } from '../errors.ts';
import { isClusterOver } from '../model/cluster.ts';
import { knownGpuModel } from '../model/gpu.ts';
import { microUsdOf } from '../model/money.ts';
import type {
  Clock,
  ClusterRequest,
  ClusterSummary,
  Clusters,
  ClusterView,
  Offer,
} from '../ports.ts';
import { type CaasClient, createCaasClient, type DeployBody } from './caas-client.ts';
import { hardwareOf, offersOf, type Shape, shapesFor } from './offers.ts';
import { readAll } from './pages.ts';
import { isKeyRefused, ProviderUnclear, undefinedWhenGone } from './refusal.ts';
import { type Deployment, wireId } from './schemas.ts';
import { createTransport } from './transport.ts';

export interface IonetOptions {
  /** With the path of the flavour: `https://api.io.solutions/enterprise/v1/io-cloud/caas`. */
  readonly baseUrl: string;
  /** Key of an io.net account, project "io-cloud". */
  readonly apiKey: string;
  /** Login at the registry of the images; absent: they are public. */
  readonly registry?: { readonly username: string; readonly password: string };
  /** Turns a `Retry-After` date into seconds. */
  readonly clock: Clock;
  /** For one call with its retries and its whole reply. */
  readonly timeoutMilliseconds: number;
}

/** The {@link Clusters} port over io.net's container API. */
export function createIonetClusters(options: IonetOptions): Clusters {
  const caas = createCaasClient(createTransport(options), options.clock);
  const list = () => listOf(caas);

  return {
    async offers({ need, locations }) {
      const { hardware } = await caas.hardware();
      const offers: Offer[] = [];
      for (const shape of shapesFor(need, hardware)) {
        offers.push(...offersOf(shape, await replicasOf(caas, shape), locations));
      }
      return offers;
    },

    async quote(offer, workers, hours) {
      const price = await caas.price({
        hardwareId: hardwareOf(offer),
        locationId: wireId(offer.locationId),
        gpusPerContainer: offer.gpusPerWorker,
        replicas: workers,
        hours,
      });
      if (price.replica_count !== workers || price.gpus_per_container !== offer.gpusPerWorker) {
        throw new ProviderUnclear(
          `price was asked for ${workers} workers of ${offer.gpusPerWorker} GPUs and came for ` +
            `${price.replica_count} of ${price.gpus_per_container}`,
        );
      }
      return { totalMicroUsd: microUsdOf(price.total_cost_usdc) };
    },

    async findByName(name) {
      const clusters = await list();
      return clusters.filter((cluster) => cluster.name === name && !isClusterOver(cluster.phase));
    },

    async create(request) {
      const { deployment_id } = await caas.deploy(deployBodyOf(request, options.registry));
      return deployment_id;
    },

    async get(clusterId) {
      const deployment = await caas.deployment(clusterId).catch(undefinedWhenGone);
      if (deployment === undefined) return undefined;
      const workers = isClusterOver(deployment.status) ? [] : await workersOf(caas, deployment);
      return viewOf(deployment, workers);
    },

    async extend(clusterId, hours) {
      await caas.extend(clusterId, hours);
    },

    async destroy(clusterId) {
      await caas.destroy(clusterId).catch(undefinedWhenGone);
    },

    list,

    /** Both streams, half of the bytes each: a crash is told on stderr, progress on stdout. */
    async logs(clusterId, workerId, { maxBytes }) {
      const share = Math.floor(maxBytes / 2);
      const stdout = await caas.log(clusterId, workerId, 'stdout', share);
      const stderr = await caas.log(clusterId, workerId, 'stderr', share);
      return stdout + stderr;
    },
  };
}

/** One hardware the availability call no longer knows does not hide the offers of the others. */
async function replicasOf(caas: CaasClient, shape: Shape) {
  try {
    return await caas.replicas(shape.hardwareId, shape.gpusPerWorker);
  } catch (error) {
    if (isKeyRefused(error)) throw error;
    if (error instanceof ProviderRefused || error instanceof CapacityUnavailable) return [];
    throw error;
  }
}

async function listOf(caas: CaasClient): Promise<ClusterSummary[]> {
  const deployments = await readAll(
    'the list of deployments',
    async (page) => {
      const { total, deployments: items } = await caas.deployments(page);
      return { total, items };
    },
    (deployment) => deployment.id,
  );
  return deployments.map(({ id, name, status, created_at }) => ({
    clusterId: id,
    name: name ?? '',
    phase: status,
    createdAt: created_at,
  }));
}

/** A deployment may be known before its containers are: those are none yet, not an error. */
async function workersOf(caas: CaasClient, { id }: Deployment): Promise<ClusterView['workers']> {
  const containers = await readAll(
    'the list of containers',
    async (page) => {
      const answer = await caas.containers(id, page).catch(undefinedWhenGone);
      return { total: answer?.total ?? 0, items: answer?.workers ?? [] };
    },
    (container) => container.container_id,
  );
  return containers.map(({ container_id, public_url }) => ({
    workerId: container_id,
    url: public_url,
  }));
}

/**
 * Time is bought in whole hours, at least one, and served and remaining minutes are each rounded by the
 * provider: their sum is off by a minute either way, so it is taken to the nearest hour.
 */
function viewOf(deployment: Deployment, workers: ClusterView['workers']): ClusterView {
  const minutes = deployment.compute_minutes_served + deployment.compute_minutes_remaining;
  return {
    clusterId: deployment.id,
    phase: deployment.status,
    gpuModel: knownGpuModel(deployment.hardware_name) ?? deployment.hardware_name,
    gpusPerWorker: deployment.gpus_per_container,
    totalWorkers: deployment.total_containers,
    workers,
    startedAt: deployment.started_at,
    endedAt: deployment.finished_at,
    paidSeconds: Math.max(1, Math.round(minutes / 60)) * 3600,
    servedSeconds: Math.round(deployment.compute_minutes_served * 60),
    amountPaidMicroUsd: deployment.amount_paid === 0 ? 0 : microUsdOf(deployment.amount_paid),
  };
}

function deployBodyOf(
  { name, offer, hours, image, port, env, secretEnv }: ClusterRequest,
  registry: IonetOptions['registry'],
): DeployBody {
  return {
    resource_private_name: name,
    duration_hours: hours,
    gpus_per_container: offer.gpusPerWorker,
    hardware_id: hardwareOf(offer),
    location_ids: [wireId(offer.locationId)],
    container_config: {
      replica_count: offer.workers,
      traffic_port: port,
      env_variables: env,
      secret_env_variables: secretEnv,
      // Optional in the API file and required on the reference page; null leaves it to the image.
      entrypoint: null,
    },
    registry_config: {
      image_url: image,
      ...(registry && {
        registry_username: registry.username,
        registry_secret: registry.password,
      }),
    },
  };
}
