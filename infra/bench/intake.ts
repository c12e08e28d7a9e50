import type { Command } from 'commander';
import { randomFrom } from '../../shared/memory/memory-ids.ts';
import { Settings } from '../../shared/model/settings.ts';
import { wholeFrom } from '../command-line/values.ts';
import {
  accountFor,
  invocationsAtOnce,
  putAll,
  type Sent,
  sendAll,
  takeAll,
  WRITES_AT_ONCE,
} from './intake-round.ts';
import { isSound, type Round, rowOf, withDuplicates } from './intake-rows.ts';
import { type IntakeWorld, startIntakeWorld } from './intake-world.ts';
import { svgPlot } from './plot.ts';
import {
  deliver,
  JSON_OPTION,
  type Report,
  type ReportOptions,
  type Streams,
  writableFile,
} from './report.ts';
import { tableLines } from './table.ts';

const DUPLICATES = 0.05;
const KIND = 'nft.generative';

/** Messages of one event, as the stack sets it. */
const DEPLOYED = 100;
/** What one request of SQS gives, and what the stack's event source gathers. */
const EVENT_SIZES = [10, DEPLOYED];

interface IntakeOptions extends ReportOptions {
  readonly tasks: number;
  readonly rounds: number;
}

export function addIntake(program: Command, streams: Streams): void {
  program
    .command('intake')
    .description(
      'Tasks a second through queue, function and ledger, against bare conditional puts.',
    )
    .option('--tasks <count>', 'tasks of one round', wholeFrom(100, 100_000), 2000)
    .option('--rounds <count>', 'rounds of which the median counts', wholeFrom(1, 100), 5)
    .option('--plot <file>', 'where the plot goes', writableFile, 'out/bench/intake.svg')
    .option(...JSON_OPTION)
    .action(async ({ tasks, rounds, ...options }: IntakeOptions) => {
      const all = await benchIntake(tasks, rounds, streams);
      deliver(intakeReport(all, tasks), options, streams);
    });
}

/** Puts and intake by turns against one cloud, who goes first by turns too; every round has a queue of its own. */
async function benchIntake(tasks: number, rounds: number, { err }: Streams): Promise<Round[]> {
  const plans = EVENT_SIZES.flatMap((perEvent) =>
    Array.from({ length: rounds + 1 }, (_, round) => ({
      ...{ perEvent, round, tenant: `of-${perEvent}-${round}` },
      tasks: round === 0 ? Math.min(tasks, WARM_UP_TASKS) : tasks,
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

const WARM_UP_TASKS = 500;
/** What intake logs when nothing is wrong. */
const USUAL = ['intake', 'open burst'];

async function oneRound(
  world: IntakeWorld,
  settings: Settings,
  {
    perEvent,
    round,
    tenant,
    tasks,
  }: { perEvent: number; round: number; tenant: string; tasks: number },
  counts: Map<string, number>,
): Promise<Round> {
  const queue = world.queues.find(({ name }) => name === tenant);
  if (queue === undefined) throw new Error(`there is no queue ${tenant}`);
  const sent = Array.from({ length: tasks }, (_, n) => taskOf(tenant, n));
  const messages = withDuplicates(sent, DUPLICATES, randomFrom(round));
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

function intakeReport(all: readonly Round[], tasks: number): Report {
  const rows = EVENT_SIZES.map((perEvent) => rowOf(perEvent, all));
  const rounds = all.length / EVENT_SIZES.length;
  const table = tableLines(
    ['messages an event', 'events at once', 'puts/s', 'tasks/s', 'intake / puts', 'worst'],
    rows.map((row) => [
      ...[String(row.perEvent), String(invocationsAtOnce(row.perEvent))],
      ...[row.putsPerSecond.toFixed(0), row.tasksPerSecond.toFixed(0)],
      ...[row.ratio.toFixed(3), row.worstRatio.toFixed(3)],
    ]),
  );
  const names = [...new Set(rows.flatMap(({ callsPerTask }) => Object.keys(callsPerTask)))];
  const calls = tableLines(
    ['calls per task', ...rows.map(({ perEvent }) => `${perEvent} an event`)],
    names.map((name) => [
      name,
      ...rows.map(({ callsPerTask }) => (callsPerTask[name] ?? 0).toFixed(3)),
    ]),
  );
  const accounts = tableLines(
    ['messages an event', 'sent', 'rows', 'listed', 'lost', 'doubled', 'astray', 'taken twice'],
    rows.map(({ perEvent, account, again }) => [
      ...[perEvent, account.sent, account.taskRows, account.listed].map(String),
      ...[account.lost, account.doubled, account.astray, again].map(String),
    ]),
  );
  return {
    lines: [
      `${tasks} tasks and ${100 * DUPLICATES} % of them sent twice; medians of ${rounds} rounds by turns against one local cloud, a process of its own`,
      `puts: one conditional PutItem a task. Either has ${WRITES_AT_ONCE} writes under way at a time, through the same client`,
      'intake: from the first receive to the last acknowledgement; 100 messages an event is what the stack sets',
      '',
      ...[...table, '', ...calls, ''],
      `All ${rounds} rounds together, every row of the ledger read:`,
      ...accounts,
    ],
    json: { bench: 'intake', tasks, duplicates: DUPLICATES, rows, rounds: all },
    svg: svgPlot({
      title: 'Intake beside bare conditional puts',
      subtitle: 'one mark a round; tasks a second from queue to acknowledgement over puts a second',
      ...{ xLabel: 'puts per second', yLabel: 'tasks per second' },
      marks: all.map(({ perEvent, putsPerSecond, tasksPerSecond }) => ({
        ...{ label: `${perEvent} messages an event`, strong: perEvent === DEPLOYED },
        ...{ x: putsPerSecond, y: tasksPerSecond },
      })),
    }),
  };
}
