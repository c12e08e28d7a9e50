import { describe, expect, it } from 'vitest';
import { startSegment } from '../../shared/bursts/start.ts';
import { ProviderView } from '../../shared/model/rows.ts';
import { judgeSegment } from '../../shared/sweep/silent-segment.ts';
import { aLease, at, BURST, CLUSTER, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const { graceSeconds } = settings.looks;
const judged = (lease: Parameters<typeof aLease>[0], view?: ProviderView) =>
  judgeSegment(aLease(lease), view, settings, NOW).do;

describe('a segment that was heard', () => {
  it.each([
    ['before its next look is due', 1, 'leave'],
    ['when it is due', 0, 'leave'],
    ['a second inside its grace', 1 - graceSeconds, 'leave'],
    ['when its grace is over', -graceSeconds, 'note'],
  ])('is left alone, then noted: %s', (_when, seconds, verdict) => {
    expect(judged({ nextLookBy: at(seconds) })).toBe(verdict);
  });

  it('is taken over on the second pass that finds it late', () => {
    expect(judged({ nextLookBy: at(-graceSeconds), latePasses: 0 })).toBe('note');
    expect(judged({ nextLookBy: at(-graceSeconds), latePasses: 1 })).toBe('take-over');
  });

  const { takeOvers } = settings.limits;
  it.each([
    [takeOvers - 1, 'take-over'],
    [takeOvers, 'give-to-reaper'],
    [takeOvers + 1, 'give-to-reaper'],
  ])('and was taken over %i times without progress: %s', (taken, verdict) => {
    const late = { nextLookBy: at(-graceSeconds), latePasses: 1 };
    expect(judged({ ...late, takeOvers: taken })).toBe(verdict);
  });
});

describe('a segment that was never heard', () => {
  it.each([
    [1, 'leave'],
    [0, 'start'],
    [1 - graceSeconds, 'start'],
    [-graceSeconds, 'note'],
  ])('is started again under its own name: %i s to its first look, %s', (seconds, verdict) => {
    expect(judged({ segment: 2, heardSegment: 1, nextLookBy: at(seconds) })).toBe(verdict);
  });
});

describe('a lease that is settled', () => {
  it('is nobody’s business', () => {
    expect(judged({ phase: 'settled', nextLookBy: at(-99_999), latePasses: 9 })).toBe('leave');
  });
});

describe('a teardown that is owed', () => {
  const owed = { phase: 'teardown-owed', destroyAskedAt: at(-600), latePasses: 9 } as const;
  const view = (seconds: number, clusters: readonly object[]) =>
    ProviderView.parse({ v: 1, asOf: at(-seconds), clusters });
  const ours = (phase: string, more = {}) => ({
    clusterId: CLUSTER,
    name: 'other',
    phase,
    ...more,
  });

  it.each<[string, ProviderView | undefined, string]>([
    ['no view', undefined, 'leave'],
    ['a view from before the end was asked for', view(600, []), 'leave'],
    ['one that lists it by id', view(10, [ours('RUNNING')]), 'leave'],
    [
      'one that lists it by name',
      view(10, [ours('RUNNING', { clusterId: 'c-9', name: BURST })]),
      'leave',
    ],
    ['one that does not list it', view(10, []), 'settle'],
    ['one that lists it as over', view(10, [ours('DELETED')]), 'settle'],
  ])('is settled by a list without its cluster: %s', (_what, seen, verdict) => {
    expect(judged(owed, seen)).toBe(verdict);
  });
});

describe('the segment that is started', () => {
  it('is told until when a failing first look may be repeated: its lease’s own bound', async () => {
    const started: unknown[] = [];
    const bursts = {
      start: async (name: string, input: unknown) => {
        started.push(name, input);
        return 'started' as const;
      },
    };
    const lease = aLease({ segment: 3, leaseFence: 5 });
    await startSegment(bursts, lease, settings);
    expect(started).toMatchObject([
      `${BURST}-3`,
      { segment: 3, leaseFence: 5, lookUntil: lease.paidUntil },
    ]);
  });
});
