import { expect } from 'vitest';
import { sha256Of } from '../../shared/model/digest.ts';
import { executionName } from '../../shared/model/ids.ts';
import type { IntakeWorld } from './world.ts';

/**
 * What must hold once intake has finished: every task is listed by exactly one live batch, with its body;
 * its profile knows the batch; one burst is open for it, with a lease and a running execution.
 */
export async function expectPlaced(world: IntakeWorld, taskIds: readonly string[]): Promise<void> {
  const batches = world.batches();
  const tasks = world.tasks();
  expect(tasks.map(({ taskId }) => taskId).sort()).toEqual(taskIds.toSorted());
  expect(batches.flatMap((batch) => batch.tasks.map(({ taskId }) => taskId)).sort()).toEqual(
    taskIds.toSorted(),
  );
  for (const task of tasks) {
    expect(task.status).toBe('accepted');
    const batch = batches.find(({ batchId }) => batchId === task.batch);
    expect(batch?.tasks.map(({ taskId }) => taskId)).toContain(task.taskId);
  }
  for (const batch of batches) {
    expect(batch.status).toBe('open');
    const stored = await world.artifacts.get(batch.bodiesKey, { maxBytes: 1e9 });
    if (!stored.found) throw new Error(`no bodies for ${batch.batchId}`);
    const lines = Buffer.from(stored.object.bytes).toString('utf8').trimEnd().split('\n');
    for (const { taskId, line } of batch.tasks) {
      expect(sha256Of(lines[line] ?? '')).toBe(
        tasks.find((task) => task.taskId === taskId)?.bodySha256,
      );
    }
    const profile = world.profiles().find((one) => one.profile === batch.profile);
    expect(profile?.oldestOpen !== undefined && profile.oldestOpen <= batch.batchId).toBe(true);
  }
  const used = world
    .profiles()
    .filter(({ profile }) => batches.some((one) => one.profile === profile));
  const opened = used.map(({ bursts }) => bursts.map(({ burstId }) => burstId));
  for (const bursts of opened) expect(bursts).toHaveLength(1);
  const bursts = opened.flat().sort();
  expect(
    world
      .leases()
      .map(({ burstId }) => burstId)
      .sort(),
  ).toEqual(bursts);
  expect([...world.executions.keys()].sort()).toEqual(bursts.map((id) => executionName(id, 1)));
}
