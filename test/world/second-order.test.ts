import { describe, expect, it } from 'vitest';
import { leaseCost } from '../../shared/cost/lease-cost.ts';
import { readHistory } from '../../shared/cost/read-history.ts';
import { readMoney } from '../../shared/ledger/money.ts';
import { writeStop } from '../../shared/ledger/stops.ts';
import { dayOf, secondsBetween } from '../../shared/model/time.ts';
import {
  aVirtualWorld,
  leasesOf,
  runUntilOver,
  sendTasks,
  tasksOf,
} from '../support/virtual-bursts.ts';

/** The first cluster comes after this long, every other one after 300 s; nine in ten are taken to come within 647. */
async function ordersWith(hedgeDayMicroUsd: number, firstSeconds: number) {
  let ordered = 0;
  const world = aVirtualWorld({
    settings: { caps: { hedgeDayMicroUsd } },
    behaviour: { provisioningSeconds: () => (++ordered === 1 ? firstSeconds : 300) },
  });
  await sendTasks(world, 4);
  await runUntilOver(world, { tasks: 4 });
  expect(tasksOf(world).map(({ status }) => status)).toEqual(Array(4).fill('done'));
  const leases = leasesOf(world).toSorted((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  const [first, second] = leases;
  if (first?.createdClusterAt === undefined) throw new Error('no cluster was ordered');
  const afterSeconds =
    second === undefined ? undefined : secondsBetween(first.createdClusterAt, second.createdAt);
  return { world, leases, first, second, afterSeconds };
}

describe('a cluster that is later than nine in ten are', () => {
  it('has a second order placed beside it, of another offer, out of the budget for such orders', async () => {
    const never = Number.POSITIVE_INFINITY;
    const { world, leases, first, second, afterSeconds } = await ordersWith(50_000_000, never);
    expect(afterSeconds).toBeGreaterThan(647);
    expect(afterSeconds).toBeLessThanOrEqual(647 + 60);
    expect(leases).toHaveLength(2);
    expect(second?.hedges).toBe(first.burstId);
    expect(second?.offer?.offerId).not.toBe(first.offer?.offerId);
    expect(second?.wantedSlots).toBe(first.wantedSlots);
    const day = dayOf(second?.createdAt ?? first.createdAt);
    const money = await readMoney(world.ports.ledger, `hedge#${day}`);
    expect(money).toMatchObject({
      capMicroUsd: 50_000_000,
      available: 50_000_000 - (second?.billedMicroUsd ?? 0),
      holds: {},
    });
    if (second === undefined) throw new Error('no second order');
    const cost = leaseCost(await readHistory(world.ports.ledger, second));
    expect(cost?.lines).toMatchObject({ idle: 0, provisioning: 0 });
    expect(cost?.lines.hedges).toBeGreaterThan(0);
  });

  it('has one at most: what comes late is used, and nothing more is ordered', async () => {
    const { leases, second } = await ordersWith(50_000_000, 700);
    expect(leases).toHaveLength(2);
    expect(leases.every(({ readyAt }) => readyAt !== undefined)).toBe(true);
    expect(second?.failure).toBeUndefined();
  });

  it('has none where the budget does not reach, and no failure is made of it', async () => {
    const { world, leases, second, afterSeconds } = await ordersWith(1, 1200);
    expect(afterSeconds).toBeLessThanOrEqual(647 + 60);
    expect(leases).toHaveLength(2);
    expect(second).toMatchObject({ phase: 'settled', billedMicroUsd: 0 });
    expect(second?.closeReason).toMatch(/^budget: .* of the hedge#\d{4}-\d\d-\d\d cap$/);
    expect(second?.failure).toBeUndefined();
    expect(world.machine.list().executions.every(({ status }) => status === 'SUCCEEDED')).toBe(
      true,
    );
  });

  it('has none while nothing new is to be begun', async () => {
    const world = aVirtualWorld({
      settings: { caps: { hedgeDayMicroUsd: 50_000_000 } },
      behaviour: { provisioningSeconds: () => 1200 },
    });
    await sendTasks(world, 4);
    await world.run({ forSeconds: 300 });
    const stop = { mode: 'finish', reason: 'a test', at: world.ports.clock.now() } as const;
    await writeStop(world.ports.ledger, undefined, stop);
    await world.run({ forSeconds: 700 });
    expect(leasesOf(world)).toHaveLength(1);
  });

  it('has none where no budget is set', async () => {
    const { leases } = await ordersWith(0, 1200);
    expect(leases).toHaveLength(1);
  });
});
