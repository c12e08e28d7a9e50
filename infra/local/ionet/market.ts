import type { Timers } from '../engine/timers.ts';
import { type Behaviour, delayMilliseconds, type Random, uuid } from './behaviour.ts';
import { hourlyRate } from './bill.ts';
import type { Catalogue, Hardware, Place } from './catalogue.ts';
import { type Container, type Deployment, gpusOf, hasEnded, type Status } from './deployment.ts';
import type { DeployRequest } from './requests.ts';
import type { WorkerProcess } from './worker-process.ts';

/** The provider says no. `status` and `detail` are what its HTTP answer shows. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

export interface MarketOptions {
  readonly timers: Timers;
  readonly random: Random;
  readonly catalogue: Catalogue;
  readonly behaviour: Behaviour;
  /** Whether there is such an image. */
  readonly knows: (image: string) => boolean;
  /** Starts one container; undefined: the image cannot be pulled. */
  readonly launch: (deployment: Deployment) => WorkerProcess | undefined;
}

const HOUR_MS = 3_600_000;

export type Market = ReturnType<typeof createMarket>;

/**
 * The provider's side of the contract: what is free, what was rented, what became of it.
 *
 * `deployment requested` → `running` → `completed` at the end of the paid term, or
 * `termination requested` → `destroyed` after a delete, or `failed` where the image cannot be pulled.
 * A transition bears the time it was due, not the time a host timer fired, so bills do not depend on the
 * load of this machine.
 */
export function createMarket(options: MarketOptions) {
  const { timers, random, catalogue, behaviour, knows, launch } = options;
  const deployments = new Map<string, Deployment>();
  const gpus = new Map<string, number>();
  for (const hardware of catalogue.hardware) {
    for (const [place, count] of Object.entries(hardware.gpus))
      gpus.set(`${hardware.id}@${place}`, count);
  }

  function hardwareOf(id: number): Hardware {
    const hardware = catalogue.hardware.find((entry) => entry.id === id);
    if (hardware === undefined) throw new Refused(404, `Hardware ${id} not found`);
    return hardware;
  }

  function placeOf(id: number): Place {
    const place = catalogue.locations.find((entry) => entry.id === id);
    if (place === undefined) throw new Refused(404, `Location ${id} not found`);
    return place;
  }

  function freeGpus(hardware: Hardware, place: Place): number {
    const rented = [...deployments.values()]
      .filter((one) => one.hardware === hardware && one.place === place && !hasEnded(one))
      .reduce((sum, { request }) => sum + gpusOf(request), 0);
    return Math.max(0, (gpus.get(`${hardware.id}@${place.id}`) ?? 0) - rented);
  }

  /** Runs `act` after a delay with the time it was due, unless the deployment moves on before. */
  function schedule(deployment: Deployment, delayMs: number, act: (dueMs: number) => void): void {
    const dueMs = timers.now() + delayMs;
    deployment.pending.push(timers.after(delayMs, () => act(dueMs)));
  }

  function moveOn(deployment: Deployment): void {
    for (const cancel of deployment.pending) cancel();
    deployment.pending = [];
  }

  function stopWorkers({ containers }: Deployment): void {
    for (const { worker } of containers) {
      if (worker.state() === 'exited') continue;
      worker.signal('SIGTERM');
      const cancel = timers.after(behaviour.killGraceSeconds * 1000, () =>
        worker.signal('SIGKILL'),
      );
      void worker.gone.then(cancel);
    }
  }

  function end(deployment: Deployment, status: Status, atMs: number): void {
    moveOn(deployment);
    deployment.status = status;
    deployment.endedAtMs = atMs;
    stopWorkers(deployment);
  }

  function startContainer(deployment: Deployment, atMs: number): Container | undefined {
    const worker = launch(deployment);
    if (worker === undefined) return undefined;
    const [containerId, deviceId] = [uuid(random), uuid(random)];
    const container = { containerId, deviceId, createdAtMs: atMs, worker, reachable: false };
    const delayMs = delayMilliseconds(behaviour.reachableMedianSeconds, behaviour.spread, random);
    schedule(deployment, delayMs, () => {
      container.reachable = true;
    });
    return container;
  }

  function start(deployment: Deployment, atMs: number): void {
    deployment.pending = [];
    if (!startContainers(deployment, atMs)) return;
    deployment.status = 'running';
    deployment.startedAtMs = atMs;
    awaitTermEnd(deployment);
  }

  /** All of them, or the deployment has failed. */
  function startContainers(deployment: Deployment, atMs: number): boolean {
    const containers: Container[] = [];
    for (let n = 0; n < deployment.request.container_config.replica_count; n += 1) {
      const container = startContainer(deployment, atMs);
      if (container === undefined) {
        end(deployment, 'failed', atMs);
        return false;
      }
      containers.push(container);
    }
    deployment.containers = containers;
    return true;
  }

  function refuseUnknown(image: string): void {
    if (knows(image)) return;
    throw new Refused(400, `Image ${image} not found: no command plays its digest`);
  }

  function refuseOver(deployment: Deployment, what: string): void {
    if (!hasEnded(deployment) && deployment.status !== 'termination requested') return;
    throw new Refused(400, `Deployment is ${deployment.status} and cannot be ${what}`);
  }

  /** Looks again at the end of the term, which an extension may have moved. */
  function awaitTermEnd(deployment: Deployment): void {
    const edgeMs = (deployment.startedAtMs ?? timers.now()) + deployment.hoursBought * HOUR_MS;
    const leftMs = edgeMs - timers.now();
    if (leftMs > 0) schedule(deployment, leftMs, () => awaitTermEnd(deployment));
    else end(deployment, 'completed', edgeMs);
  }

  return {
    catalogue,
    hardwareOf,
    placeOf,
    now: () => timers.now(),
    fewestGpusPerContainer: behaviour.fewestGpusPerContainer,

    /** Workers of this size that could be rented now. */
    freeReplicas: (hardware: Hardware, place: Place, gpusPerContainer: number): number =>
      gpusPerContainer > hardware.maxGpusPerContainer
        ? 0
        : Math.floor(freeGpus(hardware, place) / gpusPerContainer),

    freeGpus,

    /** GPUs that exist there, rented ones included. What is rented stays rented. */
    setGpus(hardwareId: number, placeId: number, count: number): void {
      gpus.set(`${hardwareOf(hardwareId).id}@${placeOf(placeId).id}`, count);
    },

    deploy(request: DeployRequest): Deployment {
      refuseUnknown(request.registry_config.image_url);
      const hardware = hardwareOf(request.hardware_id);
      const place = placeFor(request, hardware);
      const deployment: Deployment = {
        id: uuid(random),
        request,
        hardware,
        place,
        rate: hourlyRate(hardware.microUsdPerGpuHour, gpusOf(request)),
        createdAtMs: timers.now(),
        status: 'deployment requested',
        hoursBought: request.duration_hours,
        containers: [],
        pending: [],
      };
      deployments.set(deployment.id, deployment);
      const delayMs = delayMilliseconds(
        behaviour.provisioningMedianSeconds,
        behaviour.spread,
        random,
      );
      schedule(deployment, delayMs, (dueMs) => start(deployment, dueMs));
      return deployment;
    },

    /** Nothing that is scheduled happens any more. */
    stop(): void {
      for (const deployment of deployments.values()) moveOn(deployment);
    },

    find(id: string): Deployment {
      const deployment = deployments.get(id);
      if (deployment === undefined) throw new Refused(404, 'Deployment not found');
      return deployment;
    },

    all: (): Deployment[] => [...deployments.values()],

    /** What the list shows: newest first, the newest ones not yet. */
    listed: (): Deployment[] =>
      [...deployments.values()]
        .filter(({ createdAtMs }) => timers.now() - createdAtMs >= behaviour.listLagSeconds * 1000)
        .toReversed(),

    extend(deployment: Deployment, hours: number): void {
      refuseOver(deployment, 'extended');
      deployment.hoursBought += hours;
    },

    /** Running containers are replaced by new ones; how io.net does it is not published. */
    update(deployment: Deployment, request: DeployRequest): void {
      refuseOver(deployment, 'updated');
      refuseUnknown(request.registry_config.image_url);
      deployment.request = request;
      if (deployment.status !== 'running') return;
      stopWorkers(deployment);
      startContainers(deployment, timers.now());
    },

    destroy(deployment: Deployment): void {
      if (hasEnded(deployment) || deployment.status === 'termination requested') return;
      moveOn(deployment);
      deployment.status = 'termination requested';
      stopWorkers(deployment);
      schedule(deployment, behaviour.terminationSeconds * 1000, (dueMs) =>
        end(deployment, 'destroyed', dueMs),
      );
    },
  };

  function placeFor(request: DeployRequest, hardware: Hardware): Place {
    const { replica_count } = request.container_config;
    if (request.gpus_per_container > hardware.maxGpusPerContainer) {
      throw new Refused(400, `${hardware.name} has at most ${hardware.maxGpusPerContainer} GPUs`);
    }
    const places = request.location_ids?.map(placeOf) ?? catalogue.locations;
    const needed = request.gpus_per_container * replica_count;
    const place = places.find((one) => freeGpus(hardware, one) >= needed);
    if (place === undefined) {
      throw new Refused(400, 'Not enough available replicas for this hardware and location');
    }
    return place;
  }
}
