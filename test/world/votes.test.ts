import { describe, expect, it } from 'vitest';
import { runProgram } from '../../infra/virtual/programs.ts';
import { container } from '../../shared/kinds/container.ts';
import { readQuarantine } from '../../shared/ledger/provider.ts';
import { castVote } from '../../shared/ledger/votes.ts';
import { BurstId, jobIdOf, TaskId, Tenant, WorkerId } from '../../shared/model/ids.ts';
import { aContainerSpec, CONTAINER_IMAGE, containerSpec } from '../kinds/container/make.ts';
import { BURST } from '../support/burst-rows.ts';
import {
  aVirtualWorld,
  batchesOf,
  jobsOfWorld,
  leasesOf,
  runUntilOver,
  tasksOf,
} from '../support/virtual-bursts.ts';

type Options = NonNullable<Parameters<typeof aVirtualWorld>[0]>;

/** A world that allows one container image, with batches of two tasks. */
const aWorld = ({ settings = {}, ...more }: Options = {}) =>
  aVirtualWorld({
    settings: {
      containers: [CONTAINER_IMAGE],
      batches: { maxTasks: 2 },
      clusters: { secondsPerSlot: 1000 },
      ...settings,
    },
    ...more,
  });
type World = ReturnType<typeof aWorld>;

async function send({ queue }: World, count: number, verification: object): Promise<void> {
  for (let n = 1; n <= count; n += 1) {
    const spec = containerSpec({ args: [`${n}`], verification });
    const body = { taskId: `run-${n}`, kind: 'container', spec, estimatedSeconds: 10 };
    await queue.send([{ id: '1', body: JSON.stringify(body) }]);
  }
}

const TWICE = { policy: 'redundancy', k: 2 };

/** This worker delivers something else, every time. */
const lies = (liar: RegExp): Pick<Options, 'produce'> => ({
  produce: (task, _resume, workerId) => {
    if (!liar.test(workerId)) return runProgram(task);
    return { files: new Map(task.uploads.map(({ name }) => [name, Buffer.from('a lie')])) };
  },
});

const howDone = (world: World) =>
  tasksOf(world).map(({ status, verifiedBy }) => [status, verifiedBy]);
const workersPerBatch = (world: World) =>
  batchesOf(world).map(({ batchId }) =>
    jobsOfWorld(world)
      .filter(({ batches }) => batches.some((one) => one.batchId === batchId))
      .map(({ worker }) => worker),
  );
const isPutAside = async ({ ledger }: World, worker: string) =>
  (await readQuarantine(ledger, WorkerId.parse(worker))) !== undefined;

describe('tasks of which two workers must deliver the same', () => {
  it('are done on one cluster of two, once by each, without an attempt being counted', async () => {
    const world = aWorld();
    await send(world, 4, TWICE);
    await runUntilOver(world, { tasks: 4 });
    expect(howDone(world)).toEqual(Array(4).fill(['done', 'redundancy-2']));
    expect(world.market.all().map(({ request }) => request.offer.workers)).toEqual([2]);
    for (const workers of workersPerBatch(world)) {
      expect(workers.toSorted()).toEqual(['c-1-w1', 'c-1-w2']);
    }
    expect(batchesOf(world).map(({ attempts }) => attempts)).toEqual([0, 0]);
  });

  it('are done by three when one lies, and that one gets no more work', async () => {
    const world = aWorld({
      ...lies(/^c-1-w2$/),
      settings: { clusters: { secondsPerSlot: 10, maxWorkers: 3 } },
    });
    await send(world, 6, TWICE);
    await runUntilOver(world, { tasks: 6 });
    expect(howDone(world)).toEqual(Array(6).fill(['done', 'redundancy-2']));
    for (const { files = [] } of tasksOf(world)) {
      const kept = await world.artifacts.get(files[0]?.key ?? '', { maxBytes: 100 });
      expect(kept.found && Buffer.from(kept.object.bytes).toString()).not.toBe('a lie');
    }
    expect(await isPutAside(world, 'c-1-w2')).toBe(true);
    expect(await isPutAside(world, 'c-1-w1')).toBe(false);
    const dissenters = tasksOf(world).map(({ evidence }) => evidence?.dissenters);
    expect(dissenters).toContain('1');
  });

  it('that two workers disagree on are decided by the next cluster', async () => {
    const world = aWorld({ ...lies(/^c-1-w1$/), settings: { clusters: { maxWorkers: 2 } } });
    await send(world, 2, TWICE);
    await runUntilOver(world, { tasks: 2 });
    expect(howDone(world)).toEqual(Array(2).fill(['done', 'redundancy-2']));
    expect(leasesOf(world)).toHaveLength(2);
    expect(jobsOfWorld(world)).toHaveLength(3);
    expect(await isPutAside(world, 'c-1-w1')).toBe(true);
  });

  it('fail when all workers ever asked disagree, after a bounded number of them', async () => {
    const settings = { clusters: { maxWorkers: 2 }, batches: { maxTasks: 2, maxAttempts: 3 } };
    let runs = 0;
    const world = aWorld({
      settings,
      produce: ({ uploads }) => {
        runs += 1;
        return { files: new Map(uploads.map(({ name }) => [name, Buffer.from(`${runs}`)])) };
      },
    });
    await send(world, 1, TWICE);
    await runUntilOver(world, { tasks: 1, withinHours: 12 });
    expect(tasksOf(world)[0]).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^verification-failed: 4 workers delivered 4 different/),
    });
    expect(runs).toBe(4);
  });

  it('survive the loss of a worker: its vote stays, and the next cluster casts the other', async () => {
    const world = aWorld({ taskSeconds: () => 40, settings: { clusters: { maxWorkers: 2 } } });
    await send(world, 2, TWICE);
    await world.run({
      forSeconds: 3600,
      done: () => jobsOfWorld(world).some(({ votes }) => votes > 0),
    });
    for (const worker of world.market.all()[0]?.workers.values() ?? []) worker.kill();
    await runUntilOver(world, { tasks: 2 });
    expect(howDone(world)).toEqual(Array(2).fill(['done', 'redundancy-2']));
    expect(leasesOf(world)).toHaveLength(2);
  });

  it('go on where their job ran out of time, on the same two workers', async () => {
    const world = aWorld({
      taskSeconds: () => 250,
      settings: {
        clusters: { maxWorkers: 2 },
        batches: { maxTasks: 4 },
        lease: { jobSeconds: 600 },
      },
    });
    await send(world, 4, TWICE);
    await runUntilOver(world, { tasks: 4 });
    expect(howDone(world)).toEqual(Array(4).fill(['done', 'redundancy-2']));
    const jobs = jobsOfWorld(world).map(({ worker, tasks, reported }) => [worker, tasks, reported]);
    // Each does every task once: what it has delivered is not asked of it again.
    expect(jobs).toEqual([
      ['c-1-w1', 4, 'interrupted'],
      ['c-1-w1', 2, 'succeeded'],
      ['c-1-w2', 4, 'interrupted'],
      ['c-1-w2', 2, 'succeeded'],
    ]);
    expect(leasesOf(world)).toHaveLength(1);
  });
});

describe('a worker that has a vote on every task of a batch', () => {
  it('is passed over, should the batch come back to it', async () => {
    const world = aWorld();
    const spec = aContainerSpec({ args: ['1'], verification: TWICE });
    const lie = container.verify(spec, new Map([['result.bin', Buffer.from('a lie')]]));
    if (lie.verified !== 'vote') throw new Error('this task is decided by votes');
    const [worker, burst] = [WorkerId.parse('c-1-w1'), BurstId.parse(BURST)];
    const vote = { worker, digest: lie.digest, job: jobIdOf(burst, 1), burst, slotSeconds: 1 };
    const [tenant, taskId] = [Tenant.parse('default'), TaskId.parse('run-1')];
    await castVote(world.ledger, tenant, taskId, { ...vote, at: world.ports.clock.now() });
    await send(world, 1, TWICE);
    await runUntilOver(world, { tasks: 1 });
    expect(howDone(world)).toEqual([['done', 'redundancy-2']]);
    expect(jobsOfWorld(world).map((job) => job.worker)).not.toContain('c-1-w1');
    expect(await isPutAside(world, 'c-1-w1')).toBe(true);
  });
});

describe('tasks that are the word of one worker', () => {
  it('are done once each, and say so', async () => {
    const world = aWorld();
    await send(world, 4, { policy: 'worker-declared' });
    await runUntilOver(world, { tasks: 4 });
    expect(howDone(world)).toEqual(Array(4).fill(['done', 'worker-declared']));
    expect(workersPerBatch(world).map(({ length }) => length)).toEqual([1, 1]);
  });
});
