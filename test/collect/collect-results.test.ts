import { describe, expect, it } from 'vitest';
import { collect } from '../../lambdas/collect.ts';
import { renderToken } from '../../shared/kinds/nft/render-token.ts';
import { NftSpec } from '../../shared/kinds/nft/spec.ts';
import { jobsOf } from '../../shared/ledger/jobs.ts';
import { readQuarantine } from '../../shared/ledger/provider.ts';
import { acceptTask, endTask, readTask } from '../../shared/ledger/tasks.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { manifestKey, uploadKey } from '../../shared/model/artifact-keys.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { type ManifestTask, manifestText } from '../../shared/model/job.ts';
import { plusSeconds } from '../../shared/model/time.ts';
import type { Value } from '../../shared/ports.ts';
import { aBatch, aJob, aLease, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const lease = aLease();
const batch = aBatch(1, {
  status: 'claimed',
  batchFence: 1,
  burst: lease.burstId,
  tasks: [0, 1, 2].map((line) => ({ taskId: `task-1-${line}`, line, unitSeconds: 10 })),
});
const { jobId } = aJob(1);
const collection = { name: 'Test', seed: 'abc', supply: 9, size: 64 };
const specOf = (index: number) => ({ collection, tokenId: index + 1 });

/** A job of three tasks on record, with its manifest, and one verification per look. */
async function aCollect(job: Parameters<typeof aJob>[1], verifyPerLook = 1) {
  let now = NOW;
  const clock = { now: () => now };
  const [ledger, artifacts] = [memoryLedger(), memoryArtifacts({ clock })];
  const put = (
    pk: string,
    sk: string,
    { settled, uploaded, collected, ...row }: Record<string, unknown>,
  ) =>
    ledger.write({
      key: { pk, sk },
      when: [],
      set: Object.entries(row).filter(([, value]) => value !== undefined) as [string, Value][],
      add: uploaded instanceof Set && uploaded.size > 0 ? [['uploaded', uploaded]] : [],
    });
  const tasks = batch.tasks.map(
    ({ taskId }, index): ManifestTask => ({
      line: index,
      batchId: batch.batchId,
      batchFence: 1,
      index,
      taskId,
      attempt: 1,
      kind: batch.kind,
      spec: specOf(index),
      uploads: [],
    }),
  );
  const text = manifestText(jobId, tasks);
  const key = manifestKey(lease.tenant, jobId, sha256Of(text));
  await artifacts.put(key, { bytes: Buffer.from(text), contentType: 'application/x-ndjson' });
  await put(`L#${lease.burstId}`, '#', lease);
  await put(`P#default#${lease.profile}`, `B#${batch.batchId}`, batch);
  const named = { manifestKey: key, manifestSha256: sha256Of(text) };
  await put(`L#${lease.burstId}`, 'J#000001', aJob(1, { tasks: 3, ...named, ...job }));
  for (const { taskId } of batch.tasks) {
    const { tenant, profile, batchId, kind } = batch;
    const body = { bodySha256: sha256Of(taskId), now: at(-600) };
    await acceptTask(ledger, { tenant, taskId, kind, profile, batch: batchId, ...body });
  }
  const settings = testSettings({ limits: { verifyPerLook } });
  const stage = collect({ ledger, artifacts, clock, log: () => {} }, settings);
  const { burstId, paidUntil } = lease;
  const burst = { v: 1, burstId, segment: 1, leaseFence: 1, lookUntil: paidUntil };
  return {
    ledger,
    artifacts,
    task: (index: number) => readTask(ledger, lease.tenant, batch.tasks[index]?.taskId as never),
    job: async () => (await jobsOf(ledger, lease.burstId))[0],
    look: (
      waiting: { waitSeconds?: number; quietLooks?: number } = {},
      remainingSeconds: () => number = () => 60,
    ) => stage({ state: 'Collect results', burst: { ...burst, ...waiting } }, { remainingSeconds }),
    /** Each further call of the clock comes so much later. */
    slow: (seconds: number) => {
      clock.now = () => {
        const before = now;
        now = plusSeconds(now, seconds);
        return before;
      };
    },
    upload: async (index: number, change = (bytes: Uint8Array) => bytes) => {
      for (const [name, bytes] of renderToken(NftSpec.parse(specOf(index))).files) {
        const taskId = batch.tasks[index]?.taskId as never;
        const object = { bytes: change(bytes), contentType: 'image/png' };
        await artifacts.put(uploadKey(lease.tenant, taskId, jobId, name), object);
      }
    },
  };
}

describe('uploads of a job that runs', () => {
  it('are verified a bounded number at a time, until none is unread', async () => {
    const { look, upload, task } = await aCollect({ uploaded: new Set([0, 1]) });
    await upload(0);
    await upload(1);
    expect(await look()).toMatchObject({ next: 'collect' });
    expect(await look()).toMatchObject({ next: 'run' });
    const statuses = await Promise.all([0, 1, 2].map(async (n) => (await task(n))?.status));
    expect(statuses).toEqual(['done', 'done', 'accepted']);
  });

  it('are read and written side by side, and verified in order', async () => {
    const three = await aCollect({ uploaded: new Set([0, 1, 2]) }, 50);
    for (const index of [0, 1, 2]) await three.upload(index);
    const { get, put } = three.artifacts;
    let [inFlight, most] = [0, 0];
    const counted =
      <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
        return call(...args);
      };
    Object.assign(three.artifacts, { get: counted(get), put: counted(put) });
    expect(await three.look()).toMatchObject({ next: 'run' });
    expect(most).toBe(3);
    const statuses = await Promise.all([0, 1, 2].map(async (n) => (await three.task(n))?.status));
    expect(statuses).toEqual(['done', 'done', 'done']);
  });

  it('are left for the next look where an invocation has no time for them', async () => {
    const { look, upload, task } = await aCollect({ uploaded: new Set([0, 1, 2]) }, 50);
    for (const index of [0, 1, 2]) await upload(index);
    // Asked before the first is read and before the second and the third is verified.
    const left = [60, 10, 9.9];
    expect(await look({}, () => left.shift() ?? 0)).toMatchObject({ next: 'collect' });
    const statuses = await Promise.all([0, 1, 2].map(async (n) => (await task(n))?.status));
    expect(statuses).toEqual(['done', 'done', 'accepted']);
    expect(await look()).toMatchObject({ next: 'run' });
    expect((await task(2))?.status).toBe('done');
  });

  it('count as they were when they were verified, whatever is uploaded later', async () => {
    const { look, upload, task, artifacts } = await aCollect({ uploaded: new Set([0]) });
    await upload(0);
    await look();
    await upload(0, () => new Uint8Array([1]));
    await look();
    for (const { key, sha256 } of (await task(0))?.files ?? []) {
      const kept = await artifacts.get(key, { maxBytes: 1_000_000 });
      expect(kept.found && sha256Of(kept.object.bytes)).toBe(sha256);
    }
    expect(await task(0)).toMatchObject({ status: 'done', verifiedBy: 're-render' });
  });

  it.each([
    ['other bytes', () => new Uint8Array([1])],
    ['more bytes than the file may have', () => new Uint8Array(1_000_000)],
  ])('that are %s end nothing, and their worker is put aside', async (_what, change) => {
    const { look, upload, task, job, ledger } = await aCollect({ uploaded: new Set([0]) });
    await upload(0, change);
    expect(await look()).toMatchObject({ next: 'run' });
    expect(await task(0)).toMatchObject({ status: 'accepted' });
    expect(await job()).toMatchObject({ rejectedResults: 1 });
    expect((await readQuarantine(ledger, workerNamed(1)))?.quarantinedUntil).toBe(at(3600));
  });

  it('of a task that ended meanwhile are refused and counted, and nothing of them is kept', async () => {
    const { look, upload, task, job, artifacts, ledger } = await aCollect({
      uploaded: new Set([0]),
    });
    await upload(0);
    const ended = batch.tasks[0]?.taskId as never;
    await endTask(ledger, lease.tenant, ended, { status: 'cancelled' }, at(-1));
    await look();
    expect(await task(0)).toMatchObject({ status: 'cancelled' });
    expect(await job()).toMatchObject({ refusedResults: 1 });
    expect(artifacts.keys().filter((key) => key.includes('/results/'))).toEqual([]);
  });
});

describe('uploads of a job that was lost', () => {
  it('are looked for behind lines that were never uploaded, in one look', async () => {
    const { look, upload, task, job } = await aCollect({ status: 'lost' });
    await upload(2);
    expect(await look()).toMatchObject({ next: 'run' });
    expect(await task(2)).toMatchObject({ status: 'done' });
    expect(await job()).toMatchObject({ salvaged: true, collected: new Set([2]) });
  });
});

describe('a task that its worker calls a bad specification', () => {
  it('fails at once with that reason, and no other task of the job does', async () => {
    const { look, task, job } = await aCollect({
      failures: [{ line: 1, class: 'bad-spec', message: 'the collection has no name' }],
    });
    expect(await look()).toMatchObject({ next: 'run' });
    expect(await task(1)).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('bad-input: the collection has no name'),
    });
    expect(await task(0)).toMatchObject({ status: 'accepted' });
    expect((await job())?.collected).toEqual(new Set([1]));
  });
});

describe('behind it', () => {
  const waiting = { waitSeconds: 90, quietLooks: 2 };

  it('the burst waits on as the look before would have, when Run has nothing to do', async () => {
    const { look, upload, job } = await aCollect({ uploaded: new Set([0]), unreadSince: at(-130) });
    await upload(0);
    expect(await look(waiting)).toMatchObject({ next: 'wait', ...waiting });
    expect((await job())?.unreadSince).toBeUndefined();
  });

  it('it waits as much less as Collect took', async () => {
    const { look, upload, slow } = await aCollect({ uploaded: new Set([0]) });
    await upload(0);
    slow(20);
    const { next, waitSeconds } = await look(waiting);
    expect(next).toBe('wait');
    expect(waitSeconds).toBeGreaterThanOrEqual(1);
    expect(waitSeconds).toBeLessThanOrEqual(70);
  });

  it('uploads that are left keep the wait, and the time since they lie there', async () => {
    const { look, upload, job } = await aCollect({
      ...{ uploaded: new Set([0, 1]), unreadSince: at(-130) },
    });
    await upload(0);
    await upload(1);
    expect(await look(waiting)).toMatchObject({ next: 'collect', ...waiting });
    expect((await job())?.unreadSince).toBe(at(-130));
    expect(await look(waiting)).toMatchObject({ next: 'wait', ...waiting });
  });

  it.each<[string, Parameters<typeof aJob>[1], readonly number[], object]>([
    ['the look before had something for it', { uploaded: new Set([0]) }, [0], {}],
    ['a file is not there', { uploaded: new Set([0]) }, [], waiting],
    [
      'the job ended',
      { uploaded: new Set([0, 1, 2]), collected: new Set([0, 1]), reported: 'succeeded' },
      [2],
      waiting,
    ],
    [
      'the job is lost',
      { uploaded: new Set([0, 1, 2]), collected: new Set([0, 1]), status: 'lost' },
      [2],
      waiting,
    ],
  ])('Run follows when %s', async (_what, change, files, before) => {
    const { look, upload } = await aCollect(change);
    for (const index of files) await upload(index);
    const answer = await look(before);
    expect(answer.next).toBe('run');
    expect(answer.waitSeconds).toBeUndefined();
  });
});
