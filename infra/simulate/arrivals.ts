import { cancelTask } from '../../shared/client/cancel.ts';
import { sendMessages } from '../../shared/client/send.ts';
import type { MemoryQueue } from '../../shared/memory/memory-queue.ts';
import { canonicalJson, sha256Of } from '../../shared/model/digest.ts';
import { Tenant } from '../../shared/model/ids.ts';
import type { Actor } from './actor.ts';
import { actorPorts, actorQueue } from './actor-ports.ts';
import { DELIVERY_FAULTS } from './faults.ts';
import { type Arrival, type SimulatedTask, TENANTS } from './schedule.ts';
import type { World } from './world.ts';

/** Between two looks of the event source at a queue that holds something, seconds. */
const POLL_SECONDS = 5;

/** What the event source hands to one invocation at most. */
const MESSAGES_AT_ONCE = 10;

/** Tasks that take no longer leave the estimate to their kind: bursts learn of each other how far off it is. */
const KIND_ESTIMATES_SECONDS = 15;

/** An operator looks at the dead letters, and sends them again, this often. */
const REDRIVE_SECONDS = 900;

/** The tasks dApps have on the queue, by id, with every number that was sent under it. */
type Sent = ReadonlyMap<string, { readonly tenant: string; readonly numbers: Set<number> }>;

export interface Arrivals {
  readonly sent: Sent;
  /** Sends and messages that have not come through yet. */
  waiting(): number;
}

/** dApps that send tasks through the real client, and the event source that feeds intake. */
export function startArrivals(world: World): Arrivals {
  const { schedule, timers, disturbance } = world;
  const { chance } = disturbance;
  const sent = new Map<string, { tenant: string; numbers: Set<number> }>();
  const sources = new Map(
    [...world.queues].map(([tenant, queue]) => [tenant, eventSource(world, tenant, queue)]),
  );
  let waiting = 0;

  const dapp = (name: string): Actor => ({
    ...{ name, who: 'dapp', state: undefined, burst: undefined, fate: undefined },
    ...{
      startedMs: timers.now(),
      deadlineMs: Number.POSITIVE_INFINITY,
      pace: { kind: 'swift' },
      calls: 0,
      dead: false,
    },
  });

  async function send(tenant: string, tasks: readonly SimulatedTask[], name: string) {
    const queue = world.queues.get(tenant);
    if (queue === undefined) throw new RangeError(`no queue for ${tenant}`);
    waiting += 1;
    const actor = dapp(name);
    const ports = {
      queue: actorQueue(world.calls, disturbance, queue, actor),
      ids: { random: () => chance.at(`${name} pause ${actor.calls}`) },
      pause: (seconds: number) => world.actors.sleep(actor, seconds * 1000),
    };
    let messages = tasks.map(messageOf);
    while (messages.length > 0) {
      const failed = await sendMessages(ports, messages);
      sources.get(tenant)?.wake();
      messages = messages.filter(({ taskId }) => failed.has(taskId));
      if (messages.length > 0) await ports.pause(60);
    }
    for (const { taskId, number } of tasks) {
      const known = sent.get(taskId) ?? { tenant, numbers: new Set<number>() };
      known.numbers.add(number);
      sent.set(taskId, known);
    }
    waiting -= 1;
  }

  const arrive = ({ tenant, tasks }: Arrival, index: number) => {
    void send(tenant, tasks, `dapp ${index}`);
    const [first] = tasks;
    if (first === undefined || !chance.happens(`reuse ${index}`, 0.1)) return;
    const other = { ...first, number: first.number + 1000 };
    timers.after(chance.between(`reuse at ${index}`, 0, 120_000), () => {
      void send(tenant, [other], `dapp ${index} again`);
    });
  };
  schedule.arrivals.forEach((arrival, index) => {
    timers.after(arrival.atSeconds * 1000, () => arrive(arrival, index));
  });
  timers.after(chance.between('bad message', 0, 60_000), () => {
    const tenant = chance.pick('bad tenant', [...TENANTS]);
    void world.queues.get(tenant)?.send([{ id: '1', body: '{"taskId":"bad","colour":"red"}' }]);
    sources.get(tenant)?.wake();
  });
  schedule.cancelsAtSeconds.forEach((atSeconds, index) => {
    timers.after(atSeconds * 1000, () => {
      const [first, ...rest] = [...sent];
      if (first === undefined) return;
      const [taskId, { tenant }] = chance.pick(`cancelled ${index}`, [first, ...rest]);
      const ports = actorPorts(
        world.calls,
        disturbance,
        world.truth,
        dapp(`dapp cancels ${index}`),
        () => undefined,
      );
      // A dApp whose call fails, or whose task is not known yet, leaves it at that.
      cancelTask(ports, Tenant.parse(tenant), taskId).catch(() => undefined);
    });
  });
  world.onClosing((lease) => {
    const vramGb = Number(
      Reflect.get(Object(Reflect.get(Object(lease.requirement), 'need')), 'vramGb'),
    );
    const task = { stages: 0, poison: false, deadly: false, seconds: 10, vramGb };
    const tasks = [{ ...task, taskId: 'late-1', number: 2001 }];
    void send(String(lease.tenant), tasks, 'dapp is late');
  });
  const undelivered = () =>
    [...sources.values()].reduce((sum, { undelivered: left }) => sum + left(), 0);
  return { sent, waiting: () => waiting + undelivered() };
}

function messageOf({ taskId, number, vramGb, seconds, stages, poison, deadly }: SimulatedTask) {
  const body = canonicalJson({
    taskId,
    kind: 'simulated.tiny',
    spec: {
      number,
      ...(stages > 0 ? { stages } : {}),
      ...(poison ? { poison } : {}),
      ...(deadly ? { deadly } : {}),
    },
    resources: { vramGb },
    ...(seconds <= KIND_ESTIMATES_SECONDS ? {} : { estimatedSeconds: seconds }),
  });
  return { taskId, messageSha256: sha256Of(body), body };
}

/**
 * Feeds a queue to intake: batches in any order, some twice at once, some again after their delete, as SQS
 * may; what failed comes back when its time is over, and from the dead letters when an operator looks.
 */
function eventSource(world: World, tenant: string, queue: MemoryQueue) {
  const { timers, disturbance, functions, queueArnOf } = world;
  const { chance } = disturbance;
  let awake = false;
  let deliveries = 0;
  let redriven = 0;

  type Received = ReturnType<MemoryQueue['receive']>;
  const intake = async (messages: Received, name: string): Promise<ReadonlySet<string>> => {
    const eventSourceARN = queueArnOf(tenant);
    const Records = messages.map(({ messageId, body }) => ({ messageId, body, eventSourceARN }));
    const answer = await functions.run('intake', { Records }, name);
    const all = new Set(messages.map(({ messageId }) => messageId));
    return 'error' in answer ? all : failuresOf(answer.payload);
  };

  const deliver = async () => {
    const name = `intake ${tenant} ${++deliveries}`;
    const where = { who: 'intake' };
    if (disturbance.outageOf('queue', name) !== undefined) return;
    const most = chance.whole(`${name} size`, 1, MESSAGES_AT_ONCE);
    const messages = shuffled(queue.receive(most), (n) => chance.at(`${name} order ${n}`));
    if (messages.length === 0) return;
    const fault = disturbance.draw(DELIVERY_FAULTS, `${name} delivery`, where);
    if (fault === 'queue.delivered twice at once') void intake(messages, `${name} twin`);
    if (fault === 'queue.delivered again after its delete') {
      const laterMs = chance.between(`${name} later`, 10_000, 900_000);
      timers.after(laterMs, () => void intake(messages, `${name} again`));
    }
    const failed = await intake(messages, name);
    if (fault === 'queue.delete lost') return;
    for (const { messageId, receiptHandle } of messages) {
      if (!failed.has(messageId)) queue.remove(receiptHandle);
    }
  };

  const poll = () => {
    void deliver();
    if (queue.size() > 0) timers.after(POLL_SECONDS * 1000, poll);
    else awake = false;
  };
  const wake = () => {
    if (awake) return;
    awake = true;
    timers.after(chance.between(`${tenant} poll ${deliveries}`, 0, POLL_SECONDS) * 1000, poll);
  };
  const redrive = () => {
    const dead = queue.deadLetters();
    for (const body of dead.slice(redriven)) void queue.send([{ id: '1', body }]);
    if (dead.length > redriven) wake();
    redriven = dead.length;
    timers.after(REDRIVE_SECONDS * 1000, redrive);
  };
  redrive();
  const undelivered = () => queue.size() + queue.deadLetters().length - redriven;
  return { wake, undelivered };
}

function failuresOf(answer: unknown): Set<string> {
  const failures: unknown = Reflect.get(Object(answer), 'batchItemFailures');
  const ids = Array.isArray(failures)
    ? failures.map((failure) => String(Reflect.get(Object(failure), 'itemIdentifier')))
    : [];
  return new Set(ids);
}

const shuffled = <Item>(items: readonly Item[], draw: (n: number) => number): Item[] =>
  items
    .map((item, n) => ({ item, at: draw(n) }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
