import { expect, it } from 'vitest';
import { nextLook } from '../../shared/poll/next-look.ts';
import { aJob, at, NOW } from '../support/burst-rows.ts';
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
  expect(nextLook(atWork, 0, settings, 0.5, NOW).waitSeconds).toBe(expected);
});

it.each([
  ['is silent', { misses: 1 }],
  ['has not confirmed its job', { status: 'submitting' as const }],
])('asks a worker that %s again so that it is lost as soon as it may be', (_what, change) => {
  const atWork = { jobs: [aJob(1, change)], busySeconds: [900], freeSeconds: 60 };
  const wait = nextLook(atWork, 0, settings, 0.5, NOW).waitSeconds;
  expect(wait * (settings.looks.lostAfterMisses - 1)).toBe(settings.looks.lostAfterSeconds);
});

it('finds a worker lost within a steady look and the time it must have been silent', () => {
  const wait = (misses: number) =>
    nextLook(
      { jobs: [aJob(1, { misses })], busySeconds: [9e9], freeSeconds: 20 },
      ...([0, settings, 1, NOW] as const),
    ).waitSeconds;
  const looks = Array.from({ length: settings.looks.lostAfterMisses }, (_, misses) => wait(misses));
  expect(looks.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(180);
});

it.each([
  [0, 120],
  [119, 120],
  [121, 119],
  [200, 40],
  [230, 15],
  [241, 120],
])(
  'asks for the last time when it has been silent for long enough, 240 s: after %i s in %i s',
  (silentSeconds, expected) => {
    const patient = testSettings({ looks: { lostAfterSeconds: 240 } });
    const job = aJob(1, { misses: 2, firstMissAt: at(-silentSeconds) });
    const atWork = { jobs: [job], busySeconds: [9e9], freeSeconds: 600 };
    expect(nextLook(atWork, 0, patient, 0.5, NOW).waitSeconds).toBe(expected);
  },
);
