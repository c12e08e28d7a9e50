import { describe, expect, it } from 'vitest';
import {
  aVirtualWorld,
  leasesOf,
  runUntilOver,
  sendTasks,
  tasksOf,
} from '../support/virtual-bursts.ts';

describe('a whole burst', () => {
  it('turns tasks into verified results on one cluster and gives everything back', async () => {
    const world = aVirtualWorld();
    await sendTasks(world, 12);
    await runUntilOver(world, { tasks: 12 });
    expect(tasksOf(world).every(({ status }) => status === 'done')).toBe(true);
    expect(world.market.all()).toHaveLength(1);
    const { executions } = world.machine.list();
    expect(executions.map(({ status }) => status)).toEqual(['SUCCEEDED']);
  });

  it('keeps two profiles on two clusters', async () => {
    const world = aVirtualWorld();
    await sendTasks(world, 4, { vramGb: 24 });
    await sendTasks(world, 4, { vramGb: 48, from: 5 });
    await runUntilOver(world, { tasks: 8 });
    expect(tasksOf(world).every(({ status }) => status === 'done')).toBe(true);
    const models = world.market.all().map(({ hardware }) => hardware.name);
    expect(models.toSorted()).toEqual(['GeForce RTX 3090', 'L40']);
    expect(new Set(leasesOf(world).map(({ profile }) => profile)).size).toBe(2);
  });
});
