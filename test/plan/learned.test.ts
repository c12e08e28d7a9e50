import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatchRow, type JobRow, PaceRow } from '../../shared/model/rows.ts';
import {
  estimatedOf,
  MOST,
  paceAt,
  paceOfWork,
  pacesSeen,
  slotsAt,
  taught,
} from '../../shared/plan/learned.ts';
import { aBatch, aJob, at, NOW, workerNamed } from '../support/burst-rows.ts';

const HERE = { gpuModel: 'RTX 4090', location: 'DE' };
const DAY = 24 * 3600;

/** What is known at a place after bursts of these ratios, all of them `daysAgo`. */
const known = (ratios: readonly number[], place = HERE, daysAgo = 0): PaceRow[] => {
  let row: PaceRow | undefined;
  for (const ratio of ratios) {
    const fields = taught(row, ratio, at(-daysAgo * DAY));
    row = PaceRow.parse({ v: 1, ...place, ...fields });
  }
  return row === undefined ? [] : [row];
};
const elsewhere = { gpuModel: 'RTX 4090', location: 'US' };
const otherGpu = { gpuModel: 'H100 SXM', location: 'DE' };

describe('the pace of a kind at a place', () => {
  it.each([
    ['nothing is the estimate', [], 1, 'the estimate'],
    ['one burst here', known([8]), 2, 'this GPU here'],
    ['two bursts here', known([8, 8]), 8 ** (2 / 4), 'this GPU here'],
    ['one burst on this GPU elsewhere', known([8], elsewhere), 2, 'this GPU elsewhere'],
    ['one burst on another GPU', known([8], otherGpu), 2, 'other GPUs'],
    [
      'here before elsewhere',
      [...known(Array(18).fill(0.5)), ...known([8], elsewhere)],
      0.5 ** (18 / 20) * 2 ** (2 / 20),
      'this GPU here',
    ],
    [
      'this GPU elsewhere before others',
      [...known(Array(18).fill(0.5), elsewhere), ...known([8], otherGpu)],
      0.5 ** (18 / 20) * 2 ** (2 / 20),
      'this GPU elsewhere',
    ],
    ['a burst two weeks ago counts half', known([8], HERE, 14), 8 ** (0.5 / 2.5), 'this GPU here'],
    ['four weeks ago a quarter', known([8], HERE, 28), 8 ** (0.25 / 2.25), 'this GPU here'],
    ['a clock that went back makes none younger', known([8], HERE, -14), 2, 'this GPU here'],
    ['what was seen beyond the bounds is at them', known([1e9]), 2, 'this GPU here'],
    ['a worker that took no time at all', known([0]), 0.5, 'this GPU here'],
  ] as const)('by %s', (_what, rows, ratio, by) => {
    const pace = paceAt(rows, HERE, NOW);
    expect(pace.by).toBe(by);
    expect(pace.ratio).toBeCloseTo(ratio, 4);
  });

  const ratio = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
  const place = fc.constantFrom(HERE, elsewhere, otherGpu);
  const history = fc.array(fc.tuple(place, fc.array(ratio, { minLength: 1, maxLength: 40 })), {
    maxLength: 3,
  });

  it('moves by no burst more than fourfold, and twofold where nothing was known', () => {
    fc.assert(
      fc.property(fc.array(ratio, { maxLength: 60 }), ratio, (before, one) => {
        const moved =
          paceAt(known([...before, one]), HERE, NOW).ratio / paceAt(known(before), HERE, NOW).ratio;
        const most = before.length === 0 ? 2 : 4;
        expect(Math.max(moved, 1 / moved)).toBeLessThanOrEqual(most + 1e-4);
      }),
    );
  });

  it('is a number within its bounds whatever was seen and when, and fades to the estimate', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: -1000, max: 10_000 }), (seen, days) => {
        const rows = seen.flatMap(([where, ratios]) => known(ratios, where));
        const { ratio: now } = paceAt(rows, HERE, at(days * DAY));
        expect(now).toBeGreaterThanOrEqual(1 / MOST);
        expect(now).toBeLessThanOrEqual(MOST);
        const { ratio: later } = paceAt(rows, HERE, at(20_000 * DAY));
        expect(later).toBeCloseTo(1, 3);
      }),
    );
  });

  it('follows a change within a few dozen bursts, however many came before', () => {
    const rows = known([...Array(1000).fill(1), ...Array(40).fill(4)]);
    expect(paceAt(rows, HERE, NOW).ratio).toBeGreaterThan(2.5);
    expect(rows[0]?.bursts).toBe(1040);
  });
});

describe('the pace of work', () => {
  const rows = known([8]);
  const knownOf = new Map([['nft.generative', rows]]);
  const of = (...batches: BatchRow[]) => paceOfWork(estimatedOf(batches), knownOf, HERE, NOW);
  const tasks = (...declared: boolean[]) =>
    declared.map((is, line) => ({
      ...{ taskId: `t-${line}`, line, unitSeconds: 100 },
      ...(is ? { declared: true as const } : {}),
    }));

  const unseen = (...ns: number[]) => ns.map((n) => aBatch(n, { kind: 'other' }));

  it.each([
    ['of a known kind', [aBatch(1)], 2],
    ['of none', [], 1],
    ['of a kind nobody has seen', [aBatch(1, { kind: 'other' })], 1],
    ['of both alike', [aBatch(1), aBatch(2, { kind: 'other' })], 1.5],
    ['of which most is of a kind nobody has seen', [aBatch(1), ...unseen(2, 3, 4)], 1.25],
    ['half of it estimated by its sender', [aBatch(1, { tasks: tasks(true, false) })], 1.5],
    ['all of it estimated by its sender', [aBatch(1, { tasks: tasks(true, true) })], 1],
    ['that takes no time', [aBatch(1, { tasks: [{ taskId: 'a', line: 0, unitSeconds: 0 }] })], 1],
    ['half done', [aBatch(1, { settled: new Set([0]), tasks: tasks(true, false) })], 2],
  ])('%s', (_what, batches, expected) => {
    expect(of(...batches).ratio).toBeCloseTo(expected, 3);
  });

  it('needs to know only of kinds whose own estimates it rests on', () => {
    const declared = aBatch(1, { kind: 'other', tasks: tasks(true) });
    expect([...estimatedOf([aBatch(2), declared]).byKind.keys()]).toEqual(['nft.generative']);
  });

  it.each([
    { ratio: 1, wanted: 4, batches: 4, slots: 4 },
    { ratio: 0.25, wanted: 4, batches: 4, slots: 1 },
    { ratio: 0.251, wanted: 4, batches: 4, slots: 2 },
    { ratio: 0.125, wanted: 1, batches: 9, slots: 1 },
    { ratio: 0.1, wanted: 30, batches: 30, slots: 3 },
    { ratio: 2, wanted: 4, batches: 9, slots: 8 },
    { ratio: 2, wanted: 4, batches: 8, slots: 8 },
    { ratio: 2, wanted: 4, batches: 7, slots: 7 },
    { ratio: 2, wanted: 4, batches: 1, slots: 4 },
  ])('at $ratio wants $slots slots for $wanted and $batches batches', (given) => {
    expect(slotsAt(given.ratio, given.wanted, given.batches)).toBe(given.slots);
  });
});

describe('what a burst shows', () => {
  /** Two tasks estimated at 100 s that took `seconds`, watched for 1,000. */
  const done = (n: number, seconds: number, more: Partial<JobRow> = {}): JobRow => ({
    ...aJob(n, {
      ...{ paceOf: 'nft.generative', estimateSeconds: 100, slotSeconds: seconds },
      ...{ reported: 'succeeded', status: 'ended', submittedAt: at(-1000), answeredAt: NOW },
    }),
    ...{ worker: workerNamed(n), uploaded: new Set([0, 1]), collected: new Set([0, 1]) },
    ...more,
  });
  const seen = (...jobs: JobRow[]) => [...pacesSeen(jobs).values()].map((one) => one.toFixed(3));
  const failure = { line: 0, class: 'x', message: 'y' };

  it.each([
    ['one job', [done(1, 300)], ['3.000']],
    ['the middle one of three workers', [done(1, 300), done(2, 100), done(3, 1)], ['1.000']],
    ['between two workers', [done(1, 400), done(2, 100)], ['2.000']],
    [
      'a worker once, however many jobs it had',
      [
        done(1, 100),
        done(2, 110),
        ...[3, 4, 5, 6].map((n) => done(n, 1, { worker: workerNamed(9) })),
      ],
      ['1.000'],
    ],
    [
      'a job for no longer than it was watched',
      [done(1, 9000, { submittedAt: at(-200) })],
      ['2.000'],
    ],
    ['nothing beyond the bounds', [done(1, 0)], ['0.125']],
    ['no job of which a result was wrong', [done(1, 1, { rejectedResults: 1 })], []],
    ['no job whose results wait for others', [done(1, 1, { votes: 1 })], []],
    ['no job with a failed task', [done(1, 1, { failures: [failure] })], []],
    ['no job that nobody looked at', [done(1, 1, { collected: new Set([0]) })], []],
    ['no job that was cut short', [done(1, 1, { reported: 'interrupted' })], []],
    ['no job of several kinds', [done(1, 1, { paceOf: undefined })], []],
    ['no job without an estimate', [done(1, 1, { estimateSeconds: 0 })], []],
  ])('is %s', (_what, jobs, expected) => {
    expect(seen(...jobs)).toEqual(expected);
  });

  it('is told kind by kind', () => {
    const jobs = [done(1, 300), done(2, 50, { paceOf: 'zk.groth16' })];
    expect(pacesSeen(jobs)).toEqual(
      new Map([
        ['nft.generative', 3],
        ['zk.groth16', 0.5],
      ]),
    );
  });
});
