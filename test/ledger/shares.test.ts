import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hold, holdMoney, readMoney, settleHold } from '../../shared/ledger/money.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { Tenant } from '../../shared/model/ids.ts';
import { longestCooldownSeconds, Settings } from '../../shared/model/settings.ts';
import { dayOf, type Instant } from '../../shared/model/time.ts';
import type { Ledger } from '../../shared/ports.ts';
import { burstNumbered, later, NOW } from './make.ts';

const AMBER = Tenant.parse('amber');
const BIRCH = Tenant.parse('birch');

const shared = (stackMicroUsd: number, more: Readonly<Record<string, unknown>> = {}) =>
  Settings.parse({
    stackName: 'burst',
    tenantOfQueue: { one: AMBER, two: BIRCH },
    images: {},
    workerSecret: 'a secret for tests only',
    caps: { stackMicroUsd, dayMicroUsd: 1000 },
    ...more,
  });

let burst = 0;
const asks = (tenant: Tenant, microUsd: number, now: Instant = NOW): Hold => ({
  ...{ burstId: burstNumbered(++burst), tenant, term: 1, day: dayOf(now), microUsd },
});

/** Amber has 8 of 10 and birch nothing when birch cannot get 4; then 3 of amber's come back. */
async function birchWaits(settings: Settings, since: Instant = NOW) {
  const ledger = memoryLedger();
  const first = asks(AMBER, 3);
  expect(await holdMoney(ledger, settings, first, NOW)).toEqual({ held: true });
  expect(await holdMoney(ledger, settings, asks(AMBER, 5), NOW)).toEqual({ held: true });
  expect(await holdMoney(ledger, settings, asks(BIRCH, 4), since)).toEqual({
    ...{ held: false, scope: 'stack', availableMicroUsd: 2 },
  });
  await settleHold(ledger, settings, first, 0);
  return ledger;
}

describe('a tenant over its share', () => {
  it('lets one go first that waits, and goes on when that is served', async () => {
    const settings = shared(10);
    const ledger = await birchWaits(settings);
    expect(await holdMoney(ledger, settings, asks(AMBER, 2), NOW)).toEqual({
      held: false,
      scope: 'stack',
      availableMicroUsd: 5,
      yields: {
        ...{ tenant: 'amber', scope: 'stack', capMicroUsd: 10, waiting: 1 },
        ...{ usedMicroUsd: 5, wantsMicroUsd: 2, shareMicroUsd: 6 },
      },
    });
    expect(await holdMoney(ledger, settings, asks(BIRCH, 4), NOW)).toEqual({ held: true });
    expect(await holdMoney(ledger, settings, asks(AMBER, 1), NOW)).toEqual({ held: true });
  });

  it('takes what the other leaves', async () => {
    const settings = shared(10);
    const ledger = await birchWaits(settings);
    expect(await holdMoney(ledger, settings, asks(AMBER, 1), NOW)).toEqual({ held: true });
  });

  it('need not yield where its weight makes up for what it has', async () => {
    const settings = shared(10, { tenantWeights: { amber: 1000 } });
    const ledger = await birchWaits(settings);
    expect(await holdMoney(ledger, settings, asks(AMBER, 2), NOW)).toEqual({ held: true });
  });

  it('keeps the hold it has, and repeats it', async () => {
    const settings = shared(10);
    const ledger = memoryLedger();
    const held = asks(AMBER, 8);
    await holdMoney(ledger, settings, held, NOW);
    await holdMoney(ledger, settings, asks(BIRCH, 4), NOW);
    expect(await holdMoney(ledger, settings, held, NOW)).toEqual({ held: true });
  });

  it('goes on once when its patience is over, not a second before, and yields anew', async () => {
    const settings = shared(10);
    const { yieldSeconds } = settings.clusters;
    const ledger = await birchWaits(settings);
    const heldAt = async (tenant: Tenant, microUsd: number, seconds: number) =>
      (await holdMoney(ledger, settings, asks(tenant, microUsd, later(seconds)), later(seconds)))
        .held;
    // Birch goes on asking for more than there is.
    for (let seconds = 0; seconds < yieldSeconds; seconds += 600) {
      expect(await heldAt(BIRCH, 7, seconds)).toBe(false);
      expect(await heldAt(AMBER, 2, seconds)).toBe(false);
    }
    expect(await heldAt(AMBER, 2, yieldSeconds - 1)).toBe(false);
    expect(await heldAt(AMBER, 2, yieldSeconds)).toBe(true);
    expect(await heldAt(AMBER, 2, yieldSeconds)).toBe(false);
  });

  it('has patience from when it first yields, however long both had waited for the cap', async () => {
    const settings = shared(10);
    const { yieldSeconds } = settings.clusters;
    const ledger = await birchWaits(settings);
    const none = { ...settings, caps: { ...settings.caps, stackMicroUsd: 5 } };
    for (let seconds = 0; seconds <= 2 * yieldSeconds; seconds += 600) {
      for (const tenant of [AMBER, BIRCH]) {
        const one = asks(tenant, tenant === AMBER ? 2 : 4, later(seconds));
        expect(await holdMoney(ledger, none, one, later(seconds))).toMatchObject({ held: false });
      }
    }
    const raised = later(2 * yieldSeconds + 1);
    expect(await holdMoney(ledger, settings, asks(AMBER, 2, raised), raised)).toMatchObject({
      yields: { waiting: 1 },
    });
  });

  const silent = longestCooldownSeconds(shared(1)) + 300;
  it.each([
    ['may still ask', silent - 1, false],
    ['would have asked again by now', silent, true],
  ])('yields to none but one that %s', async (_, seconds, held) => {
    const settings = shared(10);
    const ledger = await birchWaits(settings);
    expect(await holdMoney(ledger, settings, asks(AMBER, 2), later(seconds))).toMatchObject({
      held,
    });
  });

  it('yields on the new day to one that waited at midnight', async () => {
    const settings = shared(1000, { caps: { stackMicroUsd: 1000, dayMicroUsd: 10 } });
    const ledger = memoryLedger();
    const [before, after] = [later(12 * 3600 - 60), later(12 * 3600 + 60)];
    await holdMoney(ledger, settings, asks(AMBER, 10, before), before);
    await holdMoney(ledger, settings, asks(BIRCH, 4, before), before);
    const take = (tenant: Tenant, microUsd: number) =>
      holdMoney(ledger, settings, asks(tenant, microUsd, after), after);
    expect(await take(AMBER, 5)).toEqual({ held: true });
    expect(await take(AMBER, 2)).toMatchObject({ yields: { waiting: 1, scope: 'day#2026-01-02' } });
    expect(await take(BIRCH, 4)).toEqual({ held: true });
  });
});

describe('what tenants have of a shared cap', () => {
  it('is what is held and spent, to the last micro-dollar, through any sequence', async () => {
    const step = fc.record({
      tenant: fc.constantFrom(AMBER, BIRCH),
      n: fc.integer({ min: 1, max: 4 }),
      microUsd: fc.integer({ min: 1, max: 40 }),
      billed: fc.integer({ min: 0, max: 50 }),
      settle: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const ledger = memoryLedger();
        const settings = shared(100);
        for (const { tenant, n, microUsd, billed, settle } of steps) {
          const burstId = burstNumbered(tenant === AMBER ? n : n + 100);
          const one = { burstId, tenant, term: 1, day: dayOf(NOW), microUsd };
          if (settle) await settleHold(ledger, settings, one, billed);
          else await holdMoney(ledger, settings, one, NOW);
          for (const scope of ['stack', `day#${dayOf(NOW)}`]) {
            const row = await readMoney(ledger, scope);
            if (row === undefined) continue;
            const used = Number(row['used#amber'] ?? 0) + Number(row['used#birch'] ?? 0);
            expect(used).toBe(row.capMicroUsd - row.available);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is taken for nothing of a hold that was made before it was counted', async () => {
    const settings = shared(10);
    const ledger = memoryLedger();
    const old = asks(AMBER, 6);
    await holdMoney(ledger, settings, old, NOW);
    await ledger.write({ key: { pk: '$#stack', sk: '#' }, when: [], remove: ['used#amber'] });
    await settleHold(ledger, settings, old, 0);
    expect(await holdMoney(ledger, settings, asks(AMBER, 6), NOW)).toEqual({ held: true });
    expect(await holdMoney(ledger, settings, asks(BIRCH, 6), NOW)).toMatchObject({ held: false });
  });
});

/** Calls of a ledger, by name. */
function counted() {
  const ledger = memoryLedger();
  const calls: string[] = [];
  const counting: Ledger = {
    ...ledger,
    read: (key) => {
      calls.push(`read ${key.pk}`);
      return ledger.read(key);
    },
    write: (write) => {
      calls.push(`write ${write.key.pk}`);
      return ledger.write(write);
    },
  };
  return { ledger: counting, calls };
}

describe('a deployment of one tenant', () => {
  const alone = (stack: number) => shared(stack, { tenantOfQueue: { one: AMBER, two: AMBER } });
  const DAY = `$#day#${dayOf(NOW)}`;

  it('asks nothing more of the ledger for a hold', async () => {
    const { ledger, calls } = counted();
    await holdMoney(ledger, alone(10), asks(AMBER, 1), NOW);
    calls.length = 0;
    await holdMoney(ledger, alone(10), asks(AMBER, 1), NOW);
    const scopes = ['$#stack', DAY, '$#tenant#amber'];
    expect(calls).toEqual(scopes.flatMap((pk) => [`read ${pk}`, `write ${pk}`]));
  });

  it('asks nothing more for the first hold of a day, nor for one that is refused', async () => {
    const { ledger, calls } = counted();
    await holdMoney(ledger, alone(10), asks(AMBER, 11), NOW);
    expect(calls).toEqual(['read $#stack', 'write $#stack', 'write $#stack']);
    calls.length = 0;
    await holdMoney(ledger, alone(10), asks(AMBER, 1), NOW);
    expect(calls.filter((call) => call.includes('day#'))).toEqual([
      ...[`read ${DAY}`, `write ${DAY}`, `write ${DAY}`],
    ]);
  });

  it('has all of its caps to itself', async () => {
    const ledger = memoryLedger();
    for (const _ of Array(10)) {
      expect(await holdMoney(ledger, alone(10), asks(AMBER, 1), NOW)).toEqual({ held: true });
    }
  });
});
