import { describe, expect, it } from 'vitest';
import { isFinishable, worthCollecting } from '../../shared/poll/collect-when.ts';
import { aJob, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings({ limits: { verifyPerLook: 4 } });
const { unreadSeconds } = settings.looks;
type JobChange = Parameters<typeof aJob>[1];

const ALL = new Set([0, 1]);
/** A job that has just reported the end of both of its tasks. */
const ended = (more: JobChange = {}) =>
  aJob(1, { uploaded: ALL, reported: 'succeeded', unreadSince: NOW, ...more });
const follower = aJob(2);

describe('uploads of running jobs are worth an invocation', () => {
  it.each([
    [unreadSeconds - 1, false],
    [unreadSeconds, true],
    [unreadSeconds + 1, true],
  ])('after they lay there for %i s: %s', (seconds, worth) => {
    const job = aJob(1, { uploaded: new Set([0]), unreadSince: at(-seconds) });
    expect(worthCollecting([job], settings, NOW)).toBe(worth);
  });

  it.each([
    [3, false],
    [4, true],
    [5, true],
  ])('when %i of them are there, of all jobs together, and 4 fill it: %s', (lines, worth) => {
    const jobs = Array.from({ length: lines }, (_, n) =>
      aJob(n + 1, { uploaded: new Set([0]), unreadSince: NOW }),
    );
    expect(worthCollecting(jobs, settings, NOW)).toBe(worth);
  });

  it('when nobody wrote down since when they lie there, and the job is that old', () => {
    const since = (seconds: number) =>
      aJob(1, { uploaded: new Set([0]), submittedAt: at(-seconds) });
    expect(worthCollecting([since(unreadSeconds - 1)], settings, NOW)).toBe(false);
    expect(worthCollecting([since(unreadSeconds)], settings, NOW)).toBe(true);
  });

  it('not when all of them were looked at', () => {
    const job = aJob(1, { uploaded: ALL, collected: ALL, unreadSince: at(-9 * unreadSeconds) });
    expect(worthCollecting([job], settings, NOW)).toBe(false);
  });
});

it.each<[string, JobChange, boolean]>([
  ['was not looked at after it was lost', { status: 'lost' }, true],
  ['was lost and looked at', { status: 'lost', salvaged: true }, false],
])('a job that %s is worth it: %s', (_what, change, worth) => {
  expect(worthCollecting([aJob(1, change)], settings, NOW)).toBe(worth);
});

describe('the end of a job', () => {
  it.each<[string, JobChange, JobChange, boolean]>([
    ['delivered all', {}, {}, false],
    ['left a task out', { uploaded: new Set([0]) }, {}, true],
    ['could not do a task', { failures: [{ line: 1, class: 'input', message: '' }] }, {}, true],
    ['was interrupted', { reported: 'interrupted' }, {}, true],
    ['delivered something wrong', { rejectedResults: 1 }, {}, true],
    ['voted', { votes: 1 }, {}, true],
    ['is on another worker', { worker: workerNamed(2) }, {}, true],
    ['delivered all, and so has the next', {}, { reported: 'succeeded' }, true],
    ['delivered all, and the next was lost', {}, { status: 'lost', salvaged: true }, true],
    ['delivered all, and the next is not confirmed', {}, { status: 'submitting' }, true],
  ])(
    'of one that %s is looked at at once although its worker has a next: %s',
    (_what, own, next, worth) => {
      const jobs = [ended(own), aJob(2, next)];
      expect(worthCollecting(jobs, settings, NOW)).toBe(worth);
    },
  );

  it.each<[string, JobChange, boolean]>([
    ['has unread uploads', {}, false],
    ['was read', { collected: ALL }, true],
    ['was lost', { collected: ALL, status: 'lost' }, false],
    ['is over', { collected: ALL, status: 'ended' }, false],
    ['runs', { collected: ALL, reported: 'running' }, false],
  ])('is for Run to finish when it %s: %s', (_what, change, finishable) => {
    const job = ended(change);
    expect(isFinishable(job, [job])).toBe(finishable);
    expect(isFinishable(job, [job, follower])).toBe(false);
  });

  it('is for Run to finish at once when a task was left out, whatever the worker does next', () => {
    const hollow = ended({ uploaded: new Set([0]), collected: new Set([0]) });
    expect(isFinishable(hollow, [hollow, follower])).toBe(true);
  });
});
