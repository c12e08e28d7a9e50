import { describe, expect, it } from 'vitest';
import { settleTasks } from '../../shared/ledger/batches.ts';
import { endTask } from '../../shared/ledger/tasks.ts';
import type { Ports } from '../../shared/ports.ts';
import {
  aVirtualWorld,
  batchesOf,
  jobsOfWorld,
  leasesOf,
  runUntilOver,
  sendTasks,
  tasksOf,
} from '../support/virtual-bursts.ts';

type World = ReturnType<typeof aVirtualWorld>;

/** What a dApp's cancellation does: the task row, then its batch. */
async function cancel(world: World, ...numbers: number[]) {
  const { ledger, ports } = world;
  for (const batch of batchesOf(world)) {
    for (const [index, { taskId }] of batch.tasks.entries()) {
      if (!numbers.some((n) => taskId === `token-${n}`)) continue;
      await endTask(ledger, batch.tenant, taskId, { status: 'cancelled' }, ports.clock.now());
      await settleTasks(ledger, batch, new Set([index]), { cancelled: true });
    }
  }
}

const byStatus = (world: World, status: string) =>
  tasksOf(world)
    .filter((task) => task.status === status)
    .map(({ taskId }) => taskId)
    .toSorted();

describe('a task that is cancelled', () => {
  it('before its batch is claimed is never sent to a worker', async () => {
    const world = aVirtualWorld();
    await sendTasks(world, 4);
    await world.run({ forSeconds: 60 });
    await cancel(world, 2);
    await runUntilOver(world, { tasks: 4 });
    expect(byStatus(world, 'cancelled')).toEqual(['token-2']);
    expect(byStatus(world, 'done')).toHaveLength(3);
    expect(jobsOfWorld(world).map(({ tasks }) => tasks)).toEqual([3]);
  });

  it('while its job runs is done for nothing, refused, and stays cancelled', async () => {
    const world = aVirtualWorld({ taskSeconds: () => 60 });
    await sendTasks(world, 4);
    await world.run({ forSeconds: 3600, done: () => jobsOfWorld(world).length > 0 });
    await cancel(world, 1);
    await runUntilOver(world, { tasks: 4 });
    expect(byStatus(world, 'cancelled')).toEqual(['token-1']);
    expect(jobsOfWorld(world).map(({ refusedResults }) => refusedResults)).toEqual([1]);
  });

  it('with all others of its job stops the job, however many batches that has', async () => {
    const world = aVirtualWorld({
      taskSeconds: () => 300,
      settings: { batches: { maxTasks: 2 }, clusters: { maxWorkers: 1 } },
    });
    await sendTasks(world, 4);
    await world.run({ forSeconds: 3600, done: () => jobsOfWorld(world).length > 0 });
    expect(jobsOfWorld(world)[0]?.batches).toHaveLength(2);
    await world.run({ forSeconds: 30 });
    await cancel(world, 1, 2, 3, 4);
    await runUntilOver(world, { tasks: 4 });
    expect(byStatus(world, 'cancelled')).toHaveLength(4);
    expect(jobsOfWorld(world).map(({ reported }) => reported)).toEqual(['cancelled']);
    const uploads = world.artifacts.keys().filter((key) => key.includes('/uploads/'));
    expect(uploads.every((key) => key.includes('/token-1/'))).toBe(true);
  });

  it('before anything was bought ends its burst without a cluster', async () => {
    const world = aVirtualWorld();
    await sendTasks(world, 1);
    await world.run({ forSeconds: 5, done: () => tasksOf(world).length > 0 });
    await cancel(world, 1);
    await runUntilOver(world, { tasks: 1 });
    expect(leasesOf(world).length).toBeLessThanOrEqual(1);
  });
});

/** A provider that acknowledges every delete and does nothing, until it is told to. */
const deaf =
  (state: { deaf: boolean }) =>
  (ports: Ports): Ports => ({
    ...ports,
    clusters: {
      ...ports.clusters,
      destroy: async (id) => {
        if (!state.deaf) await ports.clusters.destroy(id);
      },
    },
  });

describe('a cluster that does not end', () => {
  it('is asked again until it does', async () => {
    const state = { deaf: true };
    const world = aVirtualWorld({
      disturb: deaf(state),
      settings: { lease: { drainBeforeSeconds: 3000 } },
    });
    await sendTasks(world, 1);
    await world.run({ forSeconds: 1200 });
    expect(leasesOf(world)[0]?.phase).toBe('tearing-down');
    state.deaf = false;
    await runUntilOver(world, { tasks: 1 });
    expect(world.market.all()[0]?.phase).toBe('DELETED');
  });

  it('is left to the reaper when patience is spent; then its lease is settled with the whole bill', async () => {
    const state = { deaf: true };
    const world = aVirtualWorld({
      disturb: deaf(state),
      settings: { lease: { drainBeforeSeconds: 3000 }, limits: { confirmLooks: 3 } },
    });
    await sendTasks(world, 1);
    await world.run({ forSeconds: 1500 });
    expect(leasesOf(world)[0]?.phase).toBe('teardown-owed');
    const [execution] = world.machine.list().executions;
    expect(world.machine.describe(execution?.executionArn ?? '').error).toBe('TeardownOwed');
    state.deaf = false;
    await runUntilOver(world, { tasks: 1 });
    expect(world.logged.some(({ event }) => event === 'orphan destroyed')).toBe(true);
    expect(leasesOf(world)[0]).toMatchObject({ phase: 'settled', segment: 2 });
  });
});

describe('a second cluster of a burst’s name', () => {
  it('is destroyed by the reaper, and the burst’s own is not', async () => {
    const world = aVirtualWorld({ taskSeconds: () => 60 });
    await sendTasks(world, 4);
    await world.run({ forSeconds: 400 });
    const [own] = world.market.all();
    if (own !== undefined) await world.market.clusters.create(own.request);
    await world.run({ forSeconds: 600 });
    const [, surplus] = world.market.all();
    expect(surplus?.phase).toBe('DELETED');
    expect(own?.phase).toBe('RUNNING');
    expect(tasksOf(world).filter(({ status }) => status === 'done')).toHaveLength(4);
  });

  it('that is not ours by name is never touched', async () => {
    const world = aVirtualWorld();
    await sendTasks(world, 1);
    await world.run({ forSeconds: 400 });
    const request = world.market.all()[0]?.request;
    if (request !== undefined)
      await world.market.clusters.create({ ...request, name: 'my-own-machine' });
    await world.run({ forSeconds: 1800 });
    expect(world.market.all().map(({ phase }) => phase)).toEqual(['RUNNING', 'RUNNING']);
  });
});
