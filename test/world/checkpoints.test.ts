import { describe, expect, it } from 'vitest';
import type { VirtualWorld } from '../../infra/virtual/world.ts';
import {
  aVirtualWorld,
  checkpointsOf,
  jobsOfWorld,
  runUntilOver,
  sendDelay,
  tasksOf,
} from '../support/virtual-bursts.ts';

const MINUTE = 60;

/** A world in which every task takes `minutes` of a slot from its beginning to its end. */
const aWorldOf = (minutes: number, settings = {}) =>
  aVirtualWorld({ taskSeconds: () => minutes * MINUTE, settings });

const secretsOf = ({ artifacts }: VirtualWorld) =>
  artifacts.keys().filter((key) => /\/(inputs|checkpoints|uploads)\//.test(key));

const newestSequence = (world: VirtualWorld) => checkpointsOf(world)[0]?.newest?.sequence ?? 0;

const slotMinutes = (world: VirtualWorld) =>
  jobsOfWorld(world).reduce((sum, { slotSeconds }) => sum + slotSeconds, 0) / MINUTE;

describe('a task that is longer than a job', () => {
  it('goes on in further jobs from its checkpoints, and none of them costs an attempt', async () => {
    const world = aWorldOf(150);
    await sendDelay(world, 'long', { stages: 30, estimatedSeconds: 150 * MINUTE });
    await runUntilOver(world, { tasks: 1, withinHours: 12 });
    const [task] = tasksOf(world);
    expect(task).toMatchObject({ status: 'done', verifiedBy: 'proof', attempts: 1 });
    const jobs = jobsOfWorld(world);
    expect(jobs.length).toBeGreaterThanOrEqual(6);
    expect(jobs.map(({ status }) => status)).toEqual(jobs.map(() => 'ended'));
    // At most one stage is done twice per job: the one its deadline interrupted.
    expect(slotMinutes(world)).toBeLessThanOrEqual(150 + jobs.length * 5);
    expect(secretsOf(world)).toEqual([]);
  });

  it('without a stage that fits into a job uses its attempts up, and says so', async () => {
    const world = aWorldOf(400, { batches: { maxAttempts: 2 } });
    await sendDelay(world, 'too-coarse', { stages: 2, estimatedSeconds: 400 * MINUTE });
    await runUntilOver(world, { tasks: 1, withinHours: 24 });
    expect(tasksOf(world)[0]).toMatchObject({ status: 'failed', attempts: 2 });
    expect(tasksOf(world)[0]?.reason).toMatch(/interrupted: out of time/);
  });
});

describe('a worker that dies in the middle of a task with checkpoints', () => {
  it('costs the stage it was at: another worker goes on from the last one', async () => {
    const world = aWorldOf(20);
    await sendDelay(world, 'resumed', { stages: 20, estimatedSeconds: 20 * MINUTE });
    await world.run({ forSeconds: 7200, done: () => newestSequence(world) >= 15 });
    for (const worker of world.market.all()[0]?.workers.values() ?? []) worker.kill();
    await runUntilOver(world, { tasks: 1, withinHours: 12 });
    const [task] = tasksOf(world);
    expect(task).toMatchObject({ status: 'done', verifiedBy: 'proof', attempts: 2 });
    expect(task?.resumed?.sequence).toBeGreaterThanOrEqual(15);
    expect(task?.resumed?.workSeconds).toBeGreaterThanOrEqual(14 * MINUTE);
    const last = jobsOfWorld(world).find(({ jobId }) => jobId === task?.job);
    expect(last?.slotSeconds).toBeLessThanOrEqual(6 * MINUTE);
    expect(secretsOf(world)).toEqual([]);
  });
});
