import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pacesWith, reissues } from '../../shared/run/stragglers.ts';
import { aBatch, aJob, aLease, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const OTHER = workerNamed(2);

/** The lease of a burst whose jobs took as long as estimated, with a budget of 200 s. */
const lease = (more: Parameters<typeof aLease>[0] = {}) =>
  aLease({ paces: [0.9, 1, 1.1], issuedSeconds: 4000, ...more });
/** The `n`th job, submitted so long ago for two tasks of 100 s. */
const job = (n: number, elapsedSeconds: number, more: Parameters<typeof aJob>[1] = {}) =>
  aJob(n, { submittedAt: at(-elapsedSeconds), estimateSeconds: 200, ...more });
const held = (n: number, more: Parameters<typeof aBatch>[1] = {}) =>
  aBatch(n, { status: 'claimed', batchFence: 1, ...more });

const decided = (
  jobs: ReturnType<typeof job>[],
  { of = lease(), batches = jobs.map(({ n }) => held(n)), free = [OTHER] } = {},
) => reissues(of, jobs, batches, free, settings, NOW);
const chosen = (...parameters: Parameters<typeof decided>) =>
  decided(...parameters).assignments.map(({ reissueOf, worker }) => [
    Number(reissueOf.split('-').at(-1)),
    worker,
  ]);

describe('a job', () => {
  it.each([
    ['not overdue', 249, [], []],
    ['overdue, nothing done: as long again', 250, [], []],
    ['so late that another would take half as long', 399, [], []],
    ['so late that another would take half as long', 400, [], [[1, OTHER]]],
    ['overdue, but half done', 399, [0], [[1, OTHER]]],
  ])('is re-issued only when it is slow: %s, after %i s', (_what, seconds, settled, expected) => {
    const batches = [held(1, { settled: new Set(settled) })];
    expect(chosen([job(1, seconds)], { batches })).toEqual(expected);
  });

  it('is measured by the jobs of its burst, not by its estimate alone', () => {
    const slowBurst = lease({ paces: [3, 3.1, 2.9] });
    expect(chosen([job(1, 700)], { of: slowBurst })).toEqual([]);
    expect(chosen([job(1, 1200)], { of: slowBurst })).toEqual([[1, OTHER]]);
    expect(chosen([job(1, 9000)], { of: lease({ paces: [] }) })).toEqual([]);
  });

  it.each<[string, ReturnType<typeof job>]>([
    ['was not confirmed', job(1, 900, { status: 'submitting' })],
    ['was lost', job(1, 900, { status: 'lost' })],
    ['has reported its end', job(1, 900, { reported: 'succeeded' })],
    ['was submitted without an estimate', job(1, 900, { estimateSeconds: undefined })],
  ])('that %s is none of this', (_what, one) => {
    expect(chosen([one])).toEqual([]);
  });

  it('whose batch has been re-issued, or ended, is left alone', () => {
    expect(chosen([job(1, 900)], { batches: [held(1, { batchFence: 2 })] })).toEqual([]);
    expect(chosen([job(1, 900)], { batches: [held(1, { settled: new Set([0, 1]) })] })).toEqual([]);
  });

  it('goes to a slot of another worker that has not failed it', () => {
    expect(chosen([job(1, 900)], { free: [workerNamed(1)] })).toEqual([]);
    const batches = [held(1, { excludedWorkers: [OTHER] })];
    expect(chosen([job(1, 900)], { batches })).toEqual([]);
    const free = [workerNamed(1), OTHER, workerNamed(3)];
    expect(chosen([job(1, 900)], { batches, free })).toEqual([[1, workerNamed(3)]]);
  });

  it('never has a third live attempt', () => {
    const before = job(7, 1000, {
      status: 'lost',
      batches: [{ batchId: held(1).batchId, batchFence: 1 }],
    });
    const { assignments, left } = decided([job(1, 900), before], { batches: [held(1)] });
    expect(assignments).toEqual([]);
    expect(left.map(({ why }) => why)).toEqual(['earlier attempts may still upload']);
    expect(
      chosen([job(1, 900), { ...before, deadlineAt: NOW }], { batches: [held(1)] }),
    ).toHaveLength(1);
    expect(
      chosen([job(1, 900), { ...before, reported: 'failed' }], { batches: [held(1)] }),
    ).toHaveLength(1);
  });

  it.each([
    ['not enough paid time', lease({ paidUntil: at(479) }), 'the paid time left is too short'],
    ['no budget', lease({ duplicateSeconds: 1 }), 'the budget for duplicates is used up'],
  ])('stays alone with %s', (_what, of, why) => {
    const { assignments, left } = decided([job(1, 900)], { of });
    expect(assignments).toEqual([]);
    expect(left.map((one) => one.why)).toEqual([why]);
  });
});

it('a job is not called slow for what was not looked at yet', () => {
  const uploaded = new Set([0]);
  const { assignments, left, reviewAt } = decided([job(1, 900, { uploaded })]);
  expect(assignments).toEqual([]);
  expect(left.map(({ why }) => why)).toEqual(['what it uploaded was not looked at yet']);
  expect(reviewAt).toBe(at(settings.looks.longestSeconds));
  expect(chosen([job(1, 900, { uploaded, collected: uploaded })])).toHaveLength(1);
});

it('a second attempt is not followed by a third: its end counts, where one after the other would never end', () => {
  const { assignments, left } = decided([job(1, 900, { reissueOf: job(9, 1000).jobId })]);
  expect(assignments).toEqual([]);
  expect(left.map(({ why }) => why)).toEqual(['it is a second attempt itself']);
});

it('the slowest come first, one per slot', () => {
  const jobs = [job(1, 500), job(2, 900), job(3, 700)];
  const of = lease({ issuedSeconds: 40_000 });
  const free = [OTHER, workerNamed(3)];
  expect(chosen(jobs, { of, free })).toEqual([
    [2, OTHER],
    [3, workerNamed(3)],
  ]);
});

it('says when to look again: when the next may be overdue, then at the usual pace', () => {
  const { longestSeconds, shortestSeconds } = settings.looks;
  expect(decided([job(1, 100), job(2, 180)]).reviewAt).toBe(at(70));
  expect(decided([job(1, 249)]).reviewAt).toBe(at(shortestSeconds));
  expect(decided([job(1, 300)]).reviewAt).toBe(at(longestSeconds));
  expect(decided([job(1, 400)]).reviewAt).toBeUndefined();
  expect(decided([job(1, 100)], { free: [] }).reviewAt).toBeUndefined();
});

it('never spends more than its budget, nor a slot twice', () => {
  const input = fc.record({
    elapsed: fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 12 }),
    slots: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 8 }),
    issued: fc.integer({ min: 0, max: 40_000 }),
    spent: fc.integer({ min: 0, max: 500 }),
  });
  fc.assert(
    fc.property(input, ({ elapsed, slots, issued, spent }) => {
      const jobs = elapsed.map((seconds, n) => job(n + 1, seconds));
      const of = lease({ issuedSeconds: issued, duplicateSeconds: spent });
      const free = slots.map(workerNamed);
      const { assignments, seconds } = decided(jobs, { of, free });
      if (assignments.length > 0) {
        expect(spent + seconds).toBeLessThanOrEqual(0.05 * issued);
      }
      expect(seconds).toBe(200 * assignments.length);
      const left = [...free];
      for (const { worker } of assignments) {
        expect(left).toContain(worker);
        left.splice(left.indexOf(worker), 1);
      }
    }),
    { numRuns: 100 },
  );
});

it('a pace is known from jobs that were done, the newest of them', () => {
  const ended = (seconds: number, more = {}) =>
    job(1, seconds, {
      ...{ reported: 'succeeded', answeredAt: NOW, collected: new Set([0, 1]), ...more },
    });
  expect(pacesWith([1], [ended(100), ended(400)])).toEqual([1, 0.5, 2]);
  const others = [ended(100, { reported: 'interrupted' }), ended(100, { answeredAt: undefined })];
  expect(pacesWith([1], others)).toEqual([1]);
  const liars = [ended(1, { collected: new Set([0]) }), ended(1, { rejectedResults: 1 })];
  expect(pacesWith([1], liars)).toEqual([1]);
  expect(
    pacesWith(
      Array.from({ length: 20 }, () => 1),
      [ended(200), ended(100)],
    ).slice(-2),
  ).toEqual([1, 0.5]);
  expect(
    pacesWith(
      Array.from({ length: 30 }, () => 1),
      [],
    ),
  ).toHaveLength(20);
});
