import { readFileSync } from 'node:fs';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryIds, randomFrom } from '../../shared/memory/memory-ids.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { memoryQueue } from '../../shared/memory/memory-queue.ts';
import type { WorkerId } from '../../shared/model/ids.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import { Settings } from '../../shared/model/settings.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Ports } from '../../shared/ports.ts';
import { batchOutcome } from '../local/cloud/batch-answer.ts';
import type { ExpressionSources } from '../local/engine/expression-functions.ts';
import { functionNotFound, type InvokeFunction, lambdaFailure } from '../local/engine/invoke.ts';
import {
  type CompiledMachine,
  compileMachine,
  runCompiled,
} from '../local/engine/state-machine.ts';
import { virtualTime } from '../local/engine/virtual-time.ts';
import type { Catalogue } from '../local/ionet/catalogue.ts';
import { STAGE_NAMES, type StageName, wireStages } from '../stages.ts';
import { virtualJobs } from './jobs.ts';
import { machineBursts } from './machine-bursts.ts';
import { createMarket, type MarketBehaviour } from './market.ts';
import type { ModelResume } from './model-files.ts';
import { perform } from './perform.ts';
import { runProgram } from './programs.ts';
import { type Produced, workerModel } from './worker-model.ts';

export interface VirtualWorldOptions {
  readonly seed?: number;
  readonly startAt?: string;
  readonly settings: Settings;
  /** Seconds of virtual time one task takes. */
  readonly taskSeconds?: (task: ManifestTask, workerId: WorkerId) => number;
  /** What a worker makes of a task. @default what an honest one would */
  readonly produce?: (
    task: ManifestTask,
    resume: ModelResume | undefined,
    workerId: WorkerId,
  ) => Produced;
  readonly behaviour?: Partial<MarketBehaviour>;
  /** What the provider has. @default the simulated provider's */
  readonly catalogue?: Catalogue;
  /**
   * For many runs in a process, one after the other: the definition compiled once, rows that are not copied, quick
   * turns of the clock. Nothing in such a world may leave the thread.
   */
  readonly compiledFor?: (sources: ExpressionSources) => CompiledMachine;
  /** Sees every invocation before it runs; an error it throws is the function's. */
  readonly onInvoke?: (stage: StageName, input: unknown) => void;
  /** Sees every invocation after it has run; an error it throws is the function's, its effects stay. */
  readonly afterInvoke?: (stage: StageName, input: unknown) => void;
  /** Puts faults in front of the ports the stages get; the world keeps the true ones. */
  readonly disturb?: (ports: Ports) => Ports;
}

const honest = (task: ManifestTask, resume: ModelResume | undefined): Produced =>
  task.kind === 'container' ? runProgram(task) : perform(task, resume);

const DEFINITION: unknown = JSON.parse(
  readFileSync(new URL('../burst.asl.json', import.meta.url), 'utf8'),
);

/** Time between two looks at the queue, and between two passes of sweep and reap. */
const INTAKE_EVERY_SECONDS = 5;
const SWEEP_EVERY_SECONDS = 60;
const INTAKE_BATCH = 100;
const QUEUE_NAME = 'intake-default';

/**
 * Burst on virtual time: the deployed state machine in the engine, the deployed stages, in-memory ports and
 * a modelled provider. Exactly one thing runs at a time and everything that varies comes from the seed.
 */
export function virtualWorld(options: VirtualWorldOptions) {
  const { seed = 1, startAt = '2026-01-01T00:00:00.000Z', produce = honest } = options;
  const { compiledFor } = options;
  const timers = virtualTime({ startAt, promisesOnly: compiledFor !== undefined });
  const clock = { now: () => instantOf(timers.now()) };
  const settings = Settings.parse({
    ...options.settings,
    tenantOfQueue: { ...options.settings.tenantOfQueue, [QUEUE_NAME]: 'default' },
  });
  const ledger = memoryLedger({ copies: compiledFor === undefined });
  const artifacts = memoryArtifacts({ clock });
  const queue = memoryQueue({ clock });
  const logged: { at: string; event: string; facts: Readonly<Record<string, unknown>> }[] = [];

  const market = createMarket({
    timers,
    ...(options.catalogue === undefined ? {} : { catalogue: options.catalogue }),
    behaviour: {
      provisioningSeconds: () => 300,
      listLagSeconds: 10,
      terminationSeconds: 20,
      ...options.behaviour,
    },
    startWorker: ({ offer, env }, vramMb, workerId) =>
      workerModel({
        timers,
        artifacts,
        slots: Number(env.BURST_SLOTS ?? 1),
        gpus: Array.from({ length: offer.gpusPerWorker }, () => ({
          model: offer.gpuModel,
          vramMb,
        })),
        taskSeconds: (task) => options.taskSeconds?.(task, workerId) ?? 10,
        produce: (task, resume) => produce(task, resume, workerId),
      }),
  });

  const bursts = machineBursts({ start: (request) => machine.start(request) });
  const ports: Ports = {
    clock,
    ids: memoryIds(seed, clock),
    log: (event, facts) => void logged.push({ at: clock.now(), event, facts }),
    ledger,
    artifacts,
    bursts,
    clusters: market.clusters,
    jobs: virtualJobs(market),
  };
  const stages = wireStages(options.disturb?.(ports) ?? ports, settings);
  const invocation = { remainingSeconds: () => settings.limits.functionSeconds };

  const invoke: InvokeFunction = async (functionName, payload) => {
    const stage = STAGE_NAMES.find((name) => name === functionName);
    if (stage === undefined) return functionNotFound(functionName);
    try {
      options.onInvoke?.(stage, payload);
      const answer = await stages[stage](payload, invocation);
      options.afterInvoke?.(stage, payload);
      return { payload: answer };
    } catch (error) {
      return lambdaFailure(error);
    }
  };
  const random = randomFrom(seed + 1);
  const uuid = () => ports.ids.unique();
  const names = Object.fromEntries(STAGE_NAMES.map((name) => [name, name]));
  const sources = { now: timers.now, random, uuid };
  const compiled = compiledFor?.(sources) ?? compileMachine(DEFINITION, names, sources);
  const machine = runCompiled(compiled, { name: 'burst', invoke, timers, random, uuid });

  const everySeconds = (seconds: number, work: () => Promise<unknown>) => {
    const again = () =>
      timers.after(seconds * 1000, () => {
        void work().finally(again);
      });
    again();
  };
  const drainQueue = async () => {
    const messages = queue.receive(INTAKE_BATCH);
    if (messages.length === 0) return;
    const eventSourceARN = `arn:aws:sqs:us-east-1:000000000000:${QUEUE_NAME}`;
    const Records = messages.map(({ messageId, body }) => ({ messageId, body, eventSourceARN }));
    const answer = await invoke('intake', { Records }, new AbortController().signal);
    const sent = messages.map(({ messageId }) => messageId);
    const done = new Set(batchOutcome(sent, answer).done);
    for (const { messageId, receiptHandle } of messages) {
      if (done.has(messageId)) queue.remove(receiptHandle);
    }
  };
  everySeconds(INTAKE_EVERY_SECONDS, drainQueue);
  everySeconds(SWEEP_EVERY_SECONDS, () => invoke('sweep', {}, new AbortController().signal));
  everySeconds(SWEEP_EVERY_SECONDS, () => invoke('reap', {}, new AbortController().signal));

  return {
    timers,
    ports,
    settings,
    stages,
    ledger,
    artifacts,
    queue,
    market,
    machine,
    logged,
    /** Runs until `done` says so, at the latest until `forSeconds` of virtual time have passed. */
    async run({ forSeconds, done }: { forSeconds: number; done?: () => boolean }): Promise<void> {
      await timers.run({
        until: timers.now() + forSeconds * 1000,
        ...(done === undefined ? {} : { done }),
      });
    },
  };
}

export type VirtualWorld = ReturnType<typeof virtualWorld>;
