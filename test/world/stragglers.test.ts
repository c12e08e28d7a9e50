import { expect, it } from 'vitest';
import { busySeconds } from '../../infra/bench/slow-burst.ts';
import { secondsBetween } from '../../shared/model/time.ts';
import {
  aVirtualWorld,
  jobsOfWorld,
  leasesOf,
  runUntilOver,
  sendTasks,
  tasksOf,
} from '../support/virtual-bursts.ts';

const WORKERS = 20;
const SECONDS = 240;
/** One worker in twenty takes eight times as long. */
const isSlow = (workerId: string) => workerId.endsWith('-w7');

/** A burst of twenty workers with one task each: from its submission to its end, and seconds of slots. */
async function burstWith(duplicateShare: number) {
  const world = aVirtualWorld({
    settings: {
      allowedLocations: ['US'],
      batches: { maxTasks: 1, duplicateShare },
      clusters: { maxWorkers: WORKERS, secondsPerSlot: SECONDS, quorum: 1 },
      lease: { jobSeconds: 3000 },
    },
    taskSeconds: (_task, workerId) => SECONDS * (isSlow(workerId) ? 8 : 1),
  });
  const work = { estimatedSeconds: SECONDS, gpuModels: ['RTX 4090'] };
  await sendTasks(world, WORKERS, work);
  await runUntilOver(world, { tasks: WORKERS });
  const tasks = tasksOf(world);
  expect(tasks.filter(({ status }) => status !== 'done')).toEqual([]);
  const [lease, ...others] = leasesOf(world);
  expect([lease?.workers.length, others.length]).toEqual([WORKERS, 0]);
  const jobs = jobsOfWorld(world);
  const from = jobs[0]?.submittedAt;
  const seconds = tasks.flatMap(({ endedAt }) =>
    from && endedAt ? secondsBetween(from, endedAt) : [],
  );
  seconds.sort((a, b) => a - b);
  return {
    jobs,
    lease,
    p99Seconds: seconds[Math.ceil(0.99 * seconds.length) - 1] ?? 0,
    slotSeconds: jobs.reduce((sum, job) => sum + busySeconds(job), 0),
  };
}

it('one worker in twenty that takes eight times as long: p99 halves for at most a twentieth more slot time', async () => {
  const without = await burstWith(0);
  const again = await burstWith(0.05);
  expect(again.p99Seconds).toBeLessThanOrEqual(without.p99Seconds / 2);
  expect(again.slotSeconds).toBeLessThanOrEqual(without.slotSeconds * 1.05);
  const duplicates = again.jobs.filter(({ reissueOf }) => reissueOf !== undefined);
  expect(duplicates).toHaveLength(1);
  const slow = again.jobs.find(({ jobId }) => jobId === duplicates[0]?.reissueOf);
  expect([slow?.reported, isSlow(slow?.worker ?? '')]).toEqual(['cancelled', true]);
  expect(again.lease?.duplicateSeconds).toBe(SECONDS);
  expect(without.jobs.filter(({ reissueOf }) => reissueOf !== undefined)).toEqual([]);
});
