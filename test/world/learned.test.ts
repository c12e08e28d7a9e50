import { describe, expect, it } from 'vitest';
import { teach } from '../../lambdas/teardown/teach.ts';
import { StageInput } from '../../shared/model/burst.ts';
import { PaceRow } from '../../shared/model/rows.ts';
import { secondsBetween } from '../../shared/model/time.ts';
import {
  aVirtualWorld,
  jobsOfWorld,
  leasesOf,
  runUntilOver,
  sendTasks,
  tasksOf,
} from '../support/virtual-bursts.ts';

/** The kind estimates 10 s for such a picture, and it takes 40; a slot is wanted for two batches of four. */
const slowerThanEstimated = (more: Parameters<typeof aVirtualWorld>[0] = {}) =>
  aVirtualWorld({
    settings: {
      batches: { maxTasks: 4, estimateFactor: 3200 },
      clusters: { secondsPerSlot: 80, maxWorkers: 8 },
    },
    taskSeconds: () => 40,
    ...more,
  });

type World = ReturnType<typeof aVirtualWorld>;
const pacesOf = (world: World) =>
  world.ledger
    .rows()
    .filter(({ pk }) => pk === 'K#nft.generative')
    .map((row) => PaceRow.parse(row));
const newest = (world: World) =>
  leasesOf(world).toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0];
const plans = (world: World) =>
  world.logged.flatMap(({ event, facts }) =>
    event === 'Plan burst' && facts.next === 'provision' ? [String(facts.reason)] : [],
  );

describe('a settled burst', () => {
  it('teaches how long tasks take, and the next plan buys for that', async () => {
    const settles: unknown[] = [];
    const world = slowerThanEstimated({
      onInvoke: (_stage, input) => {
        if (StageInput.safeParse(input).data?.state === 'Settle') settles.push(input);
      },
    });
    await sendTasks(world, 16, { estimatedSeconds: 'by its kind' });
    await runUntilOver(world, { tasks: 16 });
    expect(leasesOf(world)[0]?.offer?.workers).toBe(2);
    const [first, ...others] = pacesOf(world);
    expect([first?.bursts, first?.weight, others]).toEqual([1, 1, []]);
    expect(Math.exp(first?.logSum ?? 0)).toBeCloseTo(4, 1);

    await sendTasks(world, 16, { from: 17, estimatedSeconds: 'by its kind' });
    await world.run({ forSeconds: 3600, done: () => newest(world)?.phase === 'provisioning' });
    // The cube root of four, by one burst.
    expect(plans(world)).toEqual([
      expect.stringMatching(
        /^2 x .* last as estimated; nine in ten like it come within 647 s \(0 seen\)$/,
      ),
      expect.stringMatching(
        /^4 x .* last 1\.58\d times what was estimated, by this GPU here; .* \(1 seen\)$/,
      ),
    ]);
    await runUntilOver(world, { tasks: 32 });
    expect(leasesOf(world)).toHaveLength(2);
    expect(pacesOf(world).map(({ bursts }) => bursts)).toEqual([2]);

    const before = world.ledger.rows();
    for (const input of settles) {
      const answer = await world.stages.teardown(input, { remainingSeconds: () => 60 });
      expect(answer).toMatchObject({ next: 'superseded' });
    }
    expect(settles).toHaveLength(2);
    expect(world.ledger.rows()).toEqual(before);
  });

  it('teaches nothing of what its sender estimated, and counts once where two teach at a time', async () => {
    const world = slowerThanEstimated();
    await sendTasks(world, 4, { estimatedSeconds: 10 });
    await runUntilOver(world, { tasks: 4 });
    expect(jobsOfWorld(world).map(({ paceOf }) => paceOf)).toEqual([undefined]);
    expect(pacesOf(world)).toEqual([]);

    await sendTasks(world, 4, { from: 5, estimatedSeconds: 'by its kind' });
    await runUntilOver(world, { tasks: 8 });
    const lease = newest(world);
    if (lease === undefined) throw new Error('there was a burst');
    const { ports } = world;
    const now = ports.clock.now();
    const both = [teach(ports, lease, now), teach(ports, lease, now)];
    await Promise.all(both);
    expect(pacesOf(world).map(({ bursts }) => bursts)).toEqual([2]);
  });

  it('ends well where what it teaches cannot be written', async () => {
    const world = slowerThanEstimated({
      disturb: (ports) => ({
        ...ports,
        ledger: {
          ...ports.ledger,
          write: async (write) => {
            if (write.key.pk === 'K#nft.generative') throw new Error('throttled');
            return ports.ledger.write(write);
          },
        },
      }),
    });
    await sendTasks(world, 4, { estimatedSeconds: 'by its kind' });
    await runUntilOver(world, { tasks: 4 });
    expect(pacesOf(world)).toEqual([]);
    expect(world.logged.filter(({ event }) => event === 'nothing learned')).toHaveLength(1);
  });
});

it('a cluster twice as late as nine in ten are is no longer counted on, and given up at its own time', async () => {
  let ordered = 0;
  const world = aVirtualWorld({
    behaviour: { provisioningSeconds: () => (++ordered === 1 ? Number.POSITIVE_INFINITY : 300) },
  });
  await sendTasks(world, 4);
  await runUntilOver(world, { tasks: 4 });
  expect(tasksOf(world).map(({ status }) => status)).toEqual(Array(4).fill('done'));
  const [late, second, ...more] = leasesOf(world).toSorted((a, b) =>
    a.createdAt < b.createdAt ? -1 : 1,
  );
  expect([late?.usualSeconds, late?.readyAt, more]).toEqual([647, undefined, []]);
  if (late?.createdClusterAt === undefined || second === undefined) throw new Error('two leases');
  const waited = secondsBetween(late.createdClusterAt, second.createdAt);
  expect(waited).toBeGreaterThan(2 * 647);
  expect(waited).toBeLessThanOrEqual(2 * 647 + 60);
});
