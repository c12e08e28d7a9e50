import { describe, expect, it } from 'vitest';
import { clientWorld, nftTasks, worldSettings } from './client-world.ts';

const sum = (amounts: readonly number[]) => amounts.reduce((total, one) => total + one, 0);

/** A world that has run four tasks and settled its clusters. */
async function settled() {
  const world = clientWorld({ settings: worldSettings({ batches: { maxTasks: 2 } }) });
  await world.client.enqueue(nftTasks(4));
  await world.run({ forSeconds: 6000 });
  return world;
}

describe('costs', () => {
  it('are the bills of the provider, to the micro-USD, by line and by task', async () => {
    const { client, market } = await settled();
    const { clusters, tasks } = await client.costs(['task-1', 'task-2', 'task-3', 'task-4']);
    const charged = sum(market.all().map((cluster) => market.chargedMicroUsd(cluster)));
    expect(charged).toBeGreaterThan(0);
    expect(sum(clusters.map(({ billedMicroUsd }) => billedMicroUsd))).toBe(charged);
    expect(sum(clusters.flatMap(({ lines }) => Object.values(lines)))).toBe(charged);
    expect(tasks.map(({ state }) => state)).toEqual(['billed', 'billed', 'billed', 'billed']);
    expect(sum(tasks.map((task) => (task.state === 'billed' ? task.billedMicroUsd : 0)))).toBe(
      charged,
    );
    expect(clusters[0]?.lines.work).toBeGreaterThan(0);
    expect(clusters[0]?.lines.idle).toBeGreaterThan(0);
  });

  it('are not known before the cluster is gone, and never for a task without a result', async () => {
    const world = clientWorld();
    const receipts = await world.client.enqueue(nftTasks(2));
    await world.run({ forSeconds: 10 });
    await world.client.cancel('task-2');
    await world.timers.settle(world.client.wait(receipts));
    expect(await world.client.costs(['task-2', 'task-1'])).toMatchObject({
      clusters: [],
      tasks: [
        { taskId: 'task-2', state: 'without-result' },
        { taskId: 'task-1', state: 'unbilled' },
      ],
    });
    await expect(world.client.costs(['no-such-task'])).rejects.toThrow('no task "no-such-task"');
  });
});
