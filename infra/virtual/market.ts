import { CapacityUnavailable, ProviderRefused } from '../../shared/errors.ts';
import { type ClusterPhase, isClusterOver } from '../../shared/model/cluster.ts';
import { gpuMeets, knownGpuModel } from '../../shared/model/gpu.ts';
import { ClusterId, WorkerId } from '../../shared/model/ids.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { ClusterRequest, Clusters, ClusterView, Offer } from '../../shared/ports.ts';
import type { Timers } from '../local/engine/timers.ts';
import { finalBill, hourlyRate } from '../local/ionet/bill.ts';
import { type Catalogue, DEFAULT_CATALOGUE, type Hardware } from '../local/ionet/catalogue.ts';
import type { WorkerModel } from './worker-model.ts';

/** How the modelled provider behaves, seconds of virtual time. */
export interface MarketBehaviour {
  /** From the order until the workers run. */
  readonly provisioningSeconds: () => number;
  /** How long a new cluster is missing from the list. */
  readonly listLagSeconds: number;
  /** From the delete until the end. */
  readonly terminationSeconds: number;
}

export interface MarketOptions {
  readonly timers: Timers;
  readonly behaviour: MarketBehaviour;
  readonly catalogue?: Catalogue;
  /** Starts one worker of a cluster. */
  readonly startWorker: (request: ClusterRequest, vramMb: number) => WorkerModel;
}

interface Cluster {
  readonly id: ClusterId;
  readonly request: ClusterRequest;
  readonly hardware: Hardware;
  readonly createdMs: number;
  readonly rateMicroUsd: number;
  hours: number;
  phase: ClusterPhase;
  startedMs?: number;
  endedMs?: number;
  readonly workers: Map<WorkerId, WorkerModel>;
}

export interface Market {
  readonly clusters: Clusters;
  /** The worker behind an address of this market. */
  workerAt(url: string): WorkerModel | undefined;
  /** Every cluster ever bought, for checks of the whole truth. */
  all(): readonly Cluster[];
  chargedMicroUsd(cluster: Cluster): number;
}

const HOUR_MS = 3_600_000;

/** The provider of the virtual world: the `Clusters` port over a model of the market, on virtual time. */
export function createMarket(options: MarketOptions): Market {
  const { timers, behaviour, catalogue = DEFAULT_CATALOGUE } = options;
  const bought: Cluster[] = [];
  const find = (id: ClusterId) => bought.find((cluster) => cluster.id === id);

  const freeGpus = (hardware: Hardware, locationId: string) =>
    (hardware.gpus[locationId] ?? 0) -
    bought
      .filter(
        ({ hardware: rented, request, phase }) =>
          rented === hardware && request.offer.locationId === locationId && !isClusterOver(phase),
      )
      .reduce((sum, { request }) => sum + request.offer.gpusPerWorker * request.offer.workers, 0);

  const end = (cluster: Cluster, phase: ClusterPhase) => {
    if (isClusterOver(cluster.phase)) return;
    cluster.phase = phase;
    cluster.endedMs = timers.now();
    for (const worker of cluster.workers.values()) worker.kill();
    cluster.workers.clear();
  };

  const awaitTermEnd = (cluster: Cluster): void => {
    const edgeMs = (cluster.startedMs ?? 0) + cluster.hours * HOUR_MS;
    timers.after(edgeMs - timers.now(), () => {
      if (isClusterOver(cluster.phase)) return;
      if (timers.now() < (cluster.startedMs ?? 0) + cluster.hours * HOUR_MS) awaitTermEnd(cluster);
      else end(cluster, 'EXPIRED');
    });
  };

  const start = (cluster: Cluster) => {
    if (cluster.phase !== 'PROVISIONING') return;
    cluster.phase = 'RUNNING';
    cluster.startedMs = timers.now();
    for (let n = 1; n <= cluster.request.offer.workers; n += 1) {
      const worker = options.startWorker(cluster.request, cluster.hardware.vramMb);
      cluster.workers.set(WorkerId.parse(`${cluster.id}-w${n}`), worker);
    }
    awaitTermEnd(cluster);
  };

  const chargedMicroUsd = ({ rateMicroUsd, hours, startedMs, endedMs }: Cluster): number => {
    if (endedMs === undefined) return rateMicroUsd * hours;
    return finalBill(rateMicroUsd, hours, startedMs === undefined ? 0 : endedMs - startedMs);
  };

  const viewOf = (cluster: Cluster): ClusterView => ({
    clusterId: cluster.id,
    phase: cluster.phase,
    gpuModel: knownGpuModel(cluster.hardware.name) ?? cluster.hardware.name,
    gpusPerWorker: cluster.request.offer.gpusPerWorker,
    totalWorkers: cluster.request.offer.workers,
    workers: [...cluster.workers.keys()].map((workerId) => ({ workerId, url: urlOf(workerId) })),
    startedAt: cluster.startedMs === undefined ? undefined : instantOf(cluster.startedMs),
    endedAt: cluster.endedMs === undefined ? undefined : instantOf(cluster.endedMs),
    paidSeconds: cluster.hours * 3600,
    servedSeconds: ((cluster.endedMs ?? timers.now()) - (cluster.startedMs ?? timers.now())) / 1000,
    amountPaidMicroUsd: chargedMicroUsd(cluster),
  });

  const listed = () =>
    bought
      .filter(({ createdMs }) => timers.now() - createdMs >= behaviour.listLagSeconds * 1000)
      .map(({ id, request, phase, createdMs }) => ({
        clusterId: id,
        name: request.name,
        phase,
        createdAt: instantOf(createdMs),
      }));

  return {
    all: () => bought,
    chargedMicroUsd,
    workerAt(url) {
      for (const { workers } of bought) {
        for (const [workerId, worker] of workers) if (urlOf(workerId) === url) return worker;
      }
      return undefined;
    },
    clusters: {
      async offers({ need, locations }) {
        return catalogue.hardware.flatMap((hardware): Offer[] => {
          const gpuModel = knownGpuModel(hardware.name);
          if (gpuModel === undefined || !gpuMeets(need, gpuModel)) return [];
          if (need.gpus > hardware.maxGpusPerContainer) return [];
          return catalogue.locations
            .filter(({ iso2 }) => locations === undefined || locations.includes(iso2))
            .map(({ id, iso2 }) => ({
              offerId: `${hardware.id}/${need.gpus}x@${id}`,
              gpuModel,
              gpusPerWorker: need.gpus,
              location: iso2,
              locationId: String(id),
              availableWorkers: Math.floor(freeGpus(hardware, String(id)) / need.gpus),
            }))
            .filter(({ availableWorkers }) => availableWorkers > 0);
        });
      },
      async quote(offer, workers, hours) {
        const hardware = hardwareOf(catalogue, offer.offerId);
        const { totalMicroUsd } = hourlyRate(
          hardware.microUsdPerGpuHour,
          workers * offer.gpusPerWorker,
        );
        return { totalMicroUsd: totalMicroUsd * hours };
      },
      findByName: async (name) =>
        listed().filter((one) => one.name === name && !isClusterOver(one.phase)),
      async create(request) {
        const { offer } = request;
        const hardware = hardwareOf(catalogue, offer.offerId);
        const gpus = offer.gpusPerWorker * offer.workers;
        if (freeGpus(hardware, offer.locationId) < gpus) {
          throw new CapacityUnavailable(`no ${gpus} ${offer.gpuModel} free in ${offer.location}`);
        }
        const cluster: Cluster = {
          id: ClusterId.parse(`c-${bought.length + 1}`),
          request,
          hardware,
          createdMs: timers.now(),
          rateMicroUsd: hourlyRate(hardware.microUsdPerGpuHour, gpus).totalMicroUsd,
          hours: request.hours,
          phase: 'PROVISIONING',
          workers: new Map(),
        };
        bought.push(cluster);
        timers.after(behaviour.provisioningSeconds() * 1000, () => start(cluster));
        return cluster.id;
      },
      async get(id) {
        const cluster = find(id);
        return cluster === undefined ? undefined : viewOf(cluster);
      },
      async extend(id, hours) {
        const cluster = find(id);
        if (cluster === undefined || cluster.phase !== 'RUNNING') {
          throw new ProviderRefused('only a running cluster can be extended');
        }
        cluster.hours += hours;
      },
      async destroy(id) {
        const cluster = find(id);
        if (cluster === undefined || isClusterOver(cluster.phase) || cluster.phase === 'DELETING')
          return;
        cluster.phase = 'DELETING';
        timers.after(behaviour.terminationSeconds * 1000, () => end(cluster, 'DELETED'));
      },
      list: async () => listed(),
      logs: async () => '',
    },
  };
}

const urlOf = (workerId: WorkerId): string => `virtual://${workerId}`;

function hardwareOf({ hardware }: Catalogue, offerId: string): Hardware {
  const found = hardware.find(({ id }) => offerId.startsWith(`${id}/`));
  if (found === undefined) throw new RangeError(`no offer ${offerId}`);
  return found;
}
