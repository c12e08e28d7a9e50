import type { BurstClient, Receipt, TaskState } from '../../../shared/client/index.ts';
import { isOver } from '../../../shared/client/task-state.ts';
import { type Instant, secondsBetween } from '../../../shared/model/time.ts';
import type { Clock } from '../../../shared/ports.ts';
import type { Observer, SeenBurst } from './observer.ts';
import type { Screen } from './screen.ts';
import type { ClusterLine, Snapshot } from './snapshot.ts';

export interface WatchOptions {
  readonly client: BurstClient;
  readonly observer: Observer;
  readonly screen: Screen;
  readonly clock: Clock;
  readonly receipts: readonly Receipt[];
  readonly startedAt: Instant;
}

/** Keeps the screen up to date. */
export interface Watch {
  /** @param states - Of every task, once they are known for good. */
  look(bursts: readonly SeenBurst[], states: readonly TaskState[] | undefined): Promise<void>;
}

/** Looks between two questions to every task. */
const TASKS_EVERY_LOOKS = 4;
/** Waiting tasks that are asked why. */
const ASKED_WHY = 6;

export function createWatch(options: WatchOptions): Watch {
  const { client, observer, screen, clock, receipts, startedAt } = options;
  let looks = 0;
  let last: readonly TaskState[] = [];
  let tasks = taskCounts(receipts, []);
  let waiting: Snapshot['waiting'] = [];

  /** What has ended is not asked again. */
  const stateOf = async (receipt: Receipt, index: number): Promise<TaskState> => {
    const before = last[index];
    return before !== undefined && isOver(before) ? before : client.get(receipt);
  };

  const askTasks = async (known: readonly TaskState[] | undefined) => {
    const states = known ?? (await Promise.all(receipts.map(stateOf)));
    last = states;
    tasks = taskCounts(receipts, states);
    const open = receipts.filter((_, index) => states[index]?.state === 'accepted');
    const why = await Promise.all(open.slice(0, ASKED_WHY).map((one) => client.explain(one)));
    const sentences = why.flatMap(({ cause, sentence }) => (cause === 'done' ? [] : sentence));
    waiting = shared(sentences, open.length);
  };

  return {
    async look(bursts, states) {
      if (states !== undefined || looks % TASKS_EVERY_LOOKS === 0) await askTasks(states);
      looks += 1;
      const money = await observer.stackMoney();
      const held = Object.values(money?.holds ?? {}).reduce((sum, one) => sum + one, 0);
      const cap = money?.capMicroUsd ?? 0;
      const now = clock.now();
      screen.show({
        elapsedSeconds: secondsBetween(startedAt, now),
        tasks,
        waiting,
        clusters: bursts.map((burst) => clusterLine(burst, now)),
        money: {
          heldMicroUsd: held,
          billedMicroUsd: cap - held - (money?.available ?? cap),
          capMicroUsd: cap,
        },
        news: [],
      });
    },
  };
}

function taskCounts(receipts: readonly Receipt[], states: readonly TaskState[]): Snapshot['tasks'] {
  const count = (...which: TaskState['state'][]) =>
    states.filter(({ state }) => which.includes(state)).length;
  return {
    sent: receipts.filter(({ status }) => status === 'sent').length,
    rejected: count('rejected'),
    accepted: count('accepted', 'done', 'failed', 'cancelled'),
    done: count('done'),
    failed: count('failed'),
    cancelled: count('cancelled'),
  };
}

/** Sentences of the tasks that were asked, each with about how many of all open tasks share it. */
function shared(sentences: readonly string[], open: number): Snapshot['waiting'] {
  const counts = new Map<string, number>();
  for (const sentence of sentences) counts.set(sentence, (counts.get(sentence) ?? 0) + 1);
  return [...counts].map(([sentence, asked]) => ({
    sentence,
    tasks: Math.round((asked * open) / sentences.length),
  }));
}

const clusterLine = ({ lease, jobs }: SeenBurst, now: Instant): ClusterLine => ({
  name: lease.burstId,
  phase: lease.phase,
  gpuModel: lease.offer?.gpuModel,
  location: lease.offer?.location,
  workers: lease.workers.length,
  workersLost: lease.workers.filter(({ lostAt }) => lostAt !== undefined).length,
  tasksDone: jobs.reduce(
    (sum, job) => sum + job.collected.size - job.refusedResults - job.rejectedResults,
    0,
  ),
  paidSecondsLeft:
    lease.paidUntil === undefined || lease.phase === 'settled'
      ? undefined
      : Math.max(0, secondsBetween(now, lease.paidUntil)),
});
