import { describe, expect, it } from 'vitest';
import { manifestTasks } from '../../lambdas/run/manifest.ts';
import { runJobs } from '../../lambdas/run/run-jobs.ts';
import { readBatch } from '../../shared/ledger/batches.ts';
import { moveCheckpoint, noteResume, readCheckpoints } from '../../shared/ledger/checkpoints.ts';
import { changeProfile, ensureProfile } from '../../shared/ledger/profiles.ts';
import { acceptTask } from '../../shared/ledger/tasks.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { BurstDocument } from '../../shared/model/burst.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { TaskId } from '../../shared/model/ids.ts';
import type { BatchRow, StoredCheckpoint } from '../../shared/model/rows.ts';
import type { Jobs, Ledger } from '../../shared/ports.ts';
import { containerSpec } from '../kinds/container/make.ts';
import { aVdf } from '../kinds/vdf/make.ts';
import { aBatch, aJob, aLease, at, BURST, NOW, workerNamed } from '../support/burst-rows.ts';
import { putRow } from '../support/put-row.ts';
import { noCluster, noWorker, unasked } from '../support/unasked.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const { tenant, profile, requirement } = aLease();
const burst = BurstDocument.parse({
  ...{ v: 1, burstId: BURST, segment: 1, leaseFence: 1, lookUntil: at(900) },
});
const clock = { now: () => NOW };
const takesAll: Jobs = {
  ...noWorker,
  submit: async () => ({ kind: 'answered', value: { accepted: true } }),
};

/** A burst of two free workers, with a ledger of its own and bodies for every task. */
async function burstWith(kind: string, spec: object) {
  const ledger = memoryLedger({ staleIndex: false });
  const artifacts = memoryArtifacts({ clock });
  await putRow(ledger, `L#${BURST}`, '#', aLease());
  const empty = await ensureProfile(ledger, profile, requirement);
  const arrive = async (n: number, more: Partial<BatchRow> = {}) => {
    const batch = { ...aBatch(n), kind, bodiesKey: `t/default/bodies/${n}`, ...more };
    const bodies = batch.tasks.map(({ taskId }) => JSON.stringify({ taskId, kind, spec }));
    const bytes = Buffer.from(bodies.join('\n'));
    await artifacts.put(batch.bodiesKey, { bytes, contentType: 'application/x-ndjson' });
    for (const { taskId } of batch.tasks) {
      const row = { tenant, taskId, kind, bodySha256: sha256Of(''), profile, batch: batch.batchId };
      await acceptTask(ledger, { ...row, now: at(-60) });
    }
    await putRow(ledger, `P#${tenant}#${profile}`, `B#${batch.batchId}`, batch);
    return batch;
  };
  const announce = (n: number) =>
    changeProfile(ledger, empty, { oldestOpen: aBatch(n).batchId, dueAt: NOW });
  const run = (through: Ledger, jobs: Jobs) => {
    const ports = { ledger: through, artifacts, jobs, clock, log: () => undefined };
    const others = { bursts: { start: unasked }, clusters: noCluster };
    return runJobs({ ...ports, ...others }, settings)(aLease(), burst, NOW);
  };
  const batchNow = (n: number) => readBatch(ledger, tenant, profile, aBatch(n).batchId);
  return { ledger, artifacts, arrive, announce, run, batchNow };
}

const jobKey = (n: number) => [`L#${BURST}`, `J#${String(n).padStart(6, '0')}`] as const;

describe('a Run that another has followed', () => {
  it('cancels no job of what arrived while it hung', async () => {
    const world = await burstWith('container', containerSpec());
    let hangs = true;
    const ledger: Ledger = {
      ...world.ledger,
      async query(range) {
        // Its successor takes up a batch that was announced after this one has begun.
        if (hangs && range.pk === `L#${BURST}`) {
          hangs = false;
          const { batchId } = aBatch(1);
          await world.announce(1);
          await world.arrive(1, { status: 'claimed', batchFence: 1, burst: aLease().burstId });
          const batches = [{ batchId, batchFence: 1 }];
          await putRow(world.ledger, ...jobKey(1), aJob(1, { batches }));
        }
        return world.ledger.query(range);
      },
    };
    expect(await world.run(ledger, takesAll)).toMatchObject({ next: 'wait' });
    expect(await world.batchNow(1)).toMatchObject({ status: 'claimed', batchFence: 1 });
  });

  it('submits nothing beyond a number that the other took', async () => {
    const world = await burstWith('container', containerSpec());
    await world.announce(1);
    for (const n of [1, 2]) await world.arrive(n);
    const ledger: Ledger = {
      ...world.ledger,
      async write(write) {
        const [pk, sk] = jobKey(1);
        if (write.key.pk === pk && write.key.sk === sk) {
          const theirs = { worker: workerNamed(2), batches: [], manifestSha256: 'cd'.repeat(32) };
          await putRow(world.ledger, pk, sk, aJob(1, theirs));
        }
        return world.ledger.write(write);
      },
    };
    const jobs = { ...takesAll, submit: unasked };
    expect(await world.run(ledger, jobs)).toMatchObject({ next: 'wait' });
    expect(await world.batchNow(1)).toMatchObject({ status: 'open', batchFence: 2, attempts: 0 });
    expect(await world.batchNow(2)).toMatchObject({ status: 'open', batchFence: 0 });
  });
});

describe('a checkpoint that three jobs went on from in vain', () => {
  const taskId = TaskId.parse('task-1-0');
  const stored = (sequence: number): StoredCheckpoint => ({
    ...{ key: `t/default/checkpoints/${sequence}`, sha256: sha256Of(`${sequence}`), bytes: 9 },
    ...{ fence: 1, sequence, stage: `${sequence}`, workSeconds: sequence, acceptedAt: at(-60) },
  });

  /** What the next job goes on from; `meanwhile`, between the look at the checkpoint and its drop. */
  async function nextFrom(meanwhile: (ledger: Ledger) => Promise<unknown>) {
    const world = await burstWith('vdf.wesolowski', aVdf());
    const batch = await world.arrive(1, {
      ...{ status: 'claimed', batchFence: 4, tasks: aBatch(1).tasks.slice(0, 1) },
    });
    await moveCheckpoint(world.ledger, tenant, taskId, undefined, stored(1));
    for (let n = 0; n < 3; n += 1) await noteResume(world.ledger, tenant, taskId, 1);
    const ledger: Ledger = {
      ...world.ledger,
      async read(key) {
        const row = await world.ledger.read(key);
        if (row?.resumes !== undefined) await meanwhile(world.ledger);
        return row;
      },
    };
    const ports = {
      ledger,
      artifacts: world.artifacts,
      jobs: takesAll,
      clock,
      log: () => undefined,
    };
    const others = { bursts: { start: unasked }, clusters: noCluster };
    const job = { jobId: aJob(1).jobId, worker: workerNamed(1), urlSeconds: 600 };
    const [task] = await manifestTasks({ ...ports, ...others }, [batch], job);
    return task?.checkpoint?.resume?.sequence;
  }

  it('is dropped, and the next one begins anew', async () => {
    expect(await nextFrom(async () => undefined)).toBeUndefined();
  });

  it('is left for a newer one that came just then', async () => {
    const newer = async (ledger: Ledger) => {
      const seen = await readCheckpoints(ledger, tenant, taskId);
      await moveCheckpoint(ledger, tenant, taskId, seen, stored(2));
    };
    expect(await nextFrom(newer)).toBe(2);
  });
});
