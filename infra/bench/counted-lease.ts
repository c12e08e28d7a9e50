import { canonicalJson } from '../../shared/model/digest.ts';
import { Settings } from '../../shared/model/settings.ts';
import type { StateMachine } from '../local/engine/state-machine.ts';
import { CATALOGUE, UNCAPPED } from './bench-settings.ts';
import { createBurstWorld } from './burst-world.ts';
import { callSeconds } from './call-seconds.ts';
import { type Counts, countCall, countingPorts, noCounts } from './counting-ports.ts';

export interface LeaseOptions {
  readonly tasks: number;
  /** What each takes on its slot. */
  readonly taskSeconds: number;
  readonly settings: object;
}

/** What one cluster, from the first message to the settled bill, asked of AWS. */
export interface CountedLease {
  readonly leases: number;
  readonly done: number;
  /** States entered, and tasks tried again. */
  readonly transitions: number;
  /** How often each state was entered. */
  readonly states: Readonly<Record<string, number>>;
  /** By stage, `worker` and `sender`. */
  readonly counts: Readonly<Record<string, Counts>>;
  /** Invocations by stage. */
  readonly invocations: Readonly<Record<string, number>>;
  /** Seconds that they waited for answers, together, by stage. */
  readonly waitedSeconds: Readonly<Record<string, number>>;
  readonly hours: number;
}

/** Messages one request sends, receives or deletes. */
const MESSAGES_PER_REQUEST = 10;

/** Runs so many tasks, sent at once, through the deployed machine and stages, and counts every request. */
export async function countedLease(options: LeaseOptions): Promise<CountedLease> {
  const counts: Record<string, Counts> = {};
  const invocations: Record<string, number> = {};
  const waitedSeconds: Record<string, number> = {};
  const countsOf = (who: string): Counts => {
    const own = counts[who] ?? noCounts();
    counts[who] = own;
    return own;
  };
  const world = createBurstWorld({
    seed: 1,
    catalogue: CATALOGUE,
    provisioningSeconds: () => 300,
    settings: Settings.parse({ ...UNCAPPED, ...options.settings }),
    onStart: () => options.taskSeconds,
    onCluster: () => undefined,
    isAtWork: () => true,
    onInvoke(stage) {
      invocations[stage] = (invocations[stage] ?? 0) + 1;
    },
    onInvoked(stage, seconds) {
      waitedSeconds[stage] = (waitedSeconds[stage] ?? 0) + seconds;
    },
    portsOf: (stage, ports, timers) =>
      countingPorts(
        ports,
        countsOf(stage),
        (name) => new Promise((resolve) => timers.after(callSeconds(name) * 1000, () => resolve())),
      ),
    onWorkerObject: (operation) => countCall(countsOf('worker'), `S3 ${operation}`),
  });
  const bodies = Array.from({ length: options.tasks }, (_, number) => bodyOf(number, options));
  const requests = Math.ceil(bodies.length / MESSAGES_PER_REQUEST);
  countCall(countsOf('sender'), 'SQS SendMessageBatch', requests);
  countCall(countsOf('sender'), 'SQS ReceiveMessage', requests);
  countCall(countsOf('sender'), 'SQS DeleteMessageBatch', requests);
  await world.send(bodies);
  await world.runUntilOver();
  const tasks = world.ledger.rows().filter(({ pk }) => String(pk).startsWith('T#'));
  return {
    leases: world.market.all().length,
    done: tasks.filter(({ status }) => status === 'done').length,
    ...transitionsOf(world.machine),
    counts,
    invocations,
    waitedSeconds,
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

/** Step Functions bills every state entered, and every attempt of a Retry. */
function transitionsOf(machine: StateMachine): Pick<CountedLease, 'transitions' | 'states'> {
  const states: Record<string, number> = {};
  let [entered, tasks, attempts] = [0, 0, 0];
  for (const { name } of pages((request) => {
    const { executions: items, ...page } = machine.list(request);
    return { items, ...page };
  })) {
    for (const { type, stateEnteredEventDetails: at } of pages((request) => {
      const { events: items, ...page } = machine.history(name, request);
      return { items, ...page };
    })) {
      if (type === 'TaskScheduled') attempts += 1;
      if (type === 'TaskStateEntered') tasks += 1;
      if (at === undefined) continue;
      entered += 1;
      states[at.name] = (states[at.name] ?? 0) + 1;
    }
  }
  return { transitions: entered + attempts - tasks, states };
}

function* pages<Item>(
  next: (request: { nextToken?: string }) => {
    readonly items: readonly Item[];
    readonly nextToken?: string | undefined;
  },
): Generator<Item> {
  let nextToken: string | undefined;
  do {
    const page = next(nextToken === undefined ? {} : { nextToken });
    yield* page.items;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}
