import { describe, expect, it } from 'vitest';
import type { LeaseRow, LiveBurst, ProfileRow } from '../../shared/model/rows.ts';
import { closing } from '../../shared/plan/closing.ts';
import { secondOrder } from '../../shared/plan/second-order.ts';
import { aLease, at, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings({ caps: { hedgeDayMicroUsd: 1 } });
const offer = {
  ...{ offerId: '204/1x@1', gpuModel: 'RTX 4090', location: 'US', locationId: '1' },
  ...{ gpusPerWorker: 1, workers: 3, termMicroUsd: 900_000 },
};

/** The lease of a cluster that nine in ten like it needed 400 s for. */
const ordered = (secondsAgo: number, more: Partial<LeaseRow> = {}): LeaseRow => ({
  ...aLease({ phase: 'provisioning', readyAt: undefined, usualSeconds: 400, offer }),
  createdClusterAt: at(-secondsAgo),
  ...more,
});
const { burstId } = ordered(0);
const entry: LiveBurst = { burstId, state: 'open', slots: 3, openedAt: at(-500) };

const decided = (
  leases: readonly LeaseRow[],
  {
    profile = {},
    openBatches = 1,
    of = settings,
  }: { profile?: Partial<ProfileRow>; openBatches?: number; of?: typeof settings } = {},
) => secondOrder({ bursts: [entry], ...profile }, leases, openBatches, of, NOW);

describe('a second order', () => {
  it.each([
    [399, undefined],
    [400, undefined],
    [400.001, { of: burstId, notOffer: offer.offerId, slots: 3 }],
    [800, { of: burstId, notOffer: offer.offerId, slots: 3 }],
    [800.001, undefined],
  ])(
    'is placed for a cluster that is later than nine in ten are, and still counted on: %d s of 400',
    (seconds, order) => {
      expect(decided([ordered(seconds)]).order).toEqual(order);
    },
  );

  const late = ordered(500);
  const hedge = { of: burstId, notOffer: offer.offerId };
  it.each<[string, ReturnType<typeof decided>]>([
    ['no money is set aside for second orders', decided([late], { of: testSettings() })],
    ['nothing is waiting', decided([late], { openBatches: 0 })],
    ['cooling down', decided([late], { profile: { cooldownUntil: at(1) } })],
    [
      `${settings.clusters.maxBursts} bursts are live, the most allowed`,
      decided([late], { profile: { bursts: Array(settings.clusters.maxBursts).fill(entry) } }),
    ],
    ['a cluster is there', decided([late, aLease()])],
    [
      'a second order is placed already',
      decided([late], { profile: { bursts: [entry, { ...entry, hedge }] } }),
    ],
    ['a second order was placed for it before', decided([late], { profile: { hedged: burstId } })],
    ['no order is overdue', decided([])],
    ['no order is overdue', decided([ordered(500, { phase: 'creating' })])],
    ['no order is overdue', decided([ordered(500, { usualSeconds: undefined })])],
  ])('is not where %s', (reason, decision) => {
    expect(decision).toEqual({ order: undefined, reason });
  });

  it('that never had a cluster pauses nothing: the first may still come', () => {
    const failure = { Error: 'ClusterNotReady', Cause: 'it did not come' };
    const second = ordered(900, { hedges: burstId });
    expect(closing(second, failure, settings, NOW).cooldown(2)).toEqual({});
    expect(closing(ordered(900), failure, settings, NOW).cooldown(2)).toMatchObject({ strikes: 3 });
  });
});
