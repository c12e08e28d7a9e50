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

/** How one cluster departs from the market's behaviour. Left out: it does not. Seconds of virtual time. */
export interface ClusterFate {
  /** From the order until the workers run; infinite: never. */
  readonly provisioningSeconds?: number;
  /** Ends as FAILED where it should have started. */
  readonly failsToStart?: boolean;
  /** Ends by itself so long after its start. */
  readonly endsAfterSeconds?: number;
  /** From then after its start neither its id nor the list knows it, and nothing runs. */
  readonly vanishesAfterSeconds?: number;
  /** How long after the order it is missing from the list. */
  readonly listLagSeconds?: number;
  /** How long after its end the list still shows it as it was. */
  readonly endLagSeconds?: number;
  /** From the delete until the end. */
  readonly terminationSeconds?: number;
  /** Deletes that are acknowledged and not carried out. */
  readonly ignoredDeletes?: number;
  /** GPU its view names instead of what was bought. */
  readonly deliversModel?: string;
  /** Between these moments after the order, id and list do not know it. */
  readonly hidden?: { readonly fromSeconds: number; readonly toSeconds: number };
}

export interface MarketOptions {
  readonly timers: Timers;
  readonly behaviour: MarketBehaviour;
  readonly catalogue?: Catalogue;
  /** Starts one worker of a cluster. */
  readonly startWorker: (
    request: ClusterRequest,
    vramMb: number,
    workerId: WorkerId,
  ) => WorkerModel;
  readonly fateOf?: (clusterId: ClusterId) => ClusterFate;
  /** Multiplies every price, now. */
  readonly priceFactor?: () => number;
  /** Hears of every order, start, delete, extension and end. */
  readonly onChange?: (cluster: Cluster) => void;
}

export interface Cluster {
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
  readonly fate: ClusterFate;
  vanished: boolean;
  /** Deletes asked for, the ignored ones too. */
  deletesAsked: number;
}

export interface Market {
  readonly clusters: Clusters;
  /** The worker behind an address of this market. */
  workerAt(url: string): WorkerModel | undefined;
  /** Every cluster ever bought, for checks of the whole truth. */
  all(): readonly Cluster[];
  chargedMicroUsd(cluster: Cluster): number;
  /** The provider loses a cluster: no view, no list, no worker, no further bill. */
  vanish(cluster: Cluster): void;
  /** Somebody else ends a cluster, in the console. */
  remove(cluster: Cluster): void;
  /** Whether no list and no answer shows it now. */
  isHidden(cluster: Cluster): boolean;
}

const HOUR_MS = 3_600_000;

/** The provider of the virtual world: the `Clusters` port over a model of the market, on virtual time. */
export function createMarket(options: MarketOptions): Market {
  const { timers, behaviour, catalogue = DEFAULT_CATALOGUE } = options;
  const { priceFactor = () => 1, onChange = () => undefined } = options;
  const bought: Cluster[] = [];
  const sinceOrder = ({ createdMs }: Cluster) => (timers.now() - createdMs) / 1000;
  const isHidden = (cluster: Cluster): boolean => {
    const { hidden } = cluster.fate;
    const seconds = sinceOrder(cluster);
    return (
      cluster.vanished ||
      (hidden !== undefined && seconds >= hidden.fromSeconds && seconds < hidden.toSeconds)
    );
  };
  const find = (id: ClusterId) => bought.find((cluster) => cluster.id === id && !cluster.vanished);
  const priceOf = (hardware: Hardware, gpus: number) =>
    hourlyRate(Math.round(hardware.microUsdPerGpuHour * priceFactor()), gpus).totalMicroUsd;

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
    onChange(cluster);
  };

  const vanish = (cluster: Cluster) => {
    cluster.vanished = true;
    end(cluster, 'EXPIRED');
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
    const { failsToStart, endsAfterSeconds, vanishesAfterSeconds } = cluster.fate;
    if (failsToStart) return end(cluster, 'FAILED');
    cluster.phase = 'RUNNING';
    cluster.startedMs = timers.now();
    for (let n = 1; n <= cluster.request.offer.workers; n += 1) {
      const workerId = WorkerId.parse(`${cluster.id}-w${n}`);
      const worker = options.startWorker(cluster.request, cluster.hardware.vramMb, workerId);
      cluster.workers.set(workerId, worker);
    }
    awaitTermEnd(cluster);
    if (endsAfterSeconds !== undefined) {
      timers.after(endsAfterSeconds * 1000, () => end(cluster, 'EXPIRED'));
    }
    if (vanishesAfterSeconds !== undefined) {
      timers.after(vanishesAfterSeconds * 1000, () => vanish(cluster));
    }
    onChange(cluster);
  };

  const chargedMicroUsd = ({ rateMicroUsd, hours, startedMs, endedMs }: Cluster): number => {
    if (endedMs === undefined) return rateMicroUsd * hours;
    return finalBill(rateMicroUsd, hours, startedMs === undefined ? 0 : endedMs - startedMs);
  };

  const viewOf = (cluster: Cluster): ClusterView => ({
    clusterId: cluster.id,
    phase: cluster.phase,
    gpuModel:
      cluster.fate.deliversModel ?? knownGpuModel(cluster.hardware.name) ?? cluster.hardware.name,
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
      .filter(
        (cluster) =>
          !isHidden(cluster) &&
          sinceOrder(cluster) >= (cluster.fate.listLagSeconds ?? behaviour.listLagSeconds),
      )
      .map((cluster) => ({
        clusterId: cluster.id,
        name: cluster.request.name,
        phase: listedPhase(cluster),
        createdAt: instantOf(cluster.createdMs),
      }));

  const listedPhase = ({ phase, endedMs, fate }: Cluster): ClusterPhase =>
    endedMs !== undefined && timers.now() - endedMs < (fate.endLagSeconds ?? 0) * 1000
      ? 'DELETING'
      : phase;

  return {
    all: () => bought,
    chargedMicroUsd,
    vanish,
    isHidden,
    remove: (cluster) => end(cluster, 'DELETED'),
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
        return { totalMicroUsd: priceOf(hardware, workers * offer.gpusPerWorker) * hours };
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
        const id = ClusterId.parse(`c-${bought.length + 1}`);
        const cluster: Cluster = {
          id,
          request,
          hardware,
          createdMs: timers.now(),
          rateMicroUsd: priceOf(hardware, gpus),
          hours: request.hours,
          phase: 'PROVISIONING',
          workers: new Map(),
          fate: options.fateOf?.(id) ?? {},
          vanished: false,
          deletesAsked: 0,
        };
        bought.push(cluster);
        const seconds = cluster.fate.provisioningSeconds ?? behaviour.provisioningSeconds();
        if (Number.isFinite(seconds)) timers.after(seconds * 1000, () => start(cluster));
        onChange(cluster);
        return id;
      },
      async get(id) {
        const cluster = find(id);
        return cluster === undefined || isHidden(cluster) ? undefined : viewOf(cluster);
      },
      async extend(id, hours) {
        const cluster = find(id);
        if (cluster === undefined || cluster.phase !== 'RUNNING') {
          throw new ProviderRefused('only a running cluster can be extended');
        }
        cluster.hours += hours;
        onChange(cluster);
      },
      async destroy(id) {
        const cluster = find(id);
        if (cluster === undefined) return;
        cluster.deletesAsked += 1;
        if (isClusterOver(cluster.phase) || cluster.phase === 'DELETING') return;
        if (cluster.deletesAsked <= (cluster.fate.ignoredDeletes ?? 0)) return;
        cluster.phase = 'DELETING';
        const seconds = cluster.fate.terminationSeconds ?? behaviour.terminationSeconds;
        timers.after(seconds * 1000, () => end(cluster, 'DELETED'));
        onChange(cluster);
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
