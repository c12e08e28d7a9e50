import { setImmediate } from 'node:timers/promises';
import { endWithReader } from '../command-line/closed-pipe.ts';
import type { Invariant } from './invariants/invariant.ts';
import { Order, type Said } from './orders.ts';
import { createTally } from './report.ts';
import { runSchedule } from './run.ts';
import { drawHealthySchedule, drawSchedule, type Schedule } from './schedule.ts';
import { shrink } from './shrink.ts';
import { START_AT } from './world.ts';

/** The simulator's process: does one order and says what comes of it, a line of JSON each. */

/** Errors are made by the hundred thousand here, and nobody reads their stacks. */
Error.stackTraceLimit = 0;

const PROGRESS_EVERY_MS = 500;

endWithReader(process.stdout);
const say = (said: Said) => process.stdout.write(`${JSON.stringify(said)}\n`);

const scheduleOf = (seed: number, { multiplier, providerErrors }: Order): Schedule =>
  providerErrors === undefined
    ? drawSchedule(seed, multiplier)
    : drawHealthySchedule(seed, providerErrors);

async function campaign(order: Extract<Order, { do: 'campaign' }>): Promise<void> {
  const { seed: first, schedules } = order;
  const tally = createTally(order, Date.parse(START_AT));
  const traced = new Map<Invariant, Schedule>();
  const startedMs = performance.now();
  let [saidMs, violated] = [startedMs, 0];
  const seeds = order.seeds ?? Array.from({ length: schedules }, (_, n) => first + n);
  for (const [index, seed] of seeds.entries()) {
    const schedule = scheduleOf(seed, order);
    const outcome = await runSchedule(schedule);
    tally.add(outcome);
    violated += outcome.violations.length > 0 ? 1 : 0;
    for (const { invariant } of outcome.violations) {
      if (!traced.has(invariant)) traced.set(invariant, schedule);
    }
    if (performance.now() - saidMs > PROGRESS_EVERY_MS) {
      saidMs = performance.now();
      say({ say: 'progress', done: index + 1, violated });
      await setImmediate();
    }
    if (order.untilViolated && violated > 0) break;
  }
  const cpu = process.cpuUsage();
  const elapsedSeconds = (performance.now() - startedMs) / 1000;
  say({ say: 'report', report: tally.report(elapsedSeconds, (cpu.user + cpu.system) / 1e6) });
  for (const [invariant, schedule] of [...traced].slice(0, order.traces)) {
    const leftOut = await shrink(schedule, invariant);
    say({ say: 'trace', seed: schedule.seed, invariant, lines: await timeline(schedule, leftOut) });
  }
}

/** A run as lines for people: when, who, what. */
async function timeline(schedule: Schedule, leftOut: ReadonlySet<string>): Promise<string[]> {
  const lines: string[] = [];
  const note = (atSeconds: number, who: string, what: string) =>
    void lines.push(`${atSeconds.toFixed(3).padStart(11)}  ${who.padEnd(34)}  ${what}`);
  const { violations } = await runSchedule(schedule, { leftOut, note });
  for (const { invariant, what, atMs } of violations) {
    note((atMs - Date.parse(START_AT)) / 1000, `VIOLATION ${invariant}`, what);
  }
  return lines;
}

const order = Order.parse(JSON.parse(process.argv[2] ?? '{}'));
if (order.do === 'campaign') await campaign(order);
else {
  const schedule = scheduleOf(order.seed, order);
  for (const line of await timeline(schedule, new Set())) say({ say: 'line', line });
}
