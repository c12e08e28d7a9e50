import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryIds } from '../../shared/memory/memory-ids.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { memoryQueue } from '../../shared/memory/memory-queue.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Clock, Row } from '../../shared/ports.ts';
import { runCompiled } from '../local/engine/state-machine.ts';
import type { Timers } from '../local/engine/timers.ts';
import { virtualTime } from '../local/engine/virtual-time.ts';
import { virtualJobs } from '../virtual/jobs.ts';
import { machineBursts } from '../virtual/machine-bursts.ts';
import { createMarket } from '../virtual/market.ts';
import { workerModel } from '../virtual/worker-model.ts';
import { createActors } from './actor.ts';
import { actorPorts, type TruePorts } from './actor-ports.ts';
import { createCalls } from './calls.ts';
import { createDisturbance, type Strike } from './disturbance.ts';
import { createFunctions } from './functions.ts';
import { keyOfNewest, pointedAt } from './invariants/checkpoints.ts';
import { machineFor } from './machines.ts';
import { clusterFate, isHarmful, workerNature } from './market-faults.ts';
import { forgetRows } from './parsed-once.ts';
import { rareWrites } from './rare-writes.ts';
import { queueOf, type Schedule, TENANTS } from './schedule.ts';
import { createSilence } from './silence.ts';
import { createStalls } from './stalls.ts';
import { createStops } from './stops.ts';
import { createWatch } from './watch.ts';

export const START_AT = '2026-01-01T00:00:00.000Z';

/** A message that was not dealt with comes back after so long; the deployed queue takes three times that. */
const VISIBILITY_SECONDS = 120;

/** One line of a timeline. */
export type Note = (who: string, what: string) => void;

export interface WorldOptions {
  readonly schedule: Schedule;
  /** Chances that go well whatever the rates say. */
  readonly leftOut: ReadonlySet<string>;
  readonly note: Note | undefined;
}

/**
 * Burst on virtual time with everything going wrong that can: the deployed machine, the deployed stages,
 * in-memory ports behind faults, a provider and workers that cannot be trusted. One thing runs at a time, and
 * all that varies comes from the seed.
 */
export function createWorld({ schedule, leftOut, note }: WorldOptions) {
  forgetRows();
  const timers = virtualTime({ startAt: START_AT, promisesOnly: true });
  const clock = steadyClock(timers);
  let settings: Settings = schedule.settings;
  const onStrike = ({ fault, key }: Strike) => note?.('fault', `${fault} [${key}]`);
  const quietAtMs = timers.now() + schedule.quietAtSeconds * 1000;
  const { seed, multiplier, only, encounter } = schedule;
  const disturbance = createDisturbance({
    ...{ seed, multiplier, timers, quietAtMs, leftOut, only, onStrike },
  });
  const { chance } = disturbance;

  const ledger = memoryLedger({ copies: false });
  const artifacts = memoryArtifacts({ clock });
  const queues = new Map<string, ReturnType<typeof memoryQueue>>(
    TENANTS.map((tenant) => [
      tenant,
      memoryQueue({ clock, visibilitySeconds: VISIBILITY_SECONDS }),
    ]),
  );
  const actors = createActors(timers);
  const calls = createCalls({ actors, disturbance, note });
  const seconds = new Map(
    schedule.arrivals.flatMap(({ tasks }) => tasks.map((task) => [task.taskId, task.seconds])),
  );
  let priceFactor = 1;
  let pricedAtMs = timers.now();
  let nothingFree = false;

  const watch = createWatch({
    now: timers.now,
    market: () => market,
    duplicateShare: Math.max(
      schedule.settings.batches.duplicateShare,
      schedule.nextSettings.batches.duplicateShare,
    ),
    stackCapMicroUsd: () => settings.caps.stackMicroUsd,
    pricedAtMs: () => pricedAtMs,
  });
  const market = createMarket({
    timers,
    behaviour: {
      provisioningSeconds: () => schedule.provisioningSeconds,
      listLagSeconds: 5,
      terminationSeconds: 20,
    },
    priceFactor: () => priceFactor,
    fateOf: (id) => {
      const fate = clusterFate(disturbance, id, settings.limits.listLagSeconds);
      if (isHarmful(fate) || disturbance.isOut('jobs')) watch.harm(id);
      return fate;
    },
    onChange: (cluster) => {
      note?.('market', `${cluster.id} (${cluster.request.name}) is ${cluster.phase}`);
      watch.onCluster(cluster);
    },
    startWorker({ offer, env }, vramMb, workerId) {
      const nature = workerNature(
        disturbance,
        workerId,
        (taskId) => seconds.get(taskId) ?? 10,
        () => watch.harm(workerId.slice(0, workerId.lastIndexOf('-'))),
        schedule.unevenWorkers,
      );
      const worker = workerModel({
        timers,
        artifacts,
        slots: Number(env.BURST_SLOTS ?? 1),
        gpus: Array.from({ length: offer.gpusPerWorker }, () => ({
          model: nature.otherGpu ? 'Tesla T4' : offer.gpuModel,
          vramMb,
        })),
        taskSeconds: nature.taskSeconds,
        produce(task, resume) {
          watch.onBegin(task);
          return nature.produce(task, resume);
        },
        onDeath: () => watch.onDeath(workerId),
        traits: nature.traits,
      });
      if (nature.dead) worker.kill();
      for (const { fromSeconds, toSeconds } of nature.absences) {
        timers.after(fromSeconds * 1000, () => void (disturbance.isQuiet() || worker.freeze()));
        timers.after(toSeconds * 1000, () => worker.thaw());
      }
      const { deliversModel } =
        market.all().find(({ id }) => workerId.startsWith(`${id}-`))?.fate ?? {};
      if (nature.dead || nature.otherGpu || deliversModel !== undefined) watch.unfit(workerId);
      return worker;
    },
  });

  const rare = rareWrites(disturbance);
  const stops = createStops(disturbance, timers, ledger, encounter);
  const stoppedToo: typeof rare = {
    meet(actor, write) {
      stops.meet(actor, write);
      rare.meet(actor, write);
    },
  };
  let closing: (lease: Row) => void = () => undefined;
  const leaseOf = (burstId: string) => watch.latest({ pk: `L#${burstId}`, sk: '#' });
  const stalls = createStalls({
    ...{ disturbance, timers, encounter },
    leaseOf,
    onClosing: (lease) => closing(lease),
  });

  const bursts = machineBursts({ start: (request) => machine.start(request) });
  const truth: TruePorts = {
    clock,
    ids: memoryIds(schedule.seed, clock),
    artifacts,
    bursts,
    clusters: {
      ...market.clusters,
      offers: async (need) => (nothingFree ? [] : market.clusters.offers(need)),
    },
    jobs: virtualJobs(market),
    ledger: {
      ...ledger,
      lastWriteOf: watch.lastWriteOf,
      async write(write, by) {
        const written = await ledger.write(write);
        if (written.written) {
          const before = watch.latest(write.key);
          watch.onWrite(write, written.row, by);
          const key = keyOfNewest(written.row);
          if (key !== undefined && key !== keyOfNewest(before)) {
            const fetched = await artifacts.get(key, { maxBytes: Number.POSITIVE_INFINITY });
            const bytes = fetched.found ? fetched.object.bytes : undefined;
            watch.report(pointedAt(written.row, bytes));
          }
        }
        return written;
      },
    },
    watch,
    rare: encounter?.kind === 'stop' ? stoppedToo : rare,
  };

  const functions = createFunctions({
    timers,
    actors,
    disturbance,
    portsOf: (actor, log) => actorPorts(calls, disturbance, truth, actor, log),
    settings: () => settings,
    note,
    silences: [
      ...(schedule.size === 'silent' ? [createSilence(disturbance, timers)] : []),
      ...(encounter?.kind === 'stall' || encounter?.kind === 'late work' ? [stalls] : []),
    ],
  });
  let drawn = 0;
  const random = () => chance.at(`machine ${drawn++}`);
  const uuid = () => truth.ids.unique();
  const compiled = machineFor({ now: timers.now, random, uuid }, schedule.handOverAt);
  const machine = runCompiled(compiled, {
    ...{ name: 'burst', invoke: functions.invoke, timers, random, uuid },
  });

  return {
    schedule,
    timers,
    clock,
    note,
    disturbance,
    actors,
    calls,
    truth,
    ledger,
    artifacts,
    queues,
    queueArnOf: (tenant: string) => `arn:aws:sqs:us-east-1:000000000000:${queueOf(tenant)}`,
    market,
    machine,
    functions,
    watch,
    secondsNow: () => (timers.now() - Date.parse(START_AT)) / 1000,
    settings: () => settings,
    /** A deploy in flight: whoever is invoked from here on runs with these. */
    deploy(next: Settings) {
      settings = next;
    },
    setPriceFactor(factor: number) {
      priceFactor = factor;
      pricedAtMs = timers.now();
    },
    /** Tells whoever has late work that a burst is about to be closed. */
    onClosing(listener: typeof closing) {
      closing = listener;
    },
    setNothingFree(value: boolean) {
      nothingFree = value;
    },
  };
}

/** Writes each instant once: everybody asks for the time, and it seldom moves. */
function steadyClock(timers: Pick<Timers, 'now'>): Clock {
  let [atMs, instant] = [timers.now(), instantOf(timers.now())];
  return {
    now() {
      if (timers.now() !== atMs) [atMs, instant] = [timers.now(), instantOf(timers.now())];
      return instant;
    },
  };
}

export type World = ReturnType<typeof createWorld>;
