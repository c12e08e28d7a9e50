import '../local/quiet-sdk.ts';
import { randomFrom } from '../../shared/memory/memory-ids.ts';
import { Settings } from '../../shared/model/settings.ts';
import { accountFor, putAll, type Sent, sendAll, takeAll } from './intake-round.ts';
import { isSound, type Round, withDuplicates } from './intake-rows.ts';
import { type IntakeWorld, startIntakeWorld } from './intake-world.ts';
import type { Streams } from './report.ts';

export interface IntakePlan {
  /** Of one round. */
  readonly tasks: number;
  /** Of each event size, without the one that warms up. */
  readonly rounds: number;
  /** Messages of one event. */
  readonly eventSizes: readonly number[];
  /** Share of the tasks that are sent twice. */
  readonly duplicates: number;
}

interface RoundPlan {
  readonly perEvent: number;
  /** 0: to warm up, counted in nothing. */
  readonly round: number;
  readonly tenant: string;
  readonly tasks: number;
  readonly duplicates: number;
}

const KIND = 'nft.generative';
const WARM_UP_TASKS = 500;
/** What intake logs when nothing is wrong. */
const USUAL = ['intake', 'open burst'];

/** Puts and intake by turns against one cloud, who goes first by turns too; every round has a queue of its own. */
export async function benchIntake(
  { tasks, rounds, eventSizes, duplicates }: IntakePlan,
  { err }: Streams,
): Promise<Round[]> {
  const plans = eventSizes.flatMap((perEvent) =>
    Array.from({ length: rounds + 1 }, (_, round) => ({
      ...{ perEvent, round, tenant: `of-${perEvent}-${round}` },
      ...{ duplicates, tasks: round === 0 ? Math.min(tasks, WARM_UP_TASKS) : tasks },
    })),
  );
  const counts = new Map<string, number>();
  const trouble: string[] = [];
  const world = await startIntakeWorld(
    plans.map(({ tenant }) => tenant),
    (name) => counts.set(name, (counts.get(name) ?? 0) + 1),
    (event, facts) => {
      if (!USUAL.includes(event)) trouble.push(`${event}: ${JSON.stringify(facts)}`);
    },
  );
  const settings = Settings.parse({
    ...{ stackName: 'burst', workerSecret: 'no secret in a benchmark', allowCpuExecutor: true },
    tenantOfQueue: Object.fromEntries(plans.map(({ tenant }) => [tenant, tenant])),
    images: { [KIND]: `registry.test/worker@sha256:${'ab'.repeat(32)}` },
  });
  try {
    const all: Round[] = [];
    for (const plan of plans) {
      const round = await oneRound(world, settings, plan, counts);
      const { putsPerSecond, tasksPerSecond, ratio } = round;
      const speeds = `${putsPerSecond.toFixed(0)} puts/s, ${tasksPerSecond.toFixed(0)} tasks/s`;
      const name = plan.round === 0 ? 'warm-up' : `round ${plan.round}`;
      err(`${plan.perEvent} messages an event, ${name}: ${speeds}, ${ratio.toFixed(3)}\n`);
      if (!isSound(round.account) || trouble.length > 0) {
        const why = trouble[0] ?? 'no trouble was logged';
        throw new Error(`tasks were lost or doubled: ${JSON.stringify(round.account)}; ${why}`);
      }
      if (plan.round > 0) all.push(round);
    }
    return all;
  } finally {
    await world.stop();
  }
}

async function oneRound(
  world: IntakeWorld,
  settings: Settings,
  { perEvent, round, tenant, tasks, duplicates }: RoundPlan,
  counts: Map<string, number>,
): Promise<Round> {
  const queue = world.queues.find(({ name }) => name === tenant);
  if (queue === undefined) throw new Error(`there is no queue ${tenant}`);
  const sent = Array.from({ length: tasks }, (_, n) => taskOf(tenant, n));
  const messages = withDuplicates(sent, duplicates, randomFrom(round));
  await sendAll(world, queue, messages);

  const bare = () => putAll(world, sent);
  const took = { bareSeconds: round % 2 === 0 ? await bare() : undefined };
  counts.clear();
  const { seconds, again } = await takeAll(world, settings, queue, {
    messages: messages.length,
    perEvent,
  });
  const calls = Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
  const bareSeconds = took.bareSeconds ?? (await bare());
  const [putsPerSecond, tasksPerSecond] = [tasks / bareSeconds, tasks / seconds];
  const account = await accountFor(world, tenant, sent);
  const ratio = tasksPerSecond / putsPerSecond;
  return { perEvent, putsPerSecond, tasksPerSecond, ratio, again, calls, account };
}

/** A task of 20 seconds, so that thirty are a batch. */
function taskOf(tenant: string, n: number): Sent {
  const taskId = `${tenant}-${n}`;
  const collection = { name: 'Lantern Prints', seed: 'lantern', supply: 100_000, size: 512 };
  const spec = { collection, tokenId: n + 1 };
  return { taskId, body: JSON.stringify({ taskId, kind: KIND, spec, estimatedSeconds: 20 }) };
}
