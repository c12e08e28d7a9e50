import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Hold,
  holdMoney,
  holdName,
  readMoney,
  releaseHold,
  scopesOf,
  settleHold,
} from '../../shared/ledger/money.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { Tenant } from '../../shared/model/ids.ts';
import { Settings } from '../../shared/model/settings.ts';
import type { Ledger } from '../../shared/ports.ts';
import { burstNumbered, NOW, TENANT } from './make.ts';

const DAY = '2026-01-01';
const caps = (stack: number, day: number, tenant: number, others = tenant) =>
  Settings.parse({
    stackName: 'burst',
    tenantOfQueue: {},
    images: {},
    workerSecret: 'a secret for tests only',
    caps: {
      stackMicroUsd: stack,
      dayMicroUsd: day,
      tenantMicroUsd: { [TENANT]: tenant },
      defaultTenantMicroUsd: others,
    },
  });

const hold = (n: number, microUsd: number, changes: Partial<Hold> = {}): Hold => ({
  burstId: burstNumbered(n),
  tenant: TENANT,
  term: 1,
  day: DAY,
  microUsd,
  ...changes,
});

const SCOPES = ['stack', `day#${DAY}`, `tenant#${TENANT}`];
const inEach = async (ledger: Ledger, field: 'available' | 'capMicroUsd', scopes = SCOPES) =>
  Promise.all(scopes.map(async (scope) => (await readMoney(ledger, scope))?.[field]));
const holdsIn = async (ledger: Ledger) =>
  Promise.all(
    SCOPES.map(async (scope) => Object.keys((await readMoney(ledger, scope))?.holds ?? {})),
  );

/** The order in which rows are written, by scope. */
function writesOf(ledger: Ledger): { ledger: Ledger; written: string[] } {
  const written: string[] = [];
  const noting: Ledger = {
    ...ledger,
    write: async (write) => {
      const outcome = await ledger.write(write);
      if (outcome.written) written.push(write.key.pk.slice(2));
      return outcome;
    },
  };
  return { ledger: noting, written };
}

describe('a hold', () => {
  it('counts against the stack, the day of the hold and the tenant, in this order', () => {
    expect(scopesOf(caps(9, 8, 7, 6), hold(1, 1))).toEqual([
      { scope: 'stack', capMicroUsd: 9 },
      { scope: `day#${DAY}`, capMicroUsd: 8 },
      { scope: 'tenant#default', capMicroUsd: 7 },
    ]);
    const studio = { ...hold(1, 1), tenant: Tenant.parse('studio') };
    expect(scopesOf(caps(9, 8, 7, 6), studio).at(-1)).toEqual({
      scope: 'tenant#studio',
      capMicroUsd: 6,
    });
  });

  it('is taken in every scope', async () => {
    const ledger = memoryLedger();
    expect(await holdMoney(ledger, caps(100, 90, 80), hold(1, 30), NOW)).toEqual({ held: true });
    expect(await inEach(ledger, 'available')).toEqual([70, 60, 50]);
    expect(await holdsIn(ledger)).toEqual(SCOPES.map(() => [holdName(hold(1, 30))]));
  });

  it.each([
    ['the stack', caps(29, 99, 99), 'stack', 29],
    ['the day', caps(99, 29, 99), `day#${DAY}`, 29],
    ['the tenant', caps(99, 99, 29), 'tenant#default', 29],
  ])('is taken in no scope when %s has one too little', async (_what, settings, scope, left) => {
    const ledger = memoryLedger();
    const outcome = await holdMoney(ledger, settings, hold(1, 30), NOW);
    expect(outcome).toEqual({ held: false, scope, availableMicroUsd: left });
    for (const one of SCOPES) {
      const row = await readMoney(ledger, one);
      expect(row === undefined || row.available === row.capMicroUsd).toBe(true);
      expect(row?.holds ?? {}).toEqual({});
    }
    expect(await holdMoney(ledger, settings, hold(1, 29), NOW)).toEqual({ held: true });
  });

  it('that is refused is released in reverse', async () => {
    const { ledger, written } = writesOf(memoryLedger());
    const settings = caps(99, 99, 29);
    await holdMoney(ledger, settings, hold(1, 29), NOW);
    await settleHold(ledger, settings, hold(1, 29), 0);
    written.length = 0;
    await holdMoney(ledger, settings, hold(2, 30), NOW);
    expect(written).toEqual(['stack', `day#${DAY}`, `day#${DAY}`, 'stack']);
  });

  it('is settled in reverse', async () => {
    const { ledger, written } = writesOf(memoryLedger());
    const settings = caps(99, 99, 99);
    await holdMoney(ledger, settings, hold(1, 30), NOW);
    written.length = 0;
    await settleHold(ledger, settings, hold(1, 30), 10);
    expect(written).toEqual(SCOPES.toReversed());
    expect(await inEach(ledger, 'available')).toEqual([89, 89, 89]);
  });

  it('again changes nothing, even when the caps are used up', async () => {
    const ledger = memoryLedger();
    const settings = caps(30, 30, 30);
    await holdMoney(ledger, settings, hold(1, 30), NOW);
    const before = ledger.rows();
    expect(await holdMoney(ledger, settings, hold(1, 30), NOW)).toEqual({ held: true });
    expect(ledger.rows()).toEqual(before);
  });

  it('settled again changes nothing', async () => {
    const ledger = memoryLedger();
    const settings = caps(99, 99, 99);
    await holdMoney(ledger, settings, hold(1, 30), NOW);
    await settleHold(ledger, settings, hold(1, 30), 10);
    const before = ledger.rows();
    await settleHold(ledger, settings, hold(1, 30), 10);
    expect(ledger.rows()).toEqual(before);
  });

  it('billed above what was held takes the rest out of the caps, below nothing if it must', async () => {
    const ledger = memoryLedger();
    const settings = caps(99, 40, 35);
    await holdMoney(ledger, settings, hold(1, 30), NOW);
    await settleHold(ledger, settings, hold(1, 30), 36);
    expect(await inEach(ledger, 'available')).toEqual([63, 4, -1]);
    expect(await holdMoney(ledger, settings, hold(2, 1), NOW)).toEqual({
      held: false,
      scope: 'tenant#default',
      availableMicroUsd: 0,
    });
    expect(await inEach(ledger, 'available')).toEqual([63, 4, -1]);
  });

  it('gives back what it had taken, whatever amount its settler believes in', async () => {
    const ledger = memoryLedger();
    const settings = caps(99, 99, 99);
    await holdMoney(ledger, settings, hold(1, 30), NOW);
    await settleHold(ledger, settings, hold(1, 12), 5);
    expect(await inEach(ledger, 'available')).toEqual([94, 94, 94]);
  });

  it('is not released under another amount', async () => {
    const ledger = memoryLedger();
    await holdMoney(ledger, caps(99, 99, 99), hold(1, 30), NOW);
    const name = holdName(hold(1, 30));
    expect((await releaseHold(ledger, 'stack', TENANT, name, 29)).done).toBe(false);
    expect((await releaseHold(ledger, 'stack', TENANT, name, 30)).done).toBe(true);
    expect(await inEach(ledger, 'available', ['stack'])).toEqual([99]);
  });

  it('of another term, burst or day is another hold', async () => {
    const ledger = memoryLedger();
    const settings = caps(99, 25, 99);
    for (const one of [hold(1, 10), hold(1, 10, { term: 2 }), hold(2, 10, { day: '2026-01-02' })]) {
      expect(await holdMoney(ledger, settings, one, NOW)).toEqual({ held: true });
    }
    expect(await inEach(ledger, 'available')).toEqual([69, 5, 69]);
    expect(await inEach(ledger, 'available', ['day#2026-01-02'])).toEqual([15]);
  });
});

describe('a hold whose maker died half-way', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'at call %d of the ledger is completed by a repeat',
    async (n) => {
      const ledger = memoryLedger();
      const settings = caps(99, 99, 99);
      let calls = 0;
      const dying = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
        calls += 1;
        if (calls > n) throw new Error('dead');
        return call();
      };
      const shaky: Ledger = {
        ...ledger,
        read: (key) => dying(() => ledger.read(key)),
        write: (write) => dying(() => ledger.write(write)),
      };
      await holdMoney(shaky, settings, hold(1, 30), NOW).catch(() => undefined);
      expect(await holdMoney(ledger, settings, hold(1, 30), NOW)).toEqual({ held: true });
      expect(await inEach(ledger, 'available')).toEqual([69, 69, 69]);
    },
  );
});

describe('a cap', () => {
  it('is never passed by 64 holds at once', async () => {
    const ledger = memoryLedger();
    const settings = caps(1000, 100, 70);
    const outcomes = await Promise.all(
      Array.from({ length: 64 }, (_, n) => holdMoney(ledger, settings, hold(n, 10), NOW)),
    );
    const won = outcomes.filter(({ held }) => held).length;
    expect(won).toBeGreaterThan(0);
    expect(won).toBeLessThanOrEqual(7);
    expect(await inEach(ledger, 'available')).toEqual([1000, 100, 70].map((cap) => cap - 10 * won));
    expect((await holdsIn(ledger)).map((names) => names.length)).toEqual([won, won, won]);
  });

  it('is taken up once by one hold made 64 times at once', async () => {
    const ledger = memoryLedger();
    const settings = caps(1000, 1000, 1000);
    const outcomes = await Promise.all(
      Array.from({ length: 64 }, () => holdMoney(ledger, settings, hold(1, 10), NOW)),
    );
    expect(outcomes.every(({ held }) => held)).toBe(true);
    expect(await inEach(ledger, 'available')).toEqual([990, 990, 990]);
  });

  it('follows the operator up and down, and what is held stays held', async () => {
    const ledger = memoryLedger();
    await holdMoney(ledger, caps(50, 99, 99), hold(1, 30), NOW);
    expect(await holdMoney(ledger, caps(50, 99, 99), hold(2, 30), NOW)).toMatchObject({
      scope: 'stack',
    });
    expect(await holdMoney(ledger, caps(60, 99, 99), hold(2, 30), NOW)).toEqual({ held: true });
    const lowered = await holdMoney(ledger, caps(40, 99, 99), hold(3, 1), NOW);
    expect(lowered).toEqual({ held: false, scope: 'stack', availableMicroUsd: 0 });
    expect(await inEach(ledger, 'capMicroUsd', ['stack'])).toEqual([40]);
    expect(await inEach(ledger, 'available', ['stack'])).toEqual([-20]);
    await settleHold(ledger, caps(40, 99, 99), hold(2, 30), 0);
    expect(await holdMoney(ledger, caps(40, 99, 99), hold(3, 10), NOW)).toEqual({ held: true });
  });

  it('moves once when 16 holds see the change at once', async () => {
    const ledger = memoryLedger();
    await holdMoney(ledger, caps(50, 999, 999), hold(0, 10), NOW);
    await Promise.all(
      Array.from({ length: 16 }, (_, n) =>
        holdMoney(ledger, caps(100, 999, 999), hold(n + 1, 1), NOW),
      ),
    );
    expect(await inEach(ledger, 'available', ['stack'])).toEqual([100 - 10 - 16]);
  });

  it('is what is available, held and billed together, through any sequence', async () => {
    const step = fc.record({
      burst: fc.integer({ min: 1, max: 5 }),
      term: fc.integer({ min: 1, max: 2 }),
      microUsd: fc.integer({ min: 0, max: 60 }),
      billed: fc.integer({ min: 0, max: 80 }),
      stack: fc.integer({ min: 50, max: 200 }),
      settle: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const ledger = memoryLedger();
        const billed = new Map<string, number>();
        for (const { burst, term, microUsd, billed: bill, stack, settle } of steps) {
          const settings = caps(stack, 150, 120);
          const one = hold(burst, microUsd, { term });
          if (settle) {
            for (const scope of SCOPES) {
              const held = (await readMoney(ledger, scope))?.holds[holdName(one)];
              if (held !== undefined) billed.set(scope, (billed.get(scope) ?? 0) + bill);
            }
            await settleHold(ledger, settings, one, bill);
          } else await holdMoney(ledger, settings, one, NOW);

          for (const scope of SCOPES) {
            const row = await readMoney(ledger, scope);
            if (row === undefined) continue;
            const held = Object.values(row.holds).reduce((sum, amount) => sum + amount, 0);
            expect(row.available + held + (billed.get(scope) ?? 0)).toBe(row.capMicroUsd);
          }
          expect(new Set((await holdsIn(ledger)).map((names) => names.sort().join())).size).toBe(1);
        }
      }),
      { numRuns: 60 },
    );
  });
});
