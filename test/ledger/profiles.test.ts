import { describe, expect, it } from 'vitest';
import { changeProfile, readProfile, updateProfile } from '../../shared/ledger/profiles.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { aProfile, batchNumbered, later, PROFILE, TENANT } from './make.ts';

describe('a profile', () => {
  it('is made once by many at once', async () => {
    const ledger = memoryLedger();
    const made = await Promise.all(Array.from({ length: 8 }, () => aProfile(ledger)));
    expect(ledger.rows()).toHaveLength(1);
    for (const row of made) expect(row).toEqual(made[0]);
  });

  it('is changed by one of many who saw the same', async () => {
    const ledger = memoryLedger();
    const seen = await aProfile(ledger);
    const change = { strikes: 1, dueAt: later(60) };
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => changeProfile(ledger, seen, change)),
    );
    expect(outcomes.filter(({ done }) => done)).toHaveLength(1);
    expect(await readProfile(ledger, TENANT, PROFILE)).toMatchObject({ seq: 1, strikes: 1 });
  });

  it('loses what is null, and the sight of the sweep with its due time', async () => {
    const ledger = memoryLedger();
    const seen = await aProfile(ledger);
    const cooling = { cooldownUntil: later(60), cooldownReason: 'no-capacity' };
    const first = await changeProfile(ledger, seen, {
      ...cooling,
      oldestOpen: batchNumbered(1),
      dueAt: later(60),
    });
    if (!first.done) throw new Error('not changed');
    expect(first.row).toMatchObject({ ...cooling, dueOf: 'profile', dueAt: later(60) });
    const idle = { cooldownUntil: null, cooldownReason: null, oldestOpen: null, dueAt: null };
    const second = await changeProfile(ledger, first.row, idle);
    if (!second.done) throw new Error('not changed');
    expect(Object.keys(second.row).sort()).toEqual(Object.keys({ ...seen }).sort());
  });

  it('counts every one of ten updates made at once', async () => {
    const ledger = memoryLedger();
    const first = await aProfile(ledger);
    const update = () =>
      updateProfile(ledger, first, ({ strikes }) => ({ strikes: strikes + 1, dueAt: null }));
    await Promise.all(Array.from({ length: 10 }, update));
    expect(await readProfile(ledger, TENANT, PROFILE)).toMatchObject({ strikes: 10, seq: 10 });
  });

  it('is left alone when the update decides so', async () => {
    const ledger = memoryLedger();
    const seen = await aProfile(ledger);
    expect(await updateProfile(ledger, seen, () => undefined)).toEqual(seen);
    expect(await readProfile(ledger, TENANT, PROFILE)).toEqual(seen);
  });

  it('that never holds still ends the update with an error, not in a loop', async () => {
    const ledger = memoryLedger();
    const first = await aProfile(ledger);
    let rounds = 0;
    const update = updateProfile(ledger, first, async (seen) => {
      rounds += 1;
      await changeProfile(ledger, seen, { dueAt: null });
      return { strikes: 9, dueAt: null };
    });
    await expect(update).rejects.toThrow('changed 20 times');
    expect(rounds).toBe(20);
    expect(await readProfile(ledger, TENANT, PROFILE)).toMatchObject({ strikes: 0 });
  });
});
