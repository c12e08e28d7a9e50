import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildSimulator, EditMissed } from '../../infra/simulate/build.ts';
import { runSimulateCommand } from '../../infra/simulate/command.ts';
import { follow } from '../../infra/simulate/follow.ts';
import { MUTANTS } from '../../infra/simulate/mutants.ts';
import type { Order } from '../../infra/simulate/orders.ts';
import type { Report } from '../../infra/simulate/report.ts';

let shipped: string;
beforeAll(async () => {
  shipped = await buildSimulator('test');
});

async function campaign(path: string, order: Partial<Extract<Order, { do: 'campaign' }>>) {
  let report: Report | undefined;
  const all = { do: 'campaign', seed: 1, schedules: 1, multiplier: 3, traces: 0 } as const;
  await follow(path, { ...all, untilViolated: false, ...order }, (said) => {
    if (said.say === 'report') report = said.report;
  });
  if (report === undefined) throw new Error('no report');
  return report;
}

async function replay(seed: number): Promise<string[]> {
  const lines: string[] = [];
  await follow(shipped, { do: 'replay', seed, multiplier: 3 }, (said) => {
    if (said.say === 'line') lines.push(said.line);
  });
  return lines;
}

/**
 * What was violated once, by the seed that did; of the first five the seed violated it again when its guard was undone
 * (`--mutants`, 2026-11-27). What only earlier draws of schedules found is held by a test of its own: a worker that
 * refused every job kept its cluster for ever (test/run/assignment.test.ts); a cluster was bought, and blamed, for a
 * batch that had nothing left (test/ledger/batches.test.ts); a worker was given up just at the deadline of its job
 * (test/poll/job-look.test.ts); a cluster its provider hid for a moment was billed as quoted (test/teardown/bill.test.ts).
 */
const REGRESSIONS: Readonly<Record<number, string>> = {
  4: 'a price that rose between quote and order broke a cap',
  38: 'a zombie of Plan released the hold of its successor',
  73: 'a list that blinked made a second cluster; one that ended unlearned was on no bill',
  75: 'a worker that was caught got more work',
  127: 'a worker that was silent was not called lost',
  63399: 'a bill that could not be read was above what was paid',
  68826: 'a term was extended above the cap at a price that had risen',
  82703: 'a zombie of Run brought back a job that was given up',
  92658: 'a twin of Check cluster brought back a burst that was closing',
  104540: 'an excess was spent against the hold of a term that was never bought',
  113737: 'a task that fits no job was tried again for ever',
  134397: 'a hold that the lease names was given back',
};

const FIXED = Array.from({ length: 1000 }, (_, n) => n + 1);
const FRESH = 200;

const inWords = ({ seed, invariant, what }: Report['violations'][number]) =>
  `seed ${seed} (${REGRESSIONS[seed] ?? 'npm run simulate -- --replay it'}): ${invariant}: ${what}`;

describe('a campaign', () => {
  it('violates nothing in the schedules that are run every time', async () => {
    const seeds = [...new Set([...FIXED, ...Object.keys(REGRESSIONS).map(Number)])];
    const { schedules, violations, faultsInjected } = await campaign(shipped, { seeds });
    expect(violations.map(inWords)).toEqual([]);
    expect(schedules).toBe(seeds.length);
    expect(faultsInjected).toBeGreaterThan(10 * schedules);
  }, 1_200_000);

  it('violates nothing in schedules that nobody has run before', async () => {
    const seed = randomInt(1_000_000, 2 ** 31);
    console.log(
      `fresh schedules: npm run simulate -- --schedules ${FRESH} --seed ${seed} --rates 3`,
    );
    const { violations, clusters } = await campaign(shipped, { seed, schedules: FRESH });
    expect(violations.map(inWords), `the fresh schedules from seed ${seed} on`).toEqual([]);
    expect(clusters).toBeGreaterThan(FRESH);
  }, 600_000);

  it('ends no healthy cluster while a tenth of the calls to the provider fails', async () => {
    const order = { seed: 1, schedules: 10, providerErrors: 0.1 };
    const report = await campaign(shipped, order);
    expect(report.violations.map(inWords)).toEqual([]);
    expect(report.counts.falseTeardowns).toBe(0);
    expect(report.clusters).toBeGreaterThan(10);
    expect(report.faultsInjected).toBeGreaterThan(30);
  }, 300_000);
});

it('is replayed byte for byte', async () => {
  const lines = await replay(2);
  expect(lines.length).toBeGreaterThan(100);
  expect(await replay(2)).toEqual(lines);
});

it('finds a bug when there is one', async () => {
  const mutant = MUTANTS.find(({ name }) => name === 'uploads are accepted as results');
  if (mutant === undefined) throw new Error('no such mutant');
  const path = await buildSimulator('test-mutant', [mutant.edit]);
  const report = await campaign(path, { schedules: 30, untilViolated: true });
  expect(report.violations[0]?.invariant).toBe('INTEGRITY');
});

describe('a build', () => {
  const file = 'shared/ledger/money.ts';
  it.each([
    ['is not there', { file, find: 'no such text', replace: '' }, /0 times/],
    ['is there twice', { file, find: 'releaseHold(', replace: '' }, /times, not once/],
    [
      'is in a file that is no part of it',
      { file: 'infra/app.ts', find: 'a', replace: '' },
      /no part/,
    ],
  ])('refuses to replace what %s', async (_what, edit, message) => {
    const build = buildSimulator('test-missed', [edit]);
    await expect(build).rejects.toThrow(EditMissed);
    await expect(build).rejects.toThrow(message);
  });
});

it('has at least thirty bugs, each with a name of its own', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(30);
});

it.each(MUTANTS)('finds the one place for the bug: $name', ({ edit: { file, find } }) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  expect(text.split(find)).toHaveLength(2);
});

it.each([
  [['--schedules', '0'], 'whole number from 1 to'],
  [['--rates', 'many'], 'must be a number from 0 to 20'],
  [['--rates', ' '], "option '--rates <factor>' argument ' ' is invalid"],
  [['--seed', ''], "option '--seed <seed>' argument '' is invalid"],
  [['--seed', '0x10'], "option '--seed <seed>'"],
  [['--replay', '1e3'], "option '--replay <seed>'"],
  [['--provider-errors', ' '], "option '--provider-errors <share>'"],
  [['--provider-errors', '0.1', '--rates', '2'], "'--rates <factor>'"],
  [['--replay', '1', '--mutants'], "'--mutants'"],
  [['--replay', '1', '--json'], "'--json'"],
  [['--only', 'fence'], "option '--only <text>' says nothing without --mutants"],
  [['--mutants', '--only', 'no such bug'], "option '--only <text>' names no bug"],
  [['--what'], 'unknown option'],
  [['--sed', '1'], '(Did you mean --seed?)'],
  [['fast'], 'too many arguments'],
])('the command refuses %j', async (args, message) => {
  let said = '';
  const streams = {
    out: () => undefined,
    err: (text: string) => {
      said += text;
    },
    terminal: false,
  };
  expect(await runSimulateCommand(args, streams)).toBe(2);
  expect(said).toContain(message);
  expect(said.trimEnd()).not.toContain('\n');
});
