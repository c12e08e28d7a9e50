import { describe, expect, it } from 'vitest';
import { collect } from '../../lambdas/collect.ts';
import { jobsOf } from '../../shared/ledger/jobs.ts';
import { readQuarantine } from '../../shared/ledger/provider.ts';
import { acceptTask, endTask, readTask } from '../../shared/ledger/tasks.ts';
import { votesOf } from '../../shared/ledger/votes.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { manifestKey, uploadKey } from '../../shared/model/artifact-keys.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { jobIdOf, TaskId } from '../../shared/model/ids.ts';
import { type ManifestTask, manifestText } from '../../shared/model/job.ts';
import { JobRow } from '../../shared/model/rows.ts';
import type { Ports } from '../../shared/ports.ts';
import { containerSpec } from '../kinds/container/make.ts';
import { aBatch, aJob, aLease, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { putRow } from '../support/put-row.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const taskId = TaskId.parse('task-1-0');
const lease = aLease();
const { tenant, burstId, profile } = lease;
const batch = aBatch(1, { kind: 'container', tasks: [{ taskId, line: 0, unitSeconds: 10 }] });

/** Dies at the `n`th call of the ledger or the artifacts that changes something, after or before it. */
interface Death {
  readonly at: number;
  readonly done: boolean;
}

/** One task of which `k` workers must deliver the same, in the middle of its burst. */
async function aVote({ k = 2 }: { readonly k?: number } = {}) {
  let now = NOW;
  const clock = { now: () => now };
  const [ledger, artifacts] = [memoryLedger(), memoryArtifacts({ clock })];
  const settings = testSettings({ batches: { maxAttempts: 3 } });
  const put = (pk: string, sk: string, row: object, uploaded?: ReadonlySet<number>) =>
    putRow(ledger, pk, sk, row, uploaded);
  await put(`L#${burstId}`, '#', lease);
  await put(`P#${tenant}#${profile}`, `B#${batch.batchId}`, batch);
  const accepted = { tenant, taskId, kind: batch.kind, profile, batch: batch.batchId };
  await acceptTask(ledger, { ...accepted, bodySha256: sha256Of('body'), now: at(-600) });

  const spec = containerSpec({ verification: { policy: 'redundancy', k } });
  const stageUnder = (ports: Pick<Ports, 'ledger' | 'artifacts'>) =>
    collect({ ...ports, clock, log: () => {} }, settings);
  const burst = { v: 1, burstId, segment: 1, leaseFence: 1, lookUntil: lease.paidUntil };
  const look = (ports: Pick<Ports, 'ledger' | 'artifacts'> = { ledger, artifacts }) =>
    stageUnder(ports)({ state: 'Collect results', burst }, { remainingSeconds: () => 60 });

  return {
    ledger,
    artifacts,
    look,
    settings,
    pass: (seconds: number) => {
      now = at(seconds);
    },
    task: () => readTask(ledger, tenant, taskId),
    votes: () => votesOf(ledger, tenant, taskId),
    jobs: () => jobsOf(ledger, burstId),
    isPutAside: async (worker: number) =>
      (await readQuarantine(ledger, workerNamed(worker))) !== undefined,
    result: async () => {
      const key = (await readTask(ledger, tenant, taskId))?.files?.[0]?.key ?? '';
      const kept = await artifacts.get(key, { maxBytes: 1000 });
      return kept.found ? Buffer.from(kept.object.bytes).toString() : undefined;
    },
    keys: (what: string) => artifacts.keys().filter((key) => key.includes(`/${what}/`)),
    /** Job `n`, on `worker`, says it has uploaded, and the upload says `text`. */
    async upload(n: number, worker: number, text: string): Promise<void> {
      const jobId = jobIdOf(burstId, n);
      const line: ManifestTask = {
        ...{ line: 0, batchId: batch.batchId, batchFence: n, index: 0, taskId, attempt: 1 },
        ...{ kind: batch.kind, spec, uploads: [] },
      };
      const manifest = manifestText(jobId, [line]);
      const manifestSha256 = sha256Of(manifest);
      const key = manifestKey(tenant, jobId, manifestSha256);
      await artifacts.put(key, { bytes: Buffer.from(manifest), contentType: 'a/b' });
      const row = aJob(n, { worker: workerNamed(worker), manifestKey: key, manifestSha256 });
      const sk = `J#${String(n).padStart(6, '0')}`;
      await put(`L#${burstId}`, sk, { ...row, tasks: 1, slotSeconds: 30 }, new Set([0]));
      const object = { bytes: Buffer.from(text), contentType: 'a/b' };
      await artifacts.put(uploadKey(tenant, taskId, jobId, 'result.bin'), object);
    },
    /** A look that ends at one of its writes. @returns false: it had fewer, and came to its end. */
    async lookAndDie(death: Death): Promise<boolean> {
      let writes = 0;
      const fate = async <T>(act: () => Promise<T>): Promise<T> => {
        writes += 1;
        if (writes === death.at && !death.done) throw new Error('died');
        const answer = await act();
        if (writes === death.at) throw new Error('died');
        return answer;
      };
      const ports = {
        ledger: {
          ...ledger,
          write: (write: Parameters<typeof ledger.write>[0]) => fate(() => ledger.write(write)),
        },
        artifacts: {
          ...artifacts,
          put: (...args: Parameters<typeof artifacts.put>) => fate(() => artifacts.put(...args)),
          removeAll: (prefix: string) => fate(() => artifacts.removeAll(prefix)),
        },
      };
      try {
        await look(ports);
        return false;
      } catch (error) {
        if (error instanceof Error && error.message === 'died') return true;
        throw error;
      }
    },
  };
}

type Vote = Awaited<ReturnType<typeof aVote>>;

describe('a result that other workers must agree with', () => {
  it('ends nothing alone: it is copied, and waits as a vote of its worker', async () => {
    const vote = await aVote();
    await vote.upload(1, 1, 'right');
    await vote.look();
    expect(await vote.task()).toMatchObject({ status: 'accepted' });
    expect(await vote.jobs()).toMatchObject([{ votes: 1, collected: new Set([0]) }]);
    expect(vote.keys('votes')).toHaveLength(1);
    expect(vote.keys('results')).toEqual([]);
  });

  it('ends the task with the first other worker that delivers the same', async () => {
    const vote = await aVote();
    await vote.upload(1, 1, 'right');
    await vote.look();
    await vote.upload(2, 2, 'right');
    await vote.look();
    expect(await vote.task()).toMatchObject({
      status: 'done',
      verifiedBy: 'redundancy-2',
      evidence: { votes: '2', dissenters: '0' },
      job: jobIdOf(burstId, 2),
      slotSeconds: 60,
      attempts: 1,
    });
    expect(await vote.result()).toBe('right');
    expect([...vote.keys('votes'), ...vote.keys('uploads')]).toEqual([]);
  });

  it('never counts twice for one worker, whatever it delivers later', async () => {
    const vote = await aVote();
    await vote.upload(1, 1, 'right');
    await vote.look();
    await vote.upload(2, 1, 'right');
    await vote.upload(3, 1, 'other');
    await vote.look();
    expect(await vote.votes()).toMatchObject([
      { worker: workerNamed(1), job: jobIdOf(burstId, 1) },
    ]);
    expect(await vote.task()).toMatchObject({ status: 'accepted' });
    const counted = (await vote.jobs()).map(({ votes, collected }) => [votes, collected.size]);
    expect(counted).toEqual([
      [1, 1],
      [0, 1],
      [0, 1],
    ]);
  });

  it.each([
    ['first', ['wrong', 'right', 'right'], 1],
    ['second', ['right', 'wrong', 'right'], 2],
  ])(
    'puts the worker aside that differs, once the others agree: the %s',
    async (_nth, said, liar) => {
      const vote = await aVote();
      for (const [index, text] of said.entries()) {
        expect(await vote.isPutAside(liar)).toBe(false);
        await vote.upload(index + 1, index + 1, text);
        await vote.look();
      }
      expect(await vote.task()).toMatchObject({ evidence: { votes: '2', dissenters: '1' } });
      expect(await vote.result()).toBe('right');
      expect(await Promise.all([1, 2, 3].map(vote.isPutAside))).toEqual(
        [1, 2, 3].map((worker) => worker === liar),
      );
      expect(vote.keys('votes')).toEqual([]);
    },
  );

  it('is what it was when it was looked at, whatever its worker uploads later', async () => {
    const vote = await aVote({ k: 3 });
    await vote.upload(1, 1, 'right');
    await vote.look();
    const object = { bytes: Buffer.from('other'), contentType: 'a/b' };
    await vote.artifacts.put(uploadKey(tenant, taskId, jobIdOf(burstId, 1), 'result.bin'), object);
    await vote.upload(2, 2, 'right');
    await vote.upload(3, 3, 'right');
    await vote.look();
    expect(await vote.result()).toBe('right');
  });

  it('fails the task when too many workers differ', async () => {
    const vote = await aVote();
    for (const n of [1, 2, 3, 4]) {
      expect(await vote.task()).toMatchObject({ status: 'accepted' });
      await vote.upload(n, n, `answer ${n}`);
      await vote.look();
    }
    expect(await vote.task()).toMatchObject({
      status: 'failed',
      reason: 'verification-failed: 4 workers delivered 4 different results, 2 must agree',
    });
    expect([...vote.keys('votes'), ...vote.keys('results')]).toEqual([]);
  });
});

describe('a result that comes when the task has ended', () => {
  async function decided(): Promise<Vote> {
    const vote = await aVote();
    await vote.upload(1, 1, 'right');
    await vote.upload(2, 2, 'right');
    await vote.look();
    expect(await vote.task()).toMatchObject({ status: 'done' });
    return vote;
  }

  it.each([
    ['the same is refused and counted', 'right', { refusedResults: 1, rejectedResults: 0 }, false],
    ['another tells on its worker', 'wrong', { refusedResults: 0, rejectedResults: 1 }, true],
  ])('and is %s', async (_what, text, counted, putAside) => {
    const vote = await decided();
    await vote.upload(3, 3, text);
    await vote.look();
    expect((await vote.jobs())[2]).toMatchObject({ ...counted, votes: 0 });
    expect(await vote.isPutAside(3)).toBe(putAside);
    expect(await vote.votes()).toHaveLength(2);
    expect(await vote.task()).toMatchObject({ evidence: { votes: '2', dissenters: '0' } });
    expect([...vote.keys('votes'), ...vote.keys('uploads')]).toEqual([]);
  });

  it('by cancellation is refused, and nothing of it is kept', async () => {
    const vote = await aVote();
    await vote.upload(1, 1, 'right');
    await vote.look();
    await endTask(vote.ledger, tenant, taskId, { status: 'cancelled' }, at(1));
    await vote.upload(2, 2, 'right');
    await vote.look();
    expect(await vote.task()).toMatchObject({ status: 'cancelled' });
    expect((await vote.jobs())[1]).toMatchObject({ refusedResults: 1, votes: 0 });
    expect([...vote.keys('votes'), ...vote.keys('results')]).toEqual([]);
  });
});

describe('Collect that dies', () => {
  const PLACES = Array.from({ length: 15 }, (_, n) => [
    { at: n + 1, done: false },
    { at: n + 1, done: true },
  ]).flat();

  it.each(PLACES)(
    'at write $at of counting votes (made: $done) is repaired by looking again',
    async (death) => {
      const vote = await aVote();
      await vote.upload(1, 1, 'wrong');
      await vote.look();
      await vote.upload(2, 2, 'right');
      await vote.look();
      await vote.upload(3, 3, 'right');
      const died = await vote.lookAndDie(death);
      // The last write of a look is known by the first place where none dies.
      if (!died) expect(death.at).toBeGreaterThan(10);
      vote.pass(5);
      await vote.look();
      expect(await vote.task()).toMatchObject({
        status: 'done',
        job: jobIdOf(burstId, 3),
        slotSeconds: 90,
        evidence: { votes: '2', dissenters: '1' },
      });
      expect(await vote.result()).toBe('right');
      expect(await vote.votes()).toHaveLength(3);
      expect(await vote.isPutAside(1)).toBe(true);
      expect([...vote.keys('votes'), ...vote.keys('uploads')]).toEqual([]);
      expect(vote.keys('results')).toHaveLength(1);
      expect((await vote.jobs()).map(({ collected }) => collected.size)).toEqual([1, 1, 1]);
    },
  );

  it('behind a vote finishes with our copy when its worker has overwritten the upload since', async () => {
    const vote = await aVote();
    await vote.upload(1, 1, 'right');
    await vote.look();
    await vote.upload(2, 2, 'right');
    // sign of life, copy, vote
    expect(await vote.lookAndDie({ at: 3, done: true })).toBe(true);
    expect(await vote.votes()).toHaveLength(2);
    const object = { bytes: Buffer.from('other'), contentType: 'a/b' };
    await vote.artifacts.put(uploadKey(tenant, taskId, jobIdOf(burstId, 2), 'result.bin'), object);
    await vote.look();
    expect(await vote.result()).toBe('right');
    expect(await vote.task()).toMatchObject({ status: 'done', job: jobIdOf(burstId, 2) });
  });
});

it('a job row without votes, as older ones are, has none', () => {
  const { votes: _, ...older } = aJob(1);
  expect(JobRow.parse(older).votes).toBe(0);
});
