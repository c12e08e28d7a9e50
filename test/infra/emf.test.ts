import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { emfOf, METRICS } from '../../infra/aws/functions/emf.ts';
import { meteredLog } from '../../infra/aws/functions/metered-log.ts';

const WHEN = { stack: 'burst', at: 1_760_000_000_000 };

const Emf = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string()).max(30)).min(1),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })).min(1),
      }),
    ),
  }),
});

/** Every series a line adds to, as CloudWatch reads it. */
function seriesOf(event: string, facts: Record<string, unknown>): Record<string, unknown> {
  const line = Emf.parse(emfOf(event, facts, WHEN));
  return Object.fromEntries(
    line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
      Dimensions.flatMap((names) =>
        Metrics.map(({ Name }) => {
          const told = names.map((name) => `${name}=${line[name]}`).join(' ');
          return [`${Name} ${told}`, line[Name]];
        }),
      ),
    ),
  );
}

describe('a line of a log', () => {
  it.each([
    {
      event: 'intake',
      facts: { tenant: 'studio', messages: 10, tasks: 8, refused: 2, again: 0 },
      measures: {
        'TasksEnqueued Stack=burst': 8,
        'TasksEnqueued Stack=burst Tenant=studio': 8,
        'MessagesRefused Stack=burst Tenant=studio': 2,
      },
    },
    {
      event: 'ended',
      facts: { type: 'Task Ended', id: 'studio/a', tenant: 'studio', status: 'done' },
      measures: {
        'TasksEnded Stack=burst Status=done': 1,
        'TasksEnded Stack=burst Tenant=studio Status=done': 1,
      },
    },
    {
      event: 'ended',
      facts: { type: 'Burst Closed', phase: 'settled', billedMicroUsd: 1_340_000 },
      measures: { 'BurstsClosed Stack=burst': 1, 'BilledUsd Stack=burst': 1.34 },
    },
    {
      event: 'result rejected',
      facts: { burst: 'b', reason: 'E_PIXELS' },
      measures: { 'VerificationFailures Stack=burst': 1 },
    },
    {
      event: 'other hardware',
      facts: { burst: 'b', paid: '4 x 1 RTX 4090', delivered: 'a worker sees T4' },
      measures: { 'OtherHardware Stack=burst': 1 },
    },
    {
      event: 'late worker left out',
      facts: { burst: 'b', worker: 'c-1-w2', delivered: 'T4' },
      measures: { 'OtherHardware Stack=burst': 1 },
    },
    {
      event: 'waiting',
      facts: { tenant: 'studio', profile: 'p', tasks: 12, oldestSeconds: 90, bursts: 1 },
      measures: {
        'WaitingTasks Stack=burst Tenant=studio': 12,
        'OldestWaitingSeconds Stack=burst': 90,
        'OldestWaitingSeconds Stack=burst Tenant=studio': 90,
      },
    },
    {
      event: 'money',
      facts: { scope: 'day#2026-11-22', capMicroUsd: 50_000_000, availableMicroUsd: 47_500_000 },
      measures: {
        'CommittedUsd Stack=burst Scope=day': 2.5,
        'CapUsd Stack=burst Scope=day': 50,
      },
    },
    {
      event: 'money',
      facts: { scope: 'hedge#2026-11-22', capMicroUsd: 5_000_000, availableMicroUsd: 5_000_000 },
      measures: {
        'CommittedUsd Stack=burst Scope=hedge': 0,
        'CapUsd Stack=burst Scope=hedge': 5,
      },
    },
    {
      event: 'reap',
      facts: {
        listed: 9,
        unowned: 6,
        alive: 3,
        orphans: 1,
        surplus: 1,
        microUsdPerHour: 2_220_000,
      },
      measures: {
        'ReapPasses Stack=burst': 1,
        'ClustersAlive Stack=burst': 3,
        'OrphanClusters Stack=burst': 1,
        'SurplusClusters Stack=burst': 1,
        'UsdPerHour Stack=burst': 2.22,
      },
    },
    { event: 'sweep', facts: { leases: 0 }, measures: { 'SweepPasses Stack=burst': 1 } },
    {
      event: 'sweep lease',
      facts: { verdict: 'take-over' },
      measures: { 'SegmentsStuck Stack=burst': 1 },
    },
    {
      event: 'sweep lease',
      facts: { verdict: 'give-to-reaper' },
      measures: { 'SegmentsStuck Stack=burst': 1, 'TeardownsOwed Stack=burst': 1 },
    },
    {
      event: 'Confirm teardown',
      facts: { next: 'owed' },
      measures: { 'TeardownsOwed Stack=burst': 1 },
    },
    {
      event: 'failed',
      facts: { error: 'ProviderRefused', apiKey: 'refused' },
      measures: { 'ProviderKeyRefused Stack=burst': 1 },
    },
  ])('"$event" with $facts measures this', ({ event, facts, measures }) => {
    expect(seriesOf(event, facts)).toEqual(measures);
  });

  it.each([
    ['a state that went on', 'Confirm teardown', { next: 'settle' }],
    ['a first sign of silence', 'sweep lease', { verdict: 'note' }],
    [
      'a teardown that is owed, as an ending',
      'ended',
      { type: 'Burst Closed', phase: 'teardown-owed' },
    ],
    ['facts of another shape', 'reap', { listed: 'three' }],
    ['a word nobody measures', 'toString', {}],
  ])('measures nothing with %s', (_what, event, facts) => {
    expect(emfOf(event, facts, WHEN)).toBeUndefined();
  });
});

it('every metric has a unit CloudWatch knows', () => {
  expect(new Set(Object.values(METRICS).map(({ unit }) => unit))).toEqual(
    new Set(['Count', 'None', 'Seconds']),
  );
});

it('a log line keeps its facts beside what they measure', () => {
  const lines: string[] = [];
  const log = meteredLog(
    'burst',
    (line) => void lines.push(line),
    () => WHEN.at,
  );
  log('sweep', { leases: 2 });
  log('open burst', { burst: 'b' });
  expect(lines.map((line) => line.endsWith('\n'))).toEqual([true, true]);
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    { event: 'sweep', leases: 2, Stack: 'burst', SweepPasses: 1, _aws: { Timestamp: WHEN.at } },
    { event: 'open burst', burst: 'b' },
  ]);
  expect(lines[1]).not.toContain('_aws');
});
