import { canonicalJson } from '../../shared/model/digest.ts';
import { Settings } from '../../shared/model/settings.ts';
import { type AskedOfAws, createAwsCounter } from './aws-counter.ts';
import { CATALOGUE, UNCAPPED } from './bench-settings.ts';
import { createBurstWorld } from './burst-world.ts';
import { callSeconds } from './call-seconds.ts';

export interface LeaseOptions {
  readonly tasks: number;
  /** What each takes on its slot. */
  readonly taskSeconds: number;
  readonly settings: object;
}

/** What one cluster, from the first message to the settled bill, asked of AWS. */
export interface CountedLease extends AskedOfAws {
  readonly done: number;
  readonly hours: number;
}

/** Runs so many tasks, sent at once, through the deployed machine and stages, and counts every request. */
export async function countedLease(options: LeaseOptions): Promise<CountedLease> {
  const counter = createAwsCounter();
  const world = createBurstWorld({
    seed: 1,
    catalogue: CATALOGUE,
    provisioningSeconds: () => 300,
    settings: Settings.parse({ ...UNCAPPED, ...options.settings }),
    onStart: () => options.taskSeconds,
    onCluster: () => undefined,
    isAtWork: () => true,
    onInvoke: counter.invoked,
    onInvoked: counter.waited,
    portsOf: (stage, ports, timers) =>
      counter.portsOf(
        stage,
        ports,
        (name) => new Promise((resolve) => timers.after(callSeconds(name) * 1000, () => resolve())),
      ),
    onWorkerObject: counter.workerObject,
  });
  const bodies = Array.from({ length: options.tasks }, (_, number) => bodyOf(number, options));
  counter.messages(bodies.length);
  await world.send(bodies);
  await world.runUntilOver();
  const tasks = world.ledger.rows().filter(({ pk }) => String(pk).startsWith('T#'));
  return {
    ...counter.asked(world.machine, world.market.all().length),
    done: tasks.filter(({ status }) => status === 'done').length,
    hours: world.secondsNow() / 3600,
  };
}

function bodyOf(number: number, { taskSeconds }: LeaseOptions): string {
  return canonicalJson({
    taskId: `t-${number}`,
    kind: 'bench.traced',
    spec: { number, model: 'one' },
    resources: { vramGb: 24 },
    estimatedSeconds: taskSeconds,
  });
}
