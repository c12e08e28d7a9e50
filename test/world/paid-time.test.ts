import { describe, expect, it } from 'vitest';
import { CapacityUnavailable, ProviderRefused } from '../../shared/errors.ts';
import { secondsBetween } from '../../shared/model/time.ts';
import type { Clusters, Ports } from '../../shared/ports.ts';
import {
  aVirtualWorld,
  jobsOfWorld,
  leasesOf,
  moneyOf,
  runUntilOver,
  sendTasks,
  tasksOf,
} from '../support/virtual-bursts.ts';

type World = ReturnType<typeof aVirtualWorld>;

/** One worker, one slot, tasks of 20 minutes: three fill an hour, so the fourth needs another term. */
const longTasks = (more: Parameters<typeof aVirtualWorld>[0] = {}) =>
  aVirtualWorld({
    taskSeconds: () => 1200,
    ...more,
    settings: {
      clusters: { maxWorkers: 1, maxBursts: 1 },
      batches: { maxTasks: 1 },
      ...more.settings,
    },
  });
const LONG = { estimatedSeconds: 1150 };

const withExtend =
  (extend: (call: number, original: Clusters['extend']) => Clusters['extend']) =>
  (ports: Ports): Ports => {
    let calls = 0;
    return {
      ...ports,
      clusters: {
        ...ports.clusters,
        extend: (id, hours) => {
          calls += 1;
          return extend(calls, ports.clusters.extend)(id, hours);
        },
      },
    };
  };

const doneCount = (world: World) => tasksOf(world).filter(({ status }) => status === 'done').length;

/** No job may outlive the paid time its lease had when it was submitted, less the drain. */
const expectNoJobPastTheEdge = (world: World) => {
  for (const lease of leasesOf(world)) {
    const jobs = jobsOfWorld(world).filter(({ burstId }) => burstId === lease.burstId);
    const last = jobs
      .map(({ deadlineAt }) => deadlineAt)
      .toSorted()
      .at(-1);
    if (last === undefined || lease.paidUntil === undefined) continue;
    expect(secondsBetween(last, lease.paidUntil)).toBeGreaterThanOrEqual(180);
  }
};

describe('work beyond the paid hour', () => {
  it('buys one more term for the same cluster, and the bill is exact', async () => {
    const world = longTasks();
    await sendTasks(world, 4, LONG);
    await runUntilOver(world, { tasks: 4 });
    expect(doneCount(world)).toBe(4);
    expect(world.market.all().map(({ hours }) => hours)).toEqual([2]);
    expect(leasesOf(world)[0]).toMatchObject({ terms: 2 });
    expectNoJobPastTheEdge(world);
  });

  it('is not extended before the window opens', async () => {
    const world = longTasks();
    await sendTasks(world, 4, LONG);
    await runUntilOver(world, { tasks: 4 });
    const [lease] = leasesOf(world);
    const extended = lease?.intents.find(({ kind }) => kind === 'extend')?.at;
    const edge = world.market.all()[0]?.startedMs ?? 0;
    expect(Date.parse(extended ?? '')).toBeGreaterThanOrEqual(edge + (3600 - 2700) * 1000);
  });

  it.each([
    ['was carried out', true, ['granted']],
    ['never arrived', false, ['absent', 'granted']],
  ])(
    'whose extension was not answered is settled by the paid time: it %s',
    async (_how, carriedOut, outcomes) => {
      const world = longTasks({
        disturb: withExtend((call, original) => async (id, hours) => {
          if (call === 1 && !carriedOut) throw new Error('socket hang up');
          await original(id, hours);
          if (call === 1) throw new Error('socket hang up');
        }),
      });
      await sendTasks(world, 4, LONG);
      await runUntilOver(world, { tasks: 4 });
      expect(doneCount(world)).toBe(4);
      const extends_ = leasesOf(world).flatMap(({ intents }) =>
        intents.filter(({ kind }) => kind === 'extend').map(({ outcome }) => outcome),
      );
      expect(extends_).toEqual(outcomes);
      expect(world.market.all().map(({ hours }) => hours)).toEqual([2]);
      expectNoJobPastTheEdge(world);
    },
  );

  it('is bought for several hours at once where the operator says so, and not extended within them', async () => {
    const world = longTasks({ settings: { lease: { termHours: 2 } } });
    await sendTasks(world, 4, LONG);
    await runUntilOver(world, { tasks: 4 });
    expect(doneCount(world)).toBe(4);
    expect(world.market.all().map(({ hours }) => hours)).toEqual([2]);
    expect(leasesOf(world).flatMap(({ intents }) => intents.map(({ kind }) => kind))).toEqual([
      'create',
    ]);
    expectNoJobPastTheEdge(world);
  });

  it('is not extended twice while the provider does not know the cluster', async () => {
    let forgetUntilMs = 0;
    const world = longTasks({
      disturb: (ports) => {
        const lost = withExtend((call, original) => async (id, hours) => {
          await original(id, hours);
          if (call > 1) return;
          forgetUntilMs = world.timers.now() + 200_000;
          throw new Error('socket hang up');
        })(ports);
        const get: Clusters['get'] = async (id) =>
          world.timers.now() < forgetUntilMs ? undefined : ports.clusters.get(id);
        return { ...lost, clusters: { ...lost.clusters, get } };
      },
    });
    await sendTasks(world, 4, LONG);
    await runUntilOver(world, { tasks: 4 });
    expect(forgetUntilMs).toBeGreaterThan(0);
    expect(world.market.all().map(({ hours }) => hours)).toEqual([2]);
  });

  it.each([
    { why: 'now', refusal: new CapacityUnavailable('promised to somebody else') },
    { why: 'at this provider', refusal: new ProviderRefused('no more time is sold') },
  ])(
    'that cannot be extended $why is left to the next burst, and nothing that runs is cut',
    async ({ refusal }) => {
      const world = longTasks({
        disturb: withExtend(() => async () => {
          throw refusal;
        }),
      });
      await sendTasks(world, 4, LONG);
      await runUntilOver(world, { tasks: 4 });
      expect(doneCount(world)).toBe(4);
      expect(world.market.all().map(({ hours }) => hours)).toEqual([1, 1]);
      expect(jobsOfWorld(world).map(({ reported }) => reported)).toEqual(
        Array(4).fill('succeeded'),
      );
      expectNoJobPastTheEdge(world);
    },
  );

  it('that the cap does not cover waits, and what runs ends', async () => {
    const caps = { dayMicroUsd: 400_000 };
    const world = longTasks({ settings: { caps }, startAt: '2026-01-01T20:00:00.000Z' });
    await sendTasks(world, 4, LONG);
    await world.run({ forSeconds: 3 * 3600 });
    expect(doneCount(world)).toBe(2);
    expect(world.market.all().map(({ hours }) => hours)).toEqual([1]);
    for (const { capMicroUsd, available, holds } of moneyOf(world)) {
      const held = Object.values(holds).reduce((sum, microUsd) => sum + microUsd, 0);
      expect(available).toBeGreaterThanOrEqual(0);
      expect(available + held).toBeLessThanOrEqual(capMicroUsd);
    }
    await runUntilOver(world, { tasks: 4, withinHours: 30 });
    expect(doneCount(world)).toBe(4);
  });
});

describe('an idle cluster', () => {
  it('is held to its paid edge and serves an arrival at no further cost', async () => {
    const world = aVirtualWorld();
    await sendTasks(world, 4);
    await world.run({ forSeconds: 1800 });
    expect(doneCount(world)).toBe(4);
    await sendTasks(world, 4, { from: 5 });
    await world.run({ forSeconds: 180 });
    expect(doneCount(world)).toBe(8);
    await runUntilOver(world, { tasks: 8 });
    expect(world.market.all().map(({ hours }) => hours)).toEqual([1]);
    const [cluster] = world.market.all();
    const aliveSeconds = ((cluster?.endedMs ?? 0) - (cluster?.startedMs ?? 0)) / 1000;
    expect(aliveSeconds).toBeGreaterThan(3600 - 180 - 1);
    expect(aliveSeconds).toBeLessThan(3600);
  });
});

describe('an arrival while the burst closes', () => {
  it.each([-21, -1, 0, 20])('is served by somebody: %i s from the drain', async (offset) => {
    const world = aVirtualWorld();
    await sendTasks(world, 1);
    await world.run({ forSeconds: 900 });
    const [lease] = leasesOf(world);
    const drainMs = Date.parse(lease?.paidUntil ?? '') - 180_000;
    await world.run({ forSeconds: (drainMs - world.timers.now()) / 1000 + offset });
    await sendTasks(world, 1, { from: 2 });
    await runUntilOver(world, { tasks: 2 });
    expect(doneCount(world)).toBe(2);
  });
});
