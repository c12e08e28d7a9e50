import { describe, expect, it } from 'vitest';
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

/** Runs until the first cluster has workers and one of its jobs has uploaded something. */
async function untilFirstUploads(world: ReturnType<typeof aVirtualWorld>) {
  await world.run({
    forSeconds: 3600,
    done: () => world.artifacts.keys().some((key) => key.includes('/uploads/')),
  });
}

const workersOf = (world: ReturnType<typeof aVirtualWorld>, cluster = 0) => [
  ...(world.market.all()[cluster]?.workers.values() ?? []),
];

const allDone = (world: ReturnType<typeof aVirtualWorld>) =>
  expect(tasksOf(world).filter(({ status }) => status !== 'done')).toEqual([]);

describe('a worker that dies', () => {
  it('keeps what it finished, and the rest is done elsewhere', async () => {
    const world = aVirtualWorld({ taskSeconds: () => 40 });
    await sendTasks(world, 8);
    await untilFirstUploads(world);
    workersOf(world)[0]?.kill();
    await runUntilOver(world, { tasks: 8 });
    allDone(world);
    const lost = jobsOfWorld(world).filter(({ status }) => status === 'lost');
    expect(lost).toHaveLength(1);
    const byLost = tasksOf(world).filter(({ job }) => job === lost[0]?.jobId);
    expect(byLost.length).toBeGreaterThan(0);
    expect(byLost.length).toBeLessThan(4);
    expect(
      batchesOf(world)
        .map(({ attempts }) => attempts)
        .toSorted(),
    ).toEqual([0, 1]);
  });

  it('before it uploads any of more tasks than one look verifies holds nothing up', async () => {
    const world = aVirtualWorld({
      taskSeconds: () => 40,
      settings: { batches: { maxTasks: 4 }, limits: { verifyPerLook: 2 } },
    });
    await sendTasks(world, 8);
    await world.run({ forSeconds: 3600, done: () => workersOf(world).length > 0 });
    await world.run({ forSeconds: 60 });
    workersOf(world)[0]?.kill();
    await runUntilOver(world, { tasks: 8 });
    allDone(world);
  });
});

describe('a worker that freezes and thaws', () => {
  it('has its late reports and its late results refused and counted', async () => {
    const world = aVirtualWorld({ taskSeconds: () => 60 });
    await sendTasks(world, 8);
    await untilFirstUploads(world);
    const [frozen] = workersOf(world);
    frozen?.freeze();
    await world.run({ forSeconds: 600 });
    expect(jobsOfWorld(world).some(({ status }) => status === 'lost')).toBe(true);
    frozen?.thaw();
    await runUntilOver(world, { tasks: 8 });
    allDone(world);
    const late = jobsOfWorld(world).find(({ status }) => status === 'lost');
    expect(late?.refusedReports).toBeGreaterThan(0);
    expect(late?.refusedResults).toBeGreaterThan(0);
    expect(leasesOf(world)[0]?.workers.every(({ lostAt }) => lostAt === undefined)).toBe(true);
  });
});

describe('a cluster that somebody else deletes', () => {
  it.each([
    ['its silent workers give it away', 60, 'WorkersLost'],
    ['the provider’s list gives it away', 1800, 'ClusterGone'],
  ])(
    'costs its burst, and another burst does the rest: %s',
    async (_how, lostAfterSeconds, name) => {
      const settings = { looks: { lostAfterSeconds } };
      const world = aVirtualWorld({ taskSeconds: () => 60, settings });
      await sendTasks(world, 8);
      await untilFirstUploads(world);
      const [first] = world.market.all();
      if (first !== undefined) await world.market.clusters.destroy(first.id);
      await runUntilOver(world, { tasks: 8 });
      allDone(world);
      expect(world.market.all()).toHaveLength(2);
      const lost = leasesOf(world).find(({ clusterId }) => clusterId === first?.id);
      expect(lost?.failure?.Error).toBe(name);
    },
  );
});

describe('a worker whose results are wrong', () => {
  it('gets no more work, and its tasks are done elsewhere', async () => {
    const world = aVirtualWorld({ disturb: forgeries('-w1') });
    await sendTasks(world, 8);
    await runUntilOver(world, { tasks: 8 });
    allDone(world);
    const rejected = jobsOfWorld(world).filter(({ rejectedResults }) => rejectedResults > 0);
    expect(rejected.length).toBeGreaterThan(0);
    for (const { worker } of rejected) expect(worker).toMatch(/-w1$/);
    const kept = new Set(tasksOf(world).map(({ job }) => job));
    const honest = jobsOfWorld(world).filter(({ jobId }) => kept.has(jobId));
    for (const { worker } of honest) expect(worker).not.toMatch(/-w1$/);
  });
});

/** Uploads of jobs on a worker read as other bytes. */
const forgeries =
  (worker: string) =>
  (ports: Ports): Ports => {
    const jobs = new Set<string>();
    return {
      ...ports,
      jobs: {
        ...ports.jobs,
        submit: async (address, job) => {
          if (address.workerId.endsWith(worker)) jobs.add(job.jobId);
          return ports.jobs.submit(address, job);
        },
      },
      artifacts: {
        ...ports.artifacts,
        get: async (key, limit) => {
          const fetched = await ports.artifacts.get(key, limit);
          const forged = [...jobs].some(
            (jobId) => key.includes('/uploads/') && key.includes(`/${jobId}/`),
          );
          if (!fetched.found || !forged) return fetched;
          return { found: true, object: { ...fetched.object, bytes: new Uint8Array([1]) } };
        },
      },
    };
  };
