import { describe, expect, it } from 'vitest';
import {
  aVirtualWorld,
  batchesOf,
  jobsOfWorld,
  runUntilOver,
  sendDelay,
  sendTasks,
  tasksOf,
} from '../support/virtual-bursts.ts';

const MINUTE = 60;

describe('a task that may take so long at a time', () => {
  it('fails after its attempts where it takes longer, and says so; its neighbours are done', async () => {
    const world = aVirtualWorld({
      taskSeconds: ({ taskId }) => (taskId === 'token-2' ? 10 * MINUTE : 10),
      settings: { batches: { maxTasks: 4, maxAttempts: 2 } },
    });
    await sendTasks(world, 3, { timeoutSeconds: 2 * MINUTE });
    await runUntilOver(world, { tasks: 3, withinHours: 12 });
    const ended = tasksOf(world).map(({ taskId, status }) => [taskId, status]);
    expect(Object.fromEntries(ended)).toEqual({
      ...{ 'token-1': 'done', 'token-2': 'failed', 'token-3': 'done' },
    });
    const late = tasksOf(world).find(({ taskId }) => taskId === 'token-2');
    expect(late?.attempts).toBe(2);
    expect(late?.reason).toMatch(/^task-failed: 1 tasks failed, the first with timeout/);
    for (const { slotSeconds } of jobsOfWorld(world)) {
      expect(slotSeconds).toBeLessThanOrEqual(2 * MINUTE + 20);
    }
    expect(batchesOf(world).flatMap(({ tasks }) => tasks)).toContainEqual(
      expect.objectContaining({ taskId: 'token-2', timeoutSeconds: 2 * MINUTE }),
    );
  });

  it('goes on from its checkpoint in a further attempt at no cost, as long as it gets further', async () => {
    const world = aVirtualWorld({ taskSeconds: () => 25 * MINUTE });
    const times = { estimatedSeconds: 25 * MINUTE, timeoutSeconds: 5 * MINUTE };
    await sendDelay(world, 'long', { stages: 25, ...times });
    await runUntilOver(world, { tasks: 1, withinHours: 12 });
    expect(tasksOf(world)[0]).toMatchObject({ status: 'done', verifiedBy: 'proof', attempts: 1 });
    const jobs = jobsOfWorld(world);
    expect(jobs.length).toBeGreaterThanOrEqual(5);
    for (const { slotSeconds } of jobs) expect(slotSeconds).toBeLessThan(5 * MINUTE + 1);
  });
});
