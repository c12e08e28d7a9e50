import { canonicalJson } from '../../shared/model/digest.ts';
import type { WorkerId } from '../../shared/model/ids.ts';
import { Settings } from '../../shared/model/settings.ts';
import { type AskedOfAws, createAwsCounter } from './aws-counter.ts';
import { CATALOGUE, UNCAPPED } from './bench-settings.ts';
import { createBurstWorld } from './burst-world.ts';
import { callSeconds } from './call-seconds.ts';
import type { Churn } from './churn.ts';
import type { PolicyRun, RunLease, RunTask } from './policy-run.ts';
import { normalFrom } from './provisioning.ts';
import type { TraceTask } from './trace.ts';

export interface OursOptions {
  readonly seed: number;
  readonly tasks: readonly TraceTask[];
  readonly provisioningSeconds: () => number;
  readonly churn: Churn;
  /** What an operator would set. */
  readonly settings: object;
}

export interface OurRun extends PolicyRun {
  /** Every call is taken to follow the one before: where stages ask side by side, they waited less. */
  readonly asked: AskedOfAws;
}

/** Runs Burst itself over a trace: the deployed machine and stages on virtual time. */
export async function runOurs(options: OursOptions): Promise<OurRun> {
  const { tasks, seed, provisioningSeconds } = options;
  const leases: RunLease[] = [];
  const begun = new Map<number, RunTask>();
  const loaded = new Map<WorkerId, string>();
  const counter = createAwsCounter();
  const noise = normalFrom(seed * 104_729 + 5);
  let modelLoads = 0;
  let alive = 0;

  const world = createBurstWorld({
    seed,
    catalogue: CATALOGUE,
    provisioningSeconds,
    settings: Settings.parse({ ...UNCAPPED, ...options.settings }),
    onStart(number, model, worker) {
      const task = tasks[number];
      if (task === undefined) throw new RangeError(`no task ${number}`);
      const startSeconds = world.secondsNow();
      begun.set(number, { task, startSeconds, endSeconds: startSeconds + task.serviceSeconds });
      if (model !== '' && loaded.get(worker) !== model) modelLoads += 1;
      loaded.set(worker, model);
      return task.serviceSeconds;
    },
    onCluster({ phase, startedMs, endedMs, request }) {
      if (phase === 'PROVISIONING') alive += 1;
      if (endedMs === undefined) return;
      alive -= 1;
      const { gpusPerWorker, workers } = request.offer;
      const seconds = (ms: number) => (ms - startMs) / 1000;
      leases.push({
        startSeconds: seconds(startedMs ?? endedMs),
        endSeconds: seconds(endedMs),
        gpus: gpusPerWorker * workers,
      });
    },
    isAtWork: () => alive > 0 || begun.size < next,
    onInvoke: counter.invoked,
    portsOf: (stage, ports) =>
      counter.portsOf(stage, ports, async (name) => counter.waited(stage, callSeconds(name))),
    onWorkerObject: counter.workerObject,
  });
  const startMs = world.timers.now();

  let next = 0;
  const arrive = () => {
    const bodies: string[] = [];
    const now = world.secondsNow();
    for (let task = tasks[next]; task && task.arrivalSeconds <= now + 5e-4; task = tasks[next]) {
      bodies.push(bodyOf(task, next, noise()));
      next += 1;
    }
    counter.messages(bodies.length);
    void world.send(bodies);
    awaitNext();
  };
  const awaitNext = () => {
    const task = tasks[next];
    if (task === undefined) return;
    world.timers.after((task.arrivalSeconds - world.secondsNow()) * 1000, arrive);
  };
  awaitNext();
  for (const drop of options.churn.drops) {
    world.timers.after(drop.atSeconds * 1000, () => {
      world.market.all().forEach((cluster, ordinal) => {
        if (cluster.phase !== 'RUNNING' || !options.churn.isLost(drop, ordinal)) return;
        world.market.vanish(cluster);
      });
    });
  }
  await world.timers.run({
    done: () => alive === 0 && next === tasks.length && begun.size === tasks.length,
  });
  return {
    policy: 'burst',
    leases,
    tasks: [...begun.values()],
    modelLoads,
    asked: counter.asked(world.machine, world.market.all().length),
  };
}

/** What a sender says of a task's length is off by this much: sigma of a lognormal factor of median 1. */
const ESTIMATE_SIGMA = 0.5;
const MAX_ESTIMATE_SECONDS = 1800;

function bodyOf({ gpus, model, serviceSeconds }: TraceTask, number: number, noise: number): string {
  const estimate = serviceSeconds * Math.exp(ESTIMATE_SIGMA * noise);
  return canonicalJson({
    taskId: `t-${number}`,
    kind: 'bench.traced',
    spec: { number, model },
    resources: { gpus, vramGb: 24 },
    estimatedSeconds: Math.min(MAX_ESTIMATE_SECONDS, Math.max(1, Math.round(estimate))),
  });
}
