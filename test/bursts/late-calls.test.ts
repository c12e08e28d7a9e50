import { describe, expect, it } from 'vitest';
import { finishTask } from '../../lambdas/collect/finish-task.ts';
import { closeBurst } from '../../lambdas/plan/close-burst.ts';
import { lookAtJob } from '../../lambdas/poll/look-at-job.ts';
import { extendLease } from '../../lambdas/provision/extend-lease.ts';
import { returnOrphans } from '../../lambdas/run/tidy.ts';
import { sweepBatches } from '../../lambdas/sweep/batches.ts';
import { sweepLeases } from '../../lambdas/sweep/leases.ts';
import { settle } from '../../lambdas/teardown/settle.ts';
import { changeHolding } from '../../shared/bursts/change-holding.ts';
import { keepLimits } from '../../shared/bursts/keep-limits.ts';
import { kindNamed } from '../../shared/kinds/kinds.ts';
import { readBatch } from '../../shared/ledger/batches.ts';
import { LookOvertaken, readLease } from '../../shared/ledger/leases.ts';
import { holdMoney, readMoney } from '../../shared/ledger/money.ts';
import { changeProfile, ensureProfile, readProfile } from '../../shared/ledger/profiles.ts';
import { acceptTask, readTask } from '../../shared/ledger/tasks.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { BurstDocument } from '../../shared/model/burst.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { TaskId } from '../../shared/model/ids.ts';
import type { BatchRow, JobRow } from '../../shared/model/rows.ts';
import type { Jobs, Ports } from '../../shared/ports.ts';
import { containerSpec } from '../kinds/container/make.ts';
import { aBatch, aJob, aLease, at, BURST, NOW, workerNamed } from '../support/burst-rows.ts';
import { putRow } from '../support/put-row.ts';
import { noCluster, noWorker, unasked } from '../support/unasked.ts';
import { testSettings } from '../support/virtual-bursts.ts';

/**
 * An invocation that was given up runs on for a while, or begins late: what it read has been acted on by its
 * successor. Each of these was possible once.
 */

const settings = testSettings();
const { tenant, profile, requirement } = aLease();
const burst = BurstDocument.parse({
  ...{ v: 1, burstId: BURST, segment: 1, leaseFence: 1, lookUntil: at(900) },
});
const log = () => {};
const clock = { now: () => NOW };

/** A burst on its profile, with these rows. */
async function burstWith(rows: {
  readonly lease?: Parameters<typeof aLease>[0];
  readonly batches?: readonly BatchRow[];
  readonly jobs?: readonly JobRow[];
}) {
  const ledger = memoryLedger({ staleIndex: false });
  const lease = aLease(rows.lease);
  await putRow(ledger, `L#${BURST}`, '#', lease);
  const empty = await ensureProfile(ledger, profile, requirement);
  await changeProfile(ledger, empty, {
    bursts: [{ burstId: lease.burstId, slots: 2, state: 'open', openedAt: at(-1800) }],
    oldestOpen: aBatch(1).batchId,
    dueAt: NOW,
  });
  for (const batch of rows.batches ?? []) {
    await putRow(ledger, `P#${tenant}#${profile}`, `B#${batch.batchId}`, batch);
  }
  for (const job of rows.jobs ?? []) {
    await putRow(ledger, `L#${BURST}`, `J#${String(job.n).padStart(6, '0')}`, job);
  }
  return {
    ledger,
    lease,
    leaseNow: async () => readLease(ledger, lease.burstId),
    batchNow: async () => readBatch(ledger, tenant, profile, aBatch(1).batchId),
  };
}

const claimed = (more: object = {}): BatchRow =>
  aBatch(1, { status: 'claimed', batchFence: 1, burst: BURST, job: aJob(1).jobId, ...more });

describe('Extend lease', () => {
  const { extendBeforeSeconds } = settings.lease;
  const offered = { look: 7, quotedMicroUsd: 600_000 };

  async function extended(lease: Parameters<typeof aLease>[0]) {
    const world = await burstWith({ lease: { ...offered, ...lease } });
    let bought = 0;
    const clusters = {
      ...noCluster,
      extend: async () => {
        bought += 1;
      },
    };
    const ports = { ledger: world.ledger, clusters };
    const step = await extendLease(ports, settings, { remainingSeconds: () => 600 })(
      ...([world.lease, burst, NOW] as const),
    );
    return { ...world, step, bought };
  }

  it('buys the term that is due', async () => {
    const { bought, leaseNow } = await extended({ paidUntil: at(extendBeforeSeconds) });
    expect(bought).toBe(1);
    expect(await leaseNow()).toMatchObject({ terms: 2, holds: [{ term: 2, attempt: 7 }] });
  });

  it('buys no second one where another call has just bought it', async () => {
    const { bought, step, leaseNow } = await extended({
      ...{ terms: 2, paidUntil: at(extendBeforeSeconds + 1) },
    });
    expect({ bought, step }).toEqual({
      bought: 0,
      step: { next: 'run', reason: 'no term is due' },
    });
    expect(await leaseNow()).toMatchObject({ terms: 2, holds: [] });
  });

  it('takes a hold of its own, which an attempt that runs on does not give back', async () => {
    const world = await burstWith({});
    const earlier = { term: 2, day: NOW.slice(0, 10), microUsd: 600_000, attempt: 5 };
    const lease = { ...offered, paidUntil: at(600), holds: [earlier] };
    await putRow(world.ledger, `L#${BURST}`, '#', aLease(lease));
    await holdMoney(world.ledger, settings, { ...aLease(lease), ...earlier }, NOW);
    const ports = { ledger: world.ledger, clusters: { ...noCluster, extend: async () => {} } };
    const invocation = { remainingSeconds: () => 600 };
    await extendLease(ports, settings, invocation)(aLease(lease), burst, NOW);
    expect(await world.leaseNow()).toMatchObject({ holds: [{ term: 2, attempt: 7 }] });
    for (const scope of ['stack', `day#${earlier.day}`, `tenant#${tenant}`]) {
      expect((await readMoney(world.ledger, scope))?.holds).toEqual({ [`${BURST}.2-7`]: 600_000 });
    }
  });
});

it.each([
  ['goes back at once where the lease names it no more', 8, {}],
  // The change may have been made and its answer lost: the one that followed relies on the hold.
  ['stays where the lease names it', 7, { [`${BURST}.2-7`]: 600_000 }],
])('money put aside by a look that another has followed %s', async (_, named, left) => {
  const hold = { term: 2, day: NOW.slice(0, 10), microUsd: 600_000, attempt: 7 };
  const { ledger } = await burstWith({ lease: { look: 8, holds: [{ ...hold, attempt: named }] } });
  const lease = aLease({ look: 7 });
  await holdMoney(ledger, settings, { ...lease, ...hold }, NOW);
  const late = changeHolding(ledger, settings, lease, hold, { terms: 2 });
  await expect(late).rejects.toThrow(LookOvertaken);
  expect((await readMoney(ledger, 'stack'))?.holds).toEqual(left);
});

describe('Check jobs', () => {
  it('asks nobody about a job on a worker it has not read yet, and leaves the job alone', async () => {
    const job = aJob(1, { worker: workerNamed(3) });
    const { ledger, lease, batchNow } = await burstWith({ batches: [claimed()], jobs: [job] });
    const looked = await lookAtJob({ ledger, jobs: noWorker, log }, settings, lease, job, NOW);
    expect(looked).toEqual({ job, news: false });
    expect(await batchNow()).toMatchObject({ status: 'claimed', batchFence: 1, attempts: 0 });
  });

  const silentFor = (seconds: number) => ({
    ...{ misses: settings.looks.lostAfterMisses - 1, firstMissAt: at(-seconds) },
  });
  const silent: Jobs = { ...noWorker, get: async () => ({ kind: 'silent', why: 'no answer' }) };

  it('gives no job up whose worker has answered since', async () => {
    const stale = aJob(1, silentFor(settings.looks.lostAfterSeconds));
    const heard = aJob(1, { answeredAt: at(-1) });
    const { ledger, lease, batchNow } = await burstWith({ batches: [claimed()], jobs: [heard] });
    const looked = await lookAtJob({ ledger, jobs: silent, log }, settings, lease, stale, NOW);
    expect(looked.job).toMatchObject({ status: 'running', answeredAt: at(-1) });
    expect(await batchNow()).toMatchObject({ status: 'claimed', attempts: 0 });
  });

  it('counts no silence of before the last answer', async () => {
    const stale = aJob(1, { misses: 1, firstMissAt: at(-30) });
    const heard = aJob(1, { answeredAt: at(-1) });
    const { ledger, lease } = await burstWith({ batches: [claimed()], jobs: [heard] });
    const looked = await lookAtJob({ ledger, jobs: silent, log }, settings, lease, stale, NOW);
    expect(looked.job).toMatchObject({ misses: 0, answeredAt: at(-1) });
  });
});

describe('Close burst', () => {
  const idle = { idleSince: at(-3600), paidUntil: at(600) };

  it('runs on where the burst has claimed what arrived since it was found idle', async () => {
    const { ledger, lease, leaseNow } = await burstWith({ lease: idle, batches: [claimed()] });
    const step = await closeBurst({ ledger, clock }, settings)(lease, burst, NOW);
    expect(step).toMatchObject({ next: 'run' });
    expect(await leaseNow()).toMatchObject({ phase: 'ready' });
  });

  it('closes beside what another burst has claimed', async () => {
    const theirs = claimed({ burst: `${BURST.slice(0, -1)}c` });
    const { ledger, lease, leaseNow } = await burstWith({ lease: idle, batches: [theirs] });
    const step = await closeBurst({ ledger, clock }, settings)(lease, burst, NOW);
    expect(step).toMatchObject({ next: 'tear-down' });
    expect(await leaseNow()).toMatchObject({ phase: 'closing' });
  });
});

describe('Run jobs', () => {
  it('takes no claim for forgotten that a Run has made which followed it', async () => {
    const { ledger, batchNow } = await burstWith({ lease: { look: 8 }, batches: [claimed()] });
    await returnOrphans({ ledger }, settings, aLease({ look: 7 }), [], [claimed()], NOW);
    expect(await batchNow()).toMatchObject({ status: 'claimed', batchFence: 1 });
  });

  it('gives a claim back that no job carries', async () => {
    const { ledger, lease, batchNow } = await burstWith({ batches: [claimed()] });
    await returnOrphans({ ledger }, settings, lease, [], [claimed()], NOW);
    expect(await batchNow()).toMatchObject({ status: 'open', batchFence: 2, attempts: 0 });
  });
});

describe('what is left half done', () => {
  const taskIds = aBatch(1).tasks.map(({ taskId }) => TaskId.parse(taskId));

  const sweepPorts = (ledger: Ports['ledger']) => ({
    ...{ ledger, clock, log, artifacts: memoryArtifacts({ clock }) },
    bursts: { start: unasked },
  });

  it.each([
    ['used up: its tasks are failed', true, 'failed'],
    ['not used up: it is tried again', undefined, 'accepted'],
  ] as const)('attempts of an open batch are %s', async (_, usedUp, status) => {
    const attempts = settings.batches.maxAttempts;
    const due = { dueOf: 'batch', dueAt: NOW } as const;
    const spent = { ...due, attempts, usedUp, lastReason: 'worker-lost: silent' };
    const { ledger, batchNow } = await burstWith({ batches: [aBatch(1, spent)] });
    for (const taskId of taskIds) {
      await acceptTask(ledger, {
        ...{ tenant, taskId, kind: 'nft.generative', bodySha256: sha256Of('') },
        ...{ profile, batch: aBatch(1).batchId, now: at(-600) },
      });
    }
    await sweepBatches(sweepPorts(ledger), settings, NOW);
    const task = await readTask(ledger, tenant, taskIds[0] ?? TaskId.parse('none'));
    expect(task?.status).toBe(status);
    if (status === 'failed') {
      expect(task?.reason).toBe(`worker-lost: silent (attempt ${attempts})`);
      expect((await batchNow())?.status).toBe('done');
    }
  });

  it('no Run is given a batch whose attempts are used up', async () => {
    const spent = { attempts: 3, usedUp: true, lastReason: 'worker-lost: silent' } as const;
    const { ledger, batchNow } = await burstWith({ batches: [aBatch(1, spent)] });
    expect(await keepLimits(ledger, settings, [aBatch(1, spent)], undefined, NOW)).toEqual([]);
    expect((await batchNow())?.status).toBe('done');
  });

  it('a burst given to the reaper leaves its profile and its claims, whoever died over it', async () => {
    const owed = { phase: 'teardown-owed', dueOf: 'lease', dueAt: NOW } as const;
    const { ledger, batchNow } = await burstWith({ lease: owed, batches: [claimed()] });
    await sweepLeases(sweepPorts(ledger), settings, NOW);
    expect((await readProfile(ledger, tenant, profile))?.bursts).toEqual([]);
    expect(await batchNow()).toMatchObject({ status: 'open', batchFence: 2 });
  });

  it('Settle gives back what a Run has claimed after the burst was closed', async () => {
    const gone = { phase: 'tearing-down', billedMicroUsd: 0, closeReason: 'idle' } as const;
    const { ledger, lease, leaseNow, batchNow } = await burstWith({
      ...{ lease: gone, batches: [claimed()] },
    });
    await settle({ ledger, clusters: noCluster, log }, settings)(lease, burst, NOW);
    expect(await leaseNow()).toMatchObject({ phase: 'settled' });
    expect(await batchNow()).toMatchObject({ status: 'open', batchFence: 2, attempts: 0 });
  });
});

it('a claim whose job number went to another job costs no attempt', async () => {
  const gone = { phase: 'tearing-down', billedMicroUsd: 0, closeReason: 'idle' } as const;
  const other = aJob(1, { batches: [{ batchId: aBatch(2).batchId, batchFence: 1 }] });
  const { ledger, lease, batchNow } = await burstWith({
    ...{ lease: gone, batches: [claimed()], jobs: [other] },
  });
  await settle({ ledger, clusters: noCluster, log }, settings)(lease, burst, NOW);
  expect(await batchNow()).toMatchObject({ status: 'open', attempts: 0 });
});

describe('Collect', () => {
  it('overwrites no accepted result with another one of the same job', async () => {
    const { ledger } = await burstWith({});
    const artifacts = memoryArtifacts({ clock });
    const taskId = TaskId.parse('task-1-0');
    const kind = 'container';
    await acceptTask(ledger, {
      ...{ tenant, taskId, kind, bodySha256: sha256Of(''), profile },
      ...{ batch: aBatch(1).batchId, now: at(-600) },
    });
    const spec = containerSpec({ outputs: [{ name: 'out', maxBytes: 100 }] });
    const read = kindNamed(kind)?.read(spec);
    if (read?.ok !== true) throw new Error('not a task');
    const enter = (text: string) =>
      finishTask(
        { ledger, artifacts, clock, log },
        tenant,
        { taskId, attempt: 1 },
        read.task,
        new Map([['out', Buffer.from(text)]]),
        { verifiedBy: 'structure', evidence: {}, burst: BURST, job: aJob(1).jobId, slotSeconds: 1 },
      );
    expect((await enter('as good')).kind).toBe('accepted');
    expect((await enter('as good, but later')).kind).toBe('accepted');
    const [file] = (await readTask(ledger, tenant, taskId))?.files ?? [];
    const fetched = await artifacts.get(file?.key ?? '', { maxBytes: 100 });
    expect(fetched.found && sha256Of(fetched.object.bytes)).toBe(file?.sha256);
    expect(artifacts.keys()).toEqual([file?.key]);
  });
});
