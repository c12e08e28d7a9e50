import { expect, it } from 'vitest';
import { sweepProfiles } from '../../lambdas/sweep/profiles.ts';
import { openIfNeeded } from '../../shared/bursts/open.ts';
import { openBatch } from '../../shared/ledger/batches.ts';
import { changeLease, createLease } from '../../shared/ledger/leases.ts';
import {
  changeProfile,
  ensureProfile,
  type ProfileChange,
  readProfile,
} from '../../shared/ledger/profiles.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import type { LiveBurst } from '../../shared/model/rows.ts';
import { aBatch, aLease, at, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings({ caps: { hedgeDayMicroUsd: 50_000_000 } });
const first = aLease({ phase: 'provisioning', readyAt: undefined, usualSeconds: 400 });
const { burstId, profile, requirement } = first;
const entry: LiveBurst = { burstId, state: 'open', slots: 2, openedAt: at(-500) };

/** A profile whose only cluster is a hundred seconds later than nine in ten are. */
async function anOverdueOrder(batch: Parameters<typeof aBatch>[1] = {}) {
  const clock = { now: () => NOW };
  const ledger = memoryLedger({ staleIndex: false });
  const opened: unknown[] = [];
  const ports = {
    ledger,
    artifacts: memoryArtifacts({ clock }),
    clock,
    log: (event: string, { standsInFor }: Readonly<Record<string, unknown>>) => {
      if (event === 'open burst') opened.push(standsInFor);
    },
    bursts: { start: async () => 'started' as const },
  };
  const seen = await ensureProfile(ledger, profile, requirement);
  const { status: _, batchFence: __, attempts: ___, dueOf: ____, ...waiting } = aBatch(1, batch);
  await openBatch(ledger, { ...waiting, dueAt: at(9999) });
  const change = { oldestOpen: waiting.batchId, bursts: [entry], dueAt: NOW };
  const { row } = await changeProfile(ledger, seen, change);
  if (row === undefined) throw new Error('no profile');
  const { row: lease } = await createLease(ledger, {
    ...{ burstId, profile: row, slots: 2, now: at(-600), nextLookBy: at(900) },
  });
  if (lease === undefined) throw new Error('no lease');
  const { offer, clusterId } = first;
  const ordered = { phase: 'provisioning', createdClusterAt: at(-500), usualSeconds: 400 } as const;
  await changeLease(ledger, lease, { ...ordered, offer, clusterId });
  return {
    ports,
    ledger,
    opened,
    row,
    readAgain: () => readProfile(ledger, 'default' as never, profile),
  };
}

it.each([
  ['has a second order where something waits', undefined, [burstId]],
  ['has one where what waits may be tried from now on', NOW, [burstId]],
  ['has none where all that waits may not be tried yet', at(0.001), []],
])('an overdue order %s', async (_what, notBefore, expected) => {
  const { ports, opened } = await anOverdueOrder(notBefore && { notBefore });
  await sweepProfiles(ports, settings, NOW);
  expect(opened).toEqual(expected);
});

const filled = Array<LiveBurst>(settings.clusters.maxBursts).fill(entry);
const hedge = { of: burstId, notOffer: 'x' };
it.each<[string, ProfileChange, number]>([
  ['nothing else has changed', {}, 1],
  ['as many bursts are live as may be', { bursts: filled }, 0],
  ['the profile pauses', { cooldownUntil: at(1), cooldownReason: 'no machines' }, 0],
  ['another second order is there', { bursts: [entry, { ...entry, hedge }] }, 0],
  ['the first order has ended', { bursts: [] }, 0],
  ['one was placed for it', { hedged: burstId }, 0],
])('a second order decided on an older profile: %s meanwhile', async (_what, change, orders) => {
  const { ports, ledger, opened, row, readAgain } = await anOverdueOrder({ notBefore: at(60) });
  await changeProfile(ledger, row, { ...change, dueAt: at(1) });
  expect((await readAgain())?.seq).not.toBe(row.seq);
  const second = { of: burstId, notOffer: 'x', slots: 2 };
  await openIfNeeded(ports, settings, row, { stop: 'none', live: [], second });
  expect(opened).toHaveLength(orders);
});
