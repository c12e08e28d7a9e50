import { describe, expect, it } from 'vitest';
import type { BatchRow } from '../../shared/model/rows.ts';
import { endOf, ranOutOfTime } from '../../shared/run/job-end.ts';
import { type AttemptEnd, afterAttempt } from '../../shared/run/returns.ts';
import { aBatch, aJob, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const worker = workerNamed(1);
const LOST: AttemptEnd = { class: 'worker-lost', reason: 'silent', worker };

const back = (end: AttemptEnd, attempts = 0, excludedWorkers = [workerNamed(9)]) =>
  afterAttempt(aBatch(1, { attempts, excludedWorkers }), end, settings, NOW);

describe('the end of an attempt', () => {
  it.each<[string, AttemptEnd, number, boolean]>([
    ['a job that never began', { class: 'not-started', reason: 'x' }, 0, false],
    ['a job its worker refused', { class: 'not-started', reason: 'x', worker }, 0, true],
    [
      'a burst that closed before it began',
      { class: 'burst-closed', reason: 'x', started: false },
      0,
      false,
    ],
    [
      'a burst that closed under it',
      { class: 'burst-closed', reason: 'x', started: true },
      1,
      false,
    ],
    ['a worker that was lost', LOST, 1, true],
    ['a task that failed', { class: 'task-failed', reason: 'x', worker }, 1, true],
    ['a result that was wrong', { class: 'verification-failed', reason: 'x', worker }, 1, true],
    ['a job out of time', { class: 'interrupted', reason: 'x' }, 1, false],
    ['a worker that has cast its votes', { class: 'voted', reason: 'x', worker }, 0, true],
    ['a job that got further', { class: 'continued', reason: 'x' }, 0, false],
  ])('costs an attempt, or another worker, by its class: %s', (_what, end, attempts, excluded) => {
    expect(back(end)).toMatchObject({
      again: true,
      back: {
        attempts,
        excludedWorkers: excluded ? [workerNamed(9), worker] : [workerNamed(9)],
        reason: `${end.class}: ${end.reason}`,
      },
    });
  });

  it.each([
    [0, 30],
    [1, 60],
    [2, 120],
    [3, 240],
  ])('on a lost worker, after %i attempts, waits %i s', (attempts, seconds) => {
    expect(back(LOST, attempts)).toMatchObject({ back: { notBefore: at(seconds) } });
  });

  it('on any other class waits for nothing', () => {
    const end: AttemptEnd = { class: 'task-failed', reason: 'x', worker };
    expect(back(end, 3)).toMatchObject({ back: { notBefore: undefined } });
  });

  const { maxAttempts } = settings.batches;
  it.each([
    [maxAttempts - 2, true],
    [maxAttempts - 1, false],
    [maxAttempts, false],
  ])('after %i attempts is followed by another: %s', (attempts, again) => {
    const alone = aBatch(1, { attempts, settled: new Set([0]) });
    expect(afterAttempt(alone, LOST, settings, NOW).again).toBe(again);
    const each: AttemptEnd = { class: 'task-failed', reason: 'x', worker, each: true };
    expect(back(each, attempts).again).toBe(again);
  });

  it('that cost nothing never uses up the attempts', () => {
    expect(back({ class: 'not-started', reason: 'x' }, maxAttempts - 1).again).toBe(true);
  });

  it('names a worker once, however often it fails', () => {
    expect(back(LOST, 1, [worker])).toMatchObject({ back: { excludedWorkers: [worker] } });
  });
});

describe('an attempt that was cut short', () => {
  const { splitAfterAttempts, maxAttempts } = settings.batches;
  const many = (more: Parameters<typeof aBatch>[1] = {}) =>
    aBatch(1, {
      tasks: Array.from({ length: 7 }, (_, line) => ({
        taskId: `t-${line}`,
        line,
        unitSeconds: 1,
      })),
      ...more,
    });
  const cutAt = (batch: BatchRow, end: AttemptEnd = LOST) => {
    const after = afterAttempt(batch, end, settings, NOW);
    return after.again ? after.cutAt : 'given up';
  };

  it.each([
    [splitAfterAttempts - 2, undefined],
    [splitAfterAttempts - 1, 4],
    [splitAfterAttempts, 4],
    [maxAttempts - 1, 4],
    [maxAttempts + 20, 4],
  ])('after %i others halves a batch of several tasks, and never fails it: %s', (attempts, at7) => {
    expect(cutAt(many({ attempts }))).toBe(at7);
  });

  it.each<[string, AttemptEnd, boolean]>([
    ['a worker that was lost', LOST, true],
    ['a job out of time', { class: 'interrupted', reason: 'x' }, true],
    ['a burst that closed', { class: 'burst-closed', reason: 'x', started: true }, true],
    ['a job that failed before their turn', { class: 'task-failed', reason: 'x', worker }, true],
    ['tasks that failed each', { class: 'task-failed', reason: 'x', worker, each: true }, false],
    ['a burst that closed before', { class: 'burst-closed', reason: 'x', started: false }, false],
    ['a job that got further', { class: 'continued', reason: 'x' }, false],
  ])('halves by its class: %s', (_what, end, halved) => {
    expect(cutAt(many({ attempts: 3 }), end)).toBe(halved ? 4 : undefined);
  });

  it.each([
    [[], 4],
    [[0, 1, 2], 5],
    [[0, 1, 2, 3, 4], 6],
    [[1, 2, 3, 4, 5], 6],
    [[0, 1, 2, 3, 4, 5], undefined],
  ])('leaves as much to do in either half: %j have ended', (settled, expected) => {
    expect(cutAt(many({ attempts: 2, settled: new Set(settled) }))).toBe(expected);
  });

  it.each([
    [0, maxAttempts - 1],
    [maxAttempts - 2, maxAttempts - 1],
    [maxAttempts - 1, maxAttempts],
    [maxAttempts + 3, maxAttempts + 4],
  ])('gives a task two attempts alone after %i with others: fails at the %ith', (before, last) => {
    const alone = (attempts: number) =>
      aBatch(1, { settled: new Set([0]), sharedAttempts: before, attempts });
    expect(cutAt(alone(last))).toBe('given up');
    expect(cutAt(alone(last - 1))).toBeUndefined();
  });
});

it.each([
  [7, 0],
  [8, 1],
])(
  'a batch that was continued %i times goes on free, then not: %i attempts',
  (before, attempts) => {
    // 4 jobs more than the one that four times 200 s fill.
    const continuations = before - 3;
    const end: AttemptEnd = { class: 'continued', reason: 'x' };
    const after = afterAttempt(aBatch(1, { continuations }), end, settings, NOW);
    expect(after).toMatchObject({ back: { attempts, continuations: continuations + 1 } });
  },
);

it('the shorter an attempt may be, the more often a batch goes on free', () => {
  const [task] = aBatch(1).tasks;
  const tasks = task === undefined ? [] : [{ ...task, unitSeconds: 1000, timeoutSeconds: 100 }];
  const end: AttemptEnd = { class: 'continued', reason: 'x' };
  const attemptsAfter = (before: number) =>
    afterAttempt(aBatch(1, { tasks, continuations: before }), end, settings, NOW);
  // 4 and four times the 10 attempts that 1000 s take.
  expect(attemptsAfter(43)).toMatchObject({ back: { attempts: 0 } });
  expect(attemptsAfter(44)).toMatchObject({ back: { attempts: 1 } });
});

it.each([
  ['by its deadline', [], { reported: 'interrupted' }, true],
  ['by the time of its tasks', ['timeout', 'timeout'], {}, true],
  ['by that and another failure', ['timeout', 'executor'], {}, false],
  ['without every result', [], { reported: 'succeeded' }, false],
  ['by its tasks, with a lie', ['timeout'], { rejectedResults: 1 }, false],
])('whether a job that ended %s ran out of time alone', (_how, classes, more, expected) => {
  const failures = classes.map((one, line) => ({ line, class: one, message: 'x' }));
  const job = aJob(1, { ...more, failures });
  expect(ranOutOfTime(job, endOf(job))).toBe(expected);
});

describe('a job that ended', () => {
  const failures = [{ line: 1, class: 'executor', message: 'out of memory' }];
  it.each([
    [
      'with a wrong result failed verification, whatever else',
      { rejectedResults: 1, failures },
      'verification-failed',
    ],
    ['with a failure failed', { failures }, 'task-failed'],
    ['out of time was interrupted', { reported: 'interrupted' }, 'interrupted'],
    ['with votes did its part', { reported: 'succeeded', votes: 1 }, 'voted'],
    ['with votes and a failure failed', { votes: 1, failures }, 'task-failed'],
    ['with votes and a lie failed', { votes: 1, rejectedResults: 1 }, 'verification-failed'],
    ['out of time with votes goes on', { reported: 'interrupted', votes: 1 }, 'continued'],
    ['well but without a result failed', { reported: 'succeeded' }, 'task-failed'],
    ['cancelled failed', { reported: 'cancelled' }, 'task-failed'],
  ])('%s', (_how, job, expected) => {
    expect(endOf(aJob(1, job)).class).toBe(expected);
  });
});
