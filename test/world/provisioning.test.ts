import { describe, expect, it } from 'vitest';
import {
  CapacityUnavailable,
  CreateOutcomeUnknown,
  ProviderRefused,
  Throttled,
} from '../../shared/errors.ts';
import { quarantineSeconds } from '../../shared/model/settings.ts';
import { plusSeconds, secondsBetween } from '../../shared/model/time.ts';
import type { ClusterRequest, Clusters, Ports } from '../../shared/ports.ts';
import {
  aVirtualWorld,
  leasesOf,
  profilesOf,
  runUntilOver,
  sendTasks,
  tasksOf,
  testSettings,
} from '../support/virtual-bursts.ts';

/** Ports whose provider behaves differently in some methods. */
const withClusters =
  (change: (clusters: Clusters) => Partial<Clusters>) =>
  (ports: Ports): Ports => ({
    ...ports,
    clusters: { ...ports.clusters, ...change(ports.clusters) },
  });

const executionsOf = (world: ReturnType<typeof aVirtualWorld>) =>
  world.machine
    .list()
    .executions.map(({ executionArn }) => world.machine.describe(executionArn))
    .toReversed();

const wholeMachine = {
  offerId: '204/8x@1',
  gpuModel: 'RTX 4090',
  gpusPerWorker: 8,
  location: 'US',
  locationId: '1',
  availableWorkers: 1,
};

const doneCount = (world: ReturnType<typeof aVirtualWorld>) =>
  tasksOf(world).filter(({ status }) => status === 'done').length;

describe('a provider without capacity', () => {
  it('leaves tasks waiting, farther and farther apart, until it has some', async () => {
    let full = true;
    const disturb = withClusters(({ offers }) => ({
      offers: async (need) =>
        (await offers(need)).map((offer) => (full ? { ...offer, availableWorkers: 0 } : offer)),
    }));
    const world = aVirtualWorld({ disturb });
    await sendTasks(world, 4);
    await world.run({ forSeconds: 1800 });
    const opened = leasesOf(world)
      .map(({ createdAt }) => createdAt)
      .toSorted();
    const pauses = opened.slice(1).map((at, n) => secondsBetween(opened[n] ?? at, at));
    expect(pauses.length).toBeGreaterThan(2);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(pauses.at(-1)).toBeGreaterThan(240);
    expect(executionsOf(world)[0]).toMatchObject({
      status: 'FAILED',
      error: 'CapacityUnavailable',
    });
    expect(world.market.all()).toEqual([]);

    full = false;
    await runUntilOver(world, { tasks: 4 });
    expect(doneCount(world)).toBe(4);
    expect(profilesOf(world)[0]?.strikes).toBe(0);
  });
});

describe('a price that is refused for one size of worker', () => {
  it('leaves the others: where only whole machines are rented, one is', async () => {
    const disturb = withClusters(({ quote }) => ({
      quote: async (offer, ...rest) => {
        if (offer.gpusPerWorker < 8) throw new CapacityUnavailable('gpus_per_container must be 8');
        return quote(offer, ...rest);
      },
      offers: async () => [
        wholeMachine,
        { ...wholeMachine, offerId: '204/1x@1', gpusPerWorker: 1, availableWorkers: 8 },
      ],
    }));
    const world = aVirtualWorld({ disturb });
    await sendTasks(world, 4);
    await runUntilOver(world, { tasks: 4 });
    expect(leasesOf(world).map(({ offer }) => offer?.gpusPerWorker)).toEqual([8]);
    expect(doneCount(world)).toBe(4);
  });

  it('after it was given moves the same burst to the next offer, and buys nothing before', async () => {
    const asked = new Set<string>();
    const refused: string[] = [];
    const disturb = withClusters(({ quote }) => ({
      quote: async (offer, ...rest) => {
        if (asked.has(offer.offerId) && refused.length === 0) {
          refused.push(offer.offerId);
          throw new CapacityUnavailable('not available');
        }
        asked.add(offer.offerId);
        return quote(offer, ...rest);
      },
    }));
    const world = aVirtualWorld({ disturb });
    await sendTasks(world, 4);
    await runUntilOver(world, { tasks: 4 });
    expect(refused).toHaveLength(1);
    expect(leasesOf(world)).toHaveLength(1);
    expect(leasesOf(world)[0]?.refusedOffers).toEqual(refused);
    expect(doneCount(world)).toBe(4);
  });
});

describe('a create that is refused', () => {
  it('for want of capacity moves the same burst to the next offer', async () => {
    const asked: string[] = [];
    const disturb = withClusters(({ create }) => ({
      create: async (request) => {
        asked.push(request.offer.offerId);
        if (asked.length <= 2) throw new CapacityUnavailable('just taken');
        return create(request);
      },
    }));
    const world = aVirtualWorld({ disturb });
    await sendTasks(world, 4);
    await runUntilOver(world, { tasks: 4 });
    expect(new Set(asked).size).toBe(3);
    expect(leasesOf(world)).toHaveLength(1);
    expect(leasesOf(world)[0]?.refusedOffers).toEqual(asked.slice(0, 2));
    expect(doneCount(world)).toBe(4);
  });

  it('for want of capacity and whose answer is lost still moves to the next offer', async () => {
    let asked = 0;
    const disturb = withClusters(({ create }) => ({
      create: async (request) => {
        asked += 1;
        if (asked === 1) throw new CapacityUnavailable('just taken');
        return create(request);
      },
    }));
    let lost = false;
    const world = aVirtualWorld({
      disturb: (ports) => {
        const disturbed = disturb(ports);
        return {
          ...disturbed,
          ledger: {
            ...disturbed.ledger,
            write: async (write) => {
              const written = await disturbed.ledger.write(write);
              const refused = write.set?.some(([path]) => path === 'refusedOffers');
              if (!refused || lost) return written;
              lost = true;
              throw new Error('the function died');
            },
          },
        };
      },
    });
    await sendTasks(world, 4);
    await runUntilOver(world, { tasks: 4, withinHours: 1.5 });
    expect(lost).toBe(true);
    expect(leasesOf(world)).toHaveLength(1);
    expect(leasesOf(world)[0]?.segment).toBe(1);
    expect(doneCount(world)).toBe(4);
  });

  it('for good closes the burst with the provider’s reason and releases the money', async () => {
    let refusing = true;
    const disturb = withClusters(({ create }) => ({
      create: async (request) => {
        if (refusing) throw new ProviderRefused('image not allowed');
        return create(request);
      },
    }));
    const world = aVirtualWorld({ disturb });
    await sendTasks(world, 4);
    await world.run({ forSeconds: 60 });
    expect(executionsOf(world)[0]).toMatchObject({ status: 'FAILED', error: 'ProviderRefused' });
    expect(leasesOf(world)[0]).toMatchObject({ phase: 'settled', billedMicroUsd: 0 });
    refusing = false;
    await runUntilOver(world, { tasks: 4 });
    expect(doneCount(world)).toBe(4);
  });
});

describe('a create whose answer is lost', () => {
  it.each([
    ['a provider that says it does not know', () => new CreateOutcomeUnknown('no clear answer')],
    ['a connection that broke', () => new Error('socket hang up')],
  ])(
    'after it bought is adopted as soon as the list shows the cluster: %s',
    async (_who, error) => {
      const calls: ClusterRequest[] = [];
      const disturb = withClusters(({ create }) => ({
        create: async (request) => {
          calls.push(request);
          const id = await create(request);
          if (calls.length === 1) throw error();
          return id;
        },
      }));
      const world = aVirtualWorld({ disturb });
      await sendTasks(world, 4);
      await runUntilOver(world, { tasks: 4 });
      expect(calls).toHaveLength(1);
      expect(world.market.all()).toHaveLength(1);
      expect(doneCount(world)).toBe(4);
      const [lease] = leasesOf(world);
      const [intent] = lease?.intents ?? [];
      expect(intent).toMatchObject({ kind: 'create', attempt: 1, outcome: 'granted' });
      const adopted = world.logged.find(({ facts }) => String(facts.reason).startsWith('adopted'));
      expect(adopted).toBeDefined();
      const settings = testSettings();
      const readyBy = lease?.readyBy ?? never();
      const adoptedAt = plusSeconds(readyBy, -settings.clusters.provisioningSeconds);
      const waited = secondsBetween(intent?.at ?? never(), adoptedAt);
      expect(waited).toBeLessThan(quarantineSeconds(settings) / 2);
    },
  );

  it('before it bought is made once more, after the quarantine', async () => {
    const at: number[] = [];
    const world = aVirtualWorld({
      disturb: withClusters(({ create }) => ({
        create: async (request) => {
          at.push(world.timers.now());
          if (at.length === 1) throw new Error('socket hang up');
          return create(request);
        },
      })),
    });
    await sendTasks(world, 4);
    await runUntilOver(world, { tasks: 4 });
    const [first = 0, second = 0] = at;
    expect(at).toHaveLength(2);
    expect((second - first) / 1000).toBeGreaterThanOrEqual(quarantineSeconds(testSettings()));
    expect(leasesOf(world)[0]?.intents.map(({ outcome }) => outcome)).toEqual([
      'absent',
      'granted',
    ]);
    expect(world.market.all()).toHaveLength(1);
  });
});

const never = (): never => {
  throw new Error('no intent was written');
};

describe('a create that is throttled', () => {
  it('is asked again at once: its answer says that nothing was bought', async () => {
    const askedAt: number[] = [];
    const disturb = withClusters(({ create }) => ({
      create: async (request) => {
        askedAt.push(world.timers.now());
        if (askedAt.length === 1) throw new Throttled('too many calls');
        return create(request);
      },
    }));
    const world = aVirtualWorld({ disturb });
    await sendTasks(world, 4);
    await runUntilOver(world, { tasks: 4 });
    expect(doneCount(world)).toBe(4);
    expect(leasesOf(world)).toHaveLength(1);
    const [first = 0, second = 0] = askedAt;
    expect((second - first) / 1000).toBeLessThan(quarantineSeconds(testSettings()));
  });
});

describe('a cluster that does not become what was bought', () => {
  it('comes too late, is destroyed, and the next burst gets another', async () => {
    let ordered = 0;
    const behaviour = {
      provisioningSeconds: () => {
        ordered += 1;
        return ordered === 1 ? 100_000 : 300;
      },
    };
    const world = aVirtualWorld({ behaviour });
    await sendTasks(world, 4);
    await runUntilOver(world, { tasks: 4 });
    expect(doneCount(world)).toBe(4);
    expect(world.market.all()).toHaveLength(2);
    expect(executionsOf(world)[0]).toMatchObject({ status: 'FAILED', error: 'ClusterNotReady' });
  });

  it('stands on other hardware, is destroyed unused, and the next burst gets another', async () => {
    const disturb = (ports: Ports): Ports => ({
      ...ports,
      jobs: {
        ...ports.jobs,
        health: async (address) => {
          const answer = await ports.jobs.health(address);
          if (answer.kind !== 'answered' || !address.workerId.startsWith('c-1-')) return answer;
          const gpus = answer.value.gpus.map((gpu) => ({ ...gpu, model: 'NVIDIA T4' }));
          return { ...answer, value: { ...answer.value, gpus } };
        },
      },
    });
    const world = aVirtualWorld({ disturb });
    await sendTasks(world, 4);
    await runUntilOver(world, { tasks: 4 });
    expect(doneCount(world)).toBe(4);
    expect(tasksOf(world).map(({ burst }) => burst)).not.toContain(
      leasesOf(world).find(({ clusterId }) => clusterId === 'c-1')?.burstId,
    );
    const failed = executionsOf(world)[0];
    const failedLease = leasesOf(world).find(({ clusterId }) => clusterId === 'c-1');
    expect(failed?.error).toBe('ClusterNotReady');
    expect(failed?.cause).toContain('NVIDIA T4');
    expect(world.market.all()[0]?.phase).toBe('DELETED');
    const { workers, gpuModel } = failedLease?.offer ?? {};
    expect(world.logged.filter(({ event }) => event === 'other hardware')).toMatchObject([
      { facts: { clusterId: 'c-1', paid: `${workers} x 1 ${gpuModel}` } },
    ]);
  });
});

describe('a cap', () => {
  it('that is reached leaves tasks waiting with that reason, and cuts nothing that runs', async () => {
    const caps = { dayMicroUsd: 1_000_000 };
    const world = aVirtualWorld({
      startAt: '2026-01-01T20:00:00.000Z',
      settings: { caps, clusters: { maxWorkers: 2, secondsPerSlot: 40 } },
    });
    await sendTasks(world, 8);
    await world.run({ forSeconds: 420 });
    await sendTasks(world, 8, { from: 9, vramGb: 48 });
    await world.run({ forSeconds: 3 * 3600 });
    const done = tasksOf(world).filter(({ status }) => status === 'done');
    expect(done.map(({ taskId }) => taskId).toSorted()).toEqual(
      Array.from({ length: 8 }, (_, n) => `token-${n + 1}`),
    );
    expect(
      profilesOf(world)
        .map(({ cooldownReason }) => cooldownReason ?? '')
        .join(),
    ).toMatch(/budget: .* are left of the day#2026-01-01 cap/);
    expect(world.market.all()).toHaveLength(1);
    await runUntilOver(world, { tasks: 16, withinHours: 30 });
    expect(doneCount(world)).toBe(16);
  });

  it('that is too low for all that is wanted rents what it pays for, instead of nothing every day', async () => {
    const wanted = aVirtualWorld({ settings: { clusters: { maxWorkers: 4, secondsPerSlot: 40 } } });
    await sendTasks(wanted, 16);
    await wanted.run({ forSeconds: 420 });
    const [whole] = wanted.market.all();
    const { workers = 0 } = whole?.request.offer ?? {};
    expect(workers).toBeGreaterThan(1);
    const all = whole === undefined ? 0 : wanted.market.chargedMicroUsd(whole);

    const caps = { dayMicroUsd: all - 1 };
    const world = aVirtualWorld({
      settings: { caps, clusters: { maxWorkers: 4, secondsPerSlot: 40 } },
    });
    await sendTasks(world, 16);
    await world.run({ forSeconds: 420 });
    expect(world.market.all()[0]?.request.offer.workers).toBe(workers - 1);
    await runUntilOver(world, { tasks: 16, withinHours: 30 });
    expect(doneCount(world)).toBe(16);
  });
});
