import { describe, expect, it } from 'vitest';
import {
  changeLease,
  createLease,
  LookOvertaken,
  readLease,
  reportIn,
} from '../../shared/ledger/leases.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import type { LeasePhase, LeaseRow } from '../../shared/model/rows.ts';
import type { Ledger } from '../../shared/ports.ts';
import { aProfile, burstNumbered, later, NOW } from './make.ts';

const BURST = burstNumbered(1);

async function created(ledger: Ledger, slots = 3): Promise<LeaseRow> {
  const profile = await aProfile(ledger);
  const made = { burstId: BURST, profile, slots, now: NOW, nextLookBy: later(240) };
  const { row } = await createLease(ledger, made);
  if (row === undefined) throw new Error('not created');
  return row;
}
const now = (ledger: Ledger) => readLease(ledger, BURST);

describe('a lease', () => {
  it('is created once, unheard, in the sight of the sweep', async () => {
    const ledger = memoryLedger();
    const first = await created(ledger);
    expect(first).toMatchObject({
      phase: 'planned',
      wantedSlots: 3,
      segment: 1,
      leaseFence: 1,
      heardSegment: 0,
      dueOf: 'lease',
      dueAt: later(240),
    });
    await changeLease(ledger, first, { phase: 'creating' });
    expect(await created(ledger, 9)).toMatchObject({ phase: 'creating', wantedSlots: 3 });
  });

  it('is not changed by a look that the same driver has followed by another', async () => {
    const ledger = memoryLedger();
    const { burstId, segment, leaseFence } = await created(ledger);
    const driver = { burstId, segment, leaseFence };
    const zombie = await reportIn(ledger, driver, later(240));
    const next = await reportIn(ledger, driver, later(300));
    if (!zombie.done || !next.done) throw new Error('not reported in');
    await expect(changeLease(ledger, zombie.row, { phase: 'creating' })).rejects.toThrow(
      LookOvertaken,
    );
    expect((await changeLease(ledger, next.row, { phase: 'creating' })).done).toBe(true);
    expect(await now(ledger)).toMatchObject({ phase: 'creating', nextLookBy: later(300) });
  });

  it('is changed under its fence and under no older one', async () => {
    const ledger = memoryLedger();
    const old = await created(ledger);
    const taken = await changeLease(ledger, old, { leaseFence: 2, segment: 2 });
    if (!taken.done) throw new Error('not taken over');
    expect((await changeLease(ledger, old, { phase: 'creating' })).done).toBe(false);
    expect(await now(ledger)).toEqual(taken.row);
    expect((await changeLease(ledger, taken.row, { phase: 'creating' })).done).toBe(true);
  });

  it('is taken over by one of many at once', async () => {
    const ledger = memoryLedger();
    const seen = await created(ledger);
    const next = { leaseFence: 2, segment: 2 };
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => changeLease(ledger, seen, next)),
    );
    expect(outcomes.filter(({ done }) => done)).toHaveLength(1);
  });

  it('loses a field that is set to undefined and keeps the others', async () => {
    const ledger = memoryLedger();
    const lease = await created(ledger);
    await changeLease(ledger, lease, { paidUntil: later(3600), extendNotBefore: later(60) });
    await changeLease(ledger, lease, { extendNotBefore: undefined });
    const row = await now(ledger);
    expect(row).toMatchObject({ paidUntil: later(3600) });
    expect(row).not.toHaveProperty('extendNotBefore');
  });

  it('is due when its next look is, until it is settled', async () => {
    const ledger = memoryLedger();
    const lease = await created(ledger);
    await changeLease(ledger, lease, { nextLookBy: later(999) });
    expect(await now(ledger)).toMatchObject({ dueAt: later(999) });
    await changeLease(ledger, lease, { phase: 'settled' });
    expect(await now(ledger)).not.toHaveProperty('dueOf');
    expect(await now(ledger)).not.toHaveProperty('dueAt');
  });
});

describe('a segment that reports in', () => {
  const report = (ledger: Ledger, segment: number, leaseFence: number) =>
    reportIn(ledger, { burstId: BURST, segment, leaseFence }, later(500));

  it('is heard, and its late passes are forgiven', async () => {
    const ledger = memoryLedger();
    const lease = await created(ledger);
    await changeLease(ledger, lease, { latePasses: 1 });
    expect(await report(ledger, 1, 1)).toMatchObject({
      done: true,
      row: { heardSegment: 1, nextLookBy: later(500), dueAt: later(500), latePasses: 0 },
    });
  });

  it.each([
    ['an older segment under the new fence', 1, 2, false],
    ['an older segment under its own fence', 1, 1, false],
    ['the newest segment under the old fence', 2, 1, false],
    ['a segment to come', 3, 3, false],
    ['the newest segment', 2, 2, true],
  ])('is %s: heard %s', async (_what, segment, fence, heard) => {
    const ledger = memoryLedger();
    await changeLease(ledger, await created(ledger), { leaseFence: 2, segment: 2 });
    const before = ledger.rows();
    expect((await report(ledger, segment, fence)).done).toBe(heard);
    if (!heard) expect(ledger.rows()).toEqual(before);
  });

  it.each<[LeasePhase, boolean]>([
    ['planned', true],
    ['creating', true],
    ['provisioning', true],
    ['ready', true],
    ['closing', true],
    ['tearing-down', true],
    ['teardown-owed', false],
    ['settled', false],
  ])('while the lease is %s: heard %s', async (phase, heard) => {
    const ledger = memoryLedger();
    await changeLease(ledger, await created(ledger), { phase });
    expect((await report(ledger, 1, 1)).done).toBe(heard);
  });

  it('makes no lease out of nothing', async () => {
    const ledger = memoryLedger();
    expect(await report(ledger, 1, 1)).toEqual({ done: false, row: undefined });
    expect(ledger.rows()).toEqual([]);
  });
});
