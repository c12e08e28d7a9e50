import { describe, expect, it } from 'vitest';
import { planBurst } from '../../lambdas/plan/plan-burst.ts';
import { openBatch, readBatch } from '../../shared/ledger/batches.ts';
import { changeLease, createLease, readLease } from '../../shared/ledger/leases.ts';
import { holdMoney } from '../../shared/ledger/money.ts';
import { changeProfile, ensureProfile, readProfile } from '../../shared/ledger/profiles.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { BurstDocument } from '../../shared/model/burst.ts';
import { BurstId } from '../../shared/model/ids.ts';
import type { LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Clusters, Ledger } from '../../shared/ports.ts';
import { aBatch, aLease, at, BURST, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings({ caps: { hedgeDayMicroUsd: 50_000_000 } });
const { tenant, profile, requirement, burstId: first } = aLease();
const second = BurstId.parse(`${BURST.slice(0, -1)}c`);
const hedge = { of: first, notOffer: '204/1x@2' };

const unasked = (): never => {
  throw new Error('the provider was asked for something else');
};

/** A provider whose only offer costs a dollar an hour. */
const aDollarAnHour: Clusters = {
  offers: async () => [
    {
      ...{ offerId: '204/1x@1', gpuModel: 'RTX 4090', gpusPerWorker: 1 },
      ...{ location: 'US', locationId: '1', availableWorkers: 9 },
    },
  ],
  quote: async (_offer, workers, hours) => ({ totalMicroUsd: workers * hours * 1_000_000 }),
  ...{ findByName: unasked, create: unasked, get: unasked, extend: unasked },
  ...{ destroy: unasked, list: unasked, logs: unasked },
};

/** Plans a burst for one task of an hour, beside another burst that is in that phase. */
async function planned(
  own: { readonly hedge?: typeof hedge },
  phase: LeaseRow['phase'],
  maxMicroUsd: number,
  ownPhase: LeaseRow['phase'] = 'planned',
  world: {
    readonly ledger?: Ledger;
    readonly settings?: Settings;
    readonly holds?: LeaseRow['holds'];
  } = {},
) {
  const { ledger = memoryLedger({ staleIndex: false }), holds = [] } = world;
  const empty = await ensureProfile(ledger, profile, requirement);
  const tasks = [{ taskId: 't', line: 0, unitSeconds: 3600, maxMicroUsd }];
  const { status: _, batchFence: __, attempts: ___, dueOf: ____, ...batch } = aBatch(1, { tasks });
  await openBatch(ledger, { ...batch, dueAt: at(9999) });
  const { row } = await changeProfile(ledger, empty, { oldestOpen: batch.batchId, dueAt: NOW });
  if (row === undefined) throw new Error('no profile');
  const leaseOf = async (burstId: BurstId, more: object) => {
    const about = { burstId, profile: row, slots: 1, now: NOW, nextLookBy: at(900), ...more };
    const created = (await createLease(ledger, about)).row;
    if (created === undefined) throw new Error('no lease');
    return created;
  };
  await changeLease(ledger, await leaseOf(first, {}), { phase });
  const lease = await leaseOf(second, own);
  const burst = BurstDocument.parse({
    v: 1,
    burstId: second,
    segment: 1,
    leaseFence: 1,
    lookUntil: at(900),
  });
  const seen = (await changeLease(ledger, lease, { phase: ownPhase, holds })).row ?? lease;
  const ports = { ledger, clusters: aDollarAnHour };
  const step = await planBurst(ports, world.settings ?? settings)(seen, burst, NOW);
  return {
    lease: await readLease(ledger, second),
    step,
    notBefore: (await readBatch(ledger, tenant, profile, batch.batchId))?.notBefore,
  };
}

describe('Plan of a second order', () => {
  it('buys nothing once the first one has its cluster', async () => {
    const { step } = await planned({ hedge }, 'ready', 1_000_000);
    const reason = 'the order it was to stand in for has come';
    expect(step).toEqual({ next: 'close', reason });
  });

  it.each(['provisioning', 'closing', 'settled'] as const)(
    'buys while the first one has none: %s',
    async (phase) => {
      const { step } = await planned({ hedge }, phase, 1_000_000);
      expect(step).toMatchObject({ next: 'provision' });
    },
  );

  it('puts nothing off that is too dear for it: on the first one it may cost little enough', async () => {
    const { step, notBefore } = await planned({ hedge }, 'provisioning', 999_999);
    expect(step).toEqual({ next: 'close', reason: 'no open task may cost as much' });
    expect(notBefore).toBeUndefined();
  });
});

it('Plan of any other order puts off what is too dear for it', async () => {
  const { step, notBefore } = await planned({}, 'provisioning', 999_999);
  expect(step).toEqual({ next: 'close', reason: 'no open task may cost as much' });
  expect(notBefore).toBe(at(10 * settings.clusters.cooldownSeconds));
});

it.each(['closing', 'tearing-down'] as const)(
  'a Plan that was given up and runs on buys nothing for a burst that is %s',
  async (phase) => {
    const { step } = await planned({}, 'provisioning', 1_000_000, phase);
    expect(step).toEqual({ next: 'close', reason: `phase ${phase}` });
  },
);

it('a lease no longer names a hold that a cap refused', async () => {
  const tight = { caps: { stackMicroUsd: 1_500_000 } };
  const held = { term: 1, day: NOW.slice(0, 10), microUsd: 600_000, attempt: 1 };
  const ledger = memoryLedger({ staleIndex: false });
  await holdMoney(ledger, testSettings(tight), { ...aLease(), ...held }, NOW);
  const kept = { ...held, kept: true } as const;
  const { step, lease } = await planned({}, 'provisioning', 1_000_000, 'planned', {
    ...{ ledger, settings: testSettings(tight), holds: [kept] },
  });
  expect(step).toMatchObject({ failure: { Error: 'BudgetExceeded' } });
  expect(lease?.holds).toEqual([kept]);
});

it('Plan tells the profile what its offer has once more where it died before it had', async () => {
  const ledger = memoryLedger({ staleIndex: false });
  const { offer } = aLease();
  if (offer === undefined) throw new Error('no offer');
  const chosen = { ...offer, workers: 4, pace: 0.5 };
  const lease = aLease({ phase: 'creating', offer: chosen, clusterId: undefined });
  const empty = await ensureProfile(ledger, profile, requirement);
  const wanted = { burstId: first, slots: 100, state: 'open', openedAt: NOW } as const;
  await changeProfile(ledger, empty, { bursts: [wanted] });
  const burst = BurstDocument.parse({
    ...{ v: 1, burstId: first, segment: 1, leaseFence: 1, lookUntil: at(900) },
  });
  const step = await planBurst({ ledger, clusters: aDollarAnHour }, settings)(lease, burst, NOW);
  expect(step.next).toBe('provision');
  const told = await readProfile(ledger, tenant, profile);
  expect(told?.bursts).toEqual([{ ...wanted, slots: 4, pace: 0.5 }]);
});
