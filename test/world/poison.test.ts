import { expect, it } from 'vitest';
import { perform } from '../../infra/virtual/perform.ts';
import {
  aVirtualWorld,
  batchesOf,
  jobsOfWorld,
  runUntilOver,
  sendTasks,
  tasksOf,
} from '../support/virtual-bursts.ts';

const POISON = 'token-1';

it('a task that ends every worker it is given to fails alone, and its neighbours are done', async () => {
  const world = aVirtualWorld({
    settings: {
      batches: { maxTasks: 4, splitAfterAttempts: 1, maxAttempts: 2 },
      clusters: { secondsPerSlot: 10 },
    },
    produce: (task, resume) => (task.taskId === POISON ? { kills: true } : perform(task, resume)),
  });
  await sendTasks(world, 4);
  await runUntilOver(world, { tasks: 4 });
  const failed = tasksOf(world).filter(({ status }) => status !== 'done');
  expect(failed.map(({ taskId, status }) => [taskId, status])).toEqual([[POISON, 'failed']]);
  expect(failed[0]?.reason).toMatch(/^worker-lost: .*\(attempt 4\)$/);
  const its = batchesOf(world).filter(({ tasks }) => tasks.some(({ taskId }) => taskId === POISON));
  expect(its.map(({ tasks, status }) => [tasks.length, status])).toEqual([
    [4, 'split'],
    [2, 'split'],
    [1, 'done'],
  ]);
  // A job that waits behind it at its worker is lost with it.
  const lost = jobsOfWorld(world).filter(({ status }) => status === 'lost');
  expect(lost.length).toBeGreaterThanOrEqual(4);
  expect(lost.length).toBeLessThan(8);
});
