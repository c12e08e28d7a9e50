import { describe, expect, it } from 'vitest';
import { BurstDocument } from '../../shared/model/burst.ts';
import { aVirtualWorld, leasesOf, runUntilOver, sendTasks, tasksOf } from '../support/virtual-bursts.ts';

/** Four days with a task an hour: what bounds the test is verifying results, not the machine. */
const HOURS = 96;

describe('a burst that is kept busy for days', () => {
  it('hands over before its history is full, and its segments are one burst', async () => {
    const world = aVirtualWorld({
      taskSeconds: () => 1500,
      settings: {
        clusters: { maxWorkers: 1, maxBursts: 1 },
        batches: { maxTasks: 1 },
        looks: { holdSeconds: 30 },
      },
    });
    for (let hour = 0; hour < HOURS; hour += 1) {
      await sendTasks(world, 2, { from: 1 + 2 * hour, estimatedSeconds: 1450 });
      await world.run({ forSeconds: 3600 });
    }
    await runUntilOver(world, { tasks: 2 * HOURS, withinHours: 12 });
    expect(tasksOf(world).filter(({ status }) => status !== 'done')).toEqual([]);
    expect(leasesOf(world)).toHaveLength(1);
    const { executions } = world.machine.list();
    console.log(executions.length, leasesOf(world).map(({ segment }) => segment));
    expect(executions.length).toBeGreaterThan(3);
    for (const { executionArn, status } of executions) {
      expect(status).toBe('SUCCEEDED');
      const { events } = world.machine.history(executionArn, { maxResults: 1, reverseOrder: true });
      expect(events[0]?.id).toBeLessThan(15_000);
    }
    void BurstDocument;
  });
});
