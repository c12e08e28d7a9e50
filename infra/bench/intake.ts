import type { Command } from 'commander';
import { wholeFrom } from '../command-line/values.ts';
import { EVENTS_AT_ONCE, PUTS_AT_ONCE, type Round, rowOf } from './intake-rows.ts';
import { svgPlot } from './plot.ts';
import {
  deliver,
  JSON_OPTION,
  plotOption,
  type Report,
  type ReportOptions,
  type Streams,
  thisMachine,
} from './report.ts';
import { tableLines } from './table.ts';

const DUPLICATES = 0.05;

/** Messages of one event, as the stack sets it. */
const DEPLOYED = 100;
/** What the stack's event source gathers, and what one request of SQS gives. */
const EVENT_SIZES = [DEPLOYED, 10];

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
    .option(...plotOption('intake'))
    .option(...JSON_OPTION)
    .action(async ({ tasks, rounds, ...options }: IntakeOptions) => {
      const { benchIntake } = await import('./intake-run.ts');
      const plan = { tasks, rounds, eventSizes: EVENT_SIZES, duplicates: DUPLICATES };
      const all = await benchIntake(plan, streams);
      deliver(intakeReport(all, tasks), options, streams);
    });
}

function intakeReport(all: readonly Round[], tasks: number): Report {
  const rows = EVENT_SIZES.map((perEvent) => rowOf(perEvent, all));
  const rounds = all.length / EVENT_SIZES.length;
  const table = tableLines(
    ['messages an event', 'puts/s', 'tasks/s', 'intake / puts', 'worst'],
    rows.map((row) => [
      ...[String(row.perEvent), row.putsPerSecond.toFixed(0), row.tasksPerSecond.toFixed(0)],
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
      `puts: one conditional PutItem a task, ${PUTS_AT_ONCE} at a time: all connections of the client, which intake shares`,
      thisMachine(),
      `intake: from the first receive to the last acknowledgement, ${EVENTS_AT_ONCE} events at a time; ${DEPLOYED} messages an event is what the stack sets`,
      '',
      ...[...table, '', ...calls, ''],
      `All ${rounds} rounds together, every row of the ledger read:`,
      ...accounts,
    ],
    json: {
      ...{ bench: 'intake', tasks, duplicates: DUPLICATES, machine: thisMachine() },
      ...{ putsAtOnce: PUTS_AT_ONCE, eventsAtOnce: EVENTS_AT_ONCE, rows, rounds: all },
    },
    svg: svgPlot({
      title: 'Intake beside bare conditional puts',
      subtitle: `one mark a round of ${tasks} tasks, ${100 * DUPLICATES} % of them sent twice; ${thisMachine()}`,
      ...{ xLabel: 'puts per second', yLabel: 'tasks per second, from queue to acknowledgement' },
      marks: all.map(({ perEvent, putsPerSecond, tasksPerSecond }) => ({
        ...{ label: `${perEvent} messages an event`, strong: perEvent === DEPLOYED },
        ...{ x: putsPerSecond, y: tasksPerSecond },
      })),
    }),
  };
}
