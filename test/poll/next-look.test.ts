import { expect, it } from 'vitest';
import { worthCollecting } from '../../shared/poll/collect-when.ts';
import { nextLook } from '../../shared/poll/next-look.ts';
import { aJob, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const { steadySeconds, unreadSeconds } = settings.looks;

it.each([
  ['the end of the next job, just behind it', [100, 900], undefined, 102],
  ['half way to it where it is too far', [2 * steadySeconds - 2], undefined, steadySeconds],
  ['the middle of the time in which a slot is supplied', [100], 60, 70],
  ['the shortest wait where a job is overdue', [0.001], undefined, 15],
  ['the next look for work where a slot is free', [0, 100], undefined, 20],
])('the next look is at %s', (_what, busySeconds, supplyAheadSeconds, expected) => {
  const ahead = supplyAheadSeconds === undefined ? {} : { supplyAheadSeconds };
  const atWork = { jobs: [aJob(1)], busySeconds, freeSeconds: 20, ...ahead };
  expect(nextLook(atWork, 0, settings, 0.5).waitSeconds).toBe(expected);
});

it('asks a silent worker again so that it is lost as soon as it may be', () => {
  const atWork = { jobs: [aJob(1, { misses: 1 })], busySeconds: [900], freeSeconds: 20 };
  expect(nextLook(atWork, 0, settings, 0.5).waitSeconds).toBe(30);
});

it.each([
  [unreadSeconds - 1, false],
  [unreadSeconds, true],
  [unreadSeconds + 1, true],
])('what a running job uploaded %i s ago is worth collecting: %s', (seconds, worth) => {
  const job = aJob(1, { uploaded: new Set([0]), unreadSince: at(-seconds) });
  expect(worthCollecting([job], settings, NOW)).toBe(worth);
});

it('the end of a job is worth it at once, unless its worker goes on with another', () => {
  const ended = aJob(1, { uploaded: new Set([0, 1]), reported: 'succeeded', unreadSince: NOW });
  expect(worthCollecting([ended], settings, NOW)).toBe(true);
  expect(worthCollecting([ended, aJob(2)], settings, NOW)).toBe(false);
  expect(worthCollecting([ended, aJob(2, { worker: workerNamed(2) })], settings, NOW)).toBe(true);
});
