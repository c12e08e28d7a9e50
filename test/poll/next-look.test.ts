import { expect, it } from 'vitest';
import { nextLook } from '../../shared/poll/next-look.ts';
import { aJob } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const { steadySeconds } = settings.looks;

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

it.each([
  ['is silent', { misses: 1 }],
  ['has not confirmed its job', { status: 'submitting' as const }],
])('asks a worker that %s again so that it is lost as soon as it may be', (_what, change) => {
  const atWork = { jobs: [aJob(1, change)], busySeconds: [900], freeSeconds: 60 };
  const wait = nextLook(atWork, 0, settings, 0.5).waitSeconds;
  expect(wait * (settings.looks.lostAfterMisses - 1)).toBe(settings.looks.lostAfterSeconds);
});

it('finds a worker lost within a steady look and the time it must have been silent', () => {
  const wait = (misses: number) =>
    nextLook({ jobs: [aJob(1, { misses })], busySeconds: [9e9], freeSeconds: 20 }, 0, settings, 1)
      .waitSeconds;
  const looks = Array.from({ length: settings.looks.lostAfterMisses }, (_, misses) => wait(misses));
  expect(looks.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(180);
});
