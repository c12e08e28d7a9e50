import { readFileSync } from 'node:fs';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryIds, randomFrom } from '../../shared/memory/memory-ids.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { memoryQueue } from '../../shared/memory/memory-queue.ts';
import type { WorkerId } from '../../shared/model/ids.ts';
import { Settings } from '../../shared/model/settings.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Log, Ports } from '../../shared/ports.ts';
import { batchOutcome } from '../local/cloud/batch-answer.ts';
import { functionNotFound, type InvokeFunction, lambdaFailure } from '../local/engine/invoke.ts';
import { createStateMachine } from '../local/engine/state-machine.ts';
import type { Timers } from '../local/engine/timers.ts';
import { virtualTime } from '../local/engine/virtual-time.ts';
import type { Catalogue } from '../local/ionet/catalogue.ts';
import { type Handler, STAGE_NAMES, type StageName, wireStage } from '../stages.ts';
import { virtualJobs } from '../virtual/jobs.ts';
import { machineBursts } from '../virtual/machine-bursts.ts';
import { type Cluster, createMarket } from '../virtual/market.ts';
import { RESULT_FILE, resultOf } from '../virtual/numbered-result.ts';
import { workerModel } from '../virtual/worker-model.ts';

const START_AT = '2026-01-01T00:00:00.000Z';
const QUEUE_NAME = 'intake-default';

/** From a message on the queue to the function that takes it in. */
const DELIVERY_SECONDS = 1;
/** Messages of one invocation of intake. */
const DELIVERED_AT_ONCE = 100;
const MINUTE_SECONDS = 60;
const MOST_SECONDS = 24 * 3600;

export interface BurstWorldOptions {
  readonly seed: number;
  readonly settings: Omit<Settings, 'tenantOfQueue'>;
  readonly catalogue: Catalogue;
  readonly provisioningSeconds: () => number;
  /** A task begins on a worker. @returns how long it takes, seconds. */
  readonly onStart: (number: number, model: string, worker: WorkerId) => number;
  readonly onCluster: (cluster: Cluster) => void;
  /** Whether any task is unfinished or any cluster not gone. */
  readonly isAtWork: () => boolean;
  readonly onInvoke?: (stage: StageName) => void;
  /** An invocation has ended that took so many seconds of virtual time. */
  readonly onInvoked?: (stage: StageName, seconds: number) => void;
  /** Puts something in front of the ports one stage gets; the world keeps the true ones. */
  readonly portsOf?: (stage: StageName, ports: Ports, timers: Timers) => Ports;
  /** A worker reads or writes an object by its URL. */
  readonly onWorkerObject?: (operation: 'GetObject' | 'PutObject') => void;
  readonly log?: Log;
}

/**
 * Burst on virtual time for a trace: the deployed state machine in the engine, the deployed stages, in-memory
 * ports and a provider without faults, whose clusters end the moment they are told to.
 */
export function createBurstWorld(options: BurstWorldOptions) {
  const { seed, onWorkerObject = () => undefined } = options;
  const timers = virtualTime({ startAt: START_AT });
  const clock = { now: () => instantOf(timers.now()) };
  const settings = Settings.parse({
    ...options.settings,
    tenantOfQueue: { [QUEUE_NAME]: 'default' },
  });
  const ledger = memoryLedger({ copies: false });
  const artifacts = memoryArtifacts({ clock });
  const queue = memoryQueue({ clock });
  const market = createMarket({
    timers,
    catalogue: options.catalogue,
    behaviour: {
      provisioningSeconds: options.provisioningSeconds,
      listLagSeconds: 5,
      terminationSeconds: 0,
    },
    onChange: options.onCluster,
    startWorker: ({ offer, env }, vramMb, workerId) => {
      let serviceSeconds = 0;
      return workerModel({
        timers,
        artifacts: {
          ...artifacts,
          upload(url, object) {
            onWorkerObject('PutObject');
            return artifacts.upload(url, object);
          },
          download(url) {
            onWorkerObject('GetObject');
            return artifacts.download(url);
          },
        },
        slots: Number(env.BURST_SLOTS ?? 1),
        gpus: Array.from({ length: offer.gpusPerWorker }, () => ({
          model: offer.gpuModel,
          vramMb,
        })),
        taskSeconds: () => serviceSeconds,
        produce: ({ spec }) => {
          const [number, model] = [Number(spec.number), String(spec.model)];
          serviceSeconds = options.onStart(number, model, workerId);
          return { files: new Map([[RESULT_FILE, resultOf(number)]]) };
        },
      });
    },
  });

  const bursts = machineBursts({ start: (request) => machine.start(request) });
  const ports: Ports = {
    clock,
    ids: memoryIds(seed, clock),
    log: options.log ?? (() => undefined),
    ledger,
    artifacts,
    bursts,
    clusters: market.clusters,
    jobs: virtualJobs(market),
  };
  const { portsOf = () => ports } = options;
  const stages = new Map<string, Handler>(
    STAGE_NAMES.map((name) => [name, wireStage(name, portsOf(name, ports, timers), settings)]),
  );
  const invocation = { remainingSeconds: () => settings.limits.functionSeconds };
  const invoke: InvokeFunction = async (functionName, payload) => {
    const stage = STAGE_NAMES.find((name) => name === functionName);
    const handler = stages.get(functionName);
    if (stage === undefined || handler === undefined) return functionNotFound(functionName);
    options.onInvoke?.(stage);
    const begunMs = timers.now();
    try {
      return { payload: await handler(payload, invocation) };
    } catch (error) {
      return lambdaFailure(error);
    } finally {
      options.onInvoked?.(stage, (timers.now() - begunMs) / 1000);
    }
  };
  const machine = createStateMachine({
    definition: JSON.parse(readFileSync(new URL('../burst.asl.json', import.meta.url), 'utf8')),
    substitutions: Object.fromEntries(STAGE_NAMES.map((name) => [name, name])),
    name: 'burst',
    invoke,
    timers,
    random: randomFrom(seed + 1),
    uuid: () => ports.ids.unique(),
  });

  let delivering = false;
  const deliver = async () => {
    const messages = queue.receive(DELIVERED_AT_ONCE);
    const eventSourceARN = `arn:aws:sqs:us-east-1:000000000000:${QUEUE_NAME}`;
    const Records = messages.map(({ messageId, body }) => ({ messageId, body, eventSourceARN }));
    const answer = await invoke('intake', { Records }, new AbortController().signal);
    const sent = messages.map(({ messageId }) => messageId);
    const { failed, why = 'it gave them back' } = batchOutcome(sent, answer);
    if (failed.length > 0) throw new Error(`intake failed for ${failed.length} messages: ${why}`);
    for (const { receiptHandle } of messages) queue.remove(receiptHandle);
    delivering = false;
    if (queue.size() > 0) wake();
  };
  const wake = () => {
    if (delivering) return;
    delivering = true;
    timers.after(DELIVERY_SECONDS * 1000, () => void deliver());
  };
  // Where nothing waits and nothing is rented the passes find nothing; they are left out for speed.
  const everyMinute = () =>
    timers.after(MINUTE_SECONDS * 1000, () => {
      if (!options.isAtWork()) return everyMinute();
      const pass = (stage: StageName) => invoke(stage, {}, new AbortController().signal);
      void pass('sweep')
        .then(() => pass('reap'))
        .finally(everyMinute);
    });
  everyMinute();

  return {
    timers,
    settings,
    ledger,
    market,
    machine,
    secondsNow: () => (timers.now() - Date.parse(START_AT)) / 1000,
    /** Until every cluster has ended and no execution runs. A burst that is not over within a day never will be. */
    runUntilOver: () =>
      timers.run({
        done: () =>
          market.all().length > 0 &&
          market.all().every(({ endedMs }) => endedMs !== undefined) &&
          machine.list({ status: 'RUNNING' }).executions.length === 0,
        until: timers.now() + MOST_SECONDS * 1000,
      }),
    async send(bodies: readonly string[]) {
      for (const body of bodies) await queue.send([{ id: '1', body }]);
      wake();
    },
  };
}
