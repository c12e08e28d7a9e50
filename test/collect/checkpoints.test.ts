import { describe, expect, it } from 'vitest';
import { dropLineage, takeCheckpoint } from '../../lambdas/collect/checkpoints.ts';
import { acceptFailure } from '../../lambdas/collect/failed-line.ts';
import { forgetTask } from '../../shared/bursts/forget-task.ts';
import { readCheckpoints } from '../../shared/ledger/checkpoints.ts';
import { acceptTask, readTask } from '../../shared/ledger/tasks.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { checkpointUploadKey, inputKey } from '../../shared/model/artifact-keys.ts';
import { checkpointBytes } from '../../shared/model/checkpoint.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { BatchId, TaskId } from '../../shared/model/ids.ts';
import { ManifestTask } from '../../shared/model/job.ts';
import { aJob, aLease, NOW } from '../support/burst-rows.ts';

const lease = aLease();
const job = aJob(1);
const taskId = TaskId.parse('long-1');
const SHA = sha256Of('input');

/** The task as the attempt under this fence has it. */
const aTask = (batchFence: number, more: Record<string, unknown> = {}): ManifestTask =>
  ManifestTask.parse({
    line: 0,
    batchId: BatchId.parse('000000001-00000001'),
    batchFence,
    index: 0,
    taskId,
    kind: 'vdf.wesolowski',
    spec: { seed: 'x', squarings: 1000 },
    checkpoint: { putUrl: 'memory:///x', maxBytes: 100 },
    uploads: [],
    ...more,
  });

const RESUME = { url: 'x', sha256: SHA, bytes: 1, sequence: 1, stage: 's1', workSeconds: 1 };
const resumed = (fence: number) =>
  aTask(fence, { checkpoint: { putUrl: 'x', maxBytes: 100, resume: RESUME } });

function aStore() {
  const clock = { now: () => NOW };
  const logged: string[] = [];
  const ports = {
    clock,
    ledger: memoryLedger(),
    artifacts: memoryArtifacts({ clock }),
    log: (event: string, facts: object) => void logged.push(`${event} ${JSON.stringify(facts)}`),
  };
  const put = (bytes: Uint8Array) =>
    ports.artifacts.put(checkpointUploadKey(lease.tenant, taskId, job.jobId), {
      bytes,
      contentType: 'application/octet-stream',
    });
  return {
    ports,
    logged,
    put,
    take: async (fence: number, sequence: number, payload = `${fence}.${sequence}`) => {
      const mark = { sequence, stage: `s${sequence}`, workSeconds: sequence };
      await put(checkpointBytes(taskId, mark, Buffer.from(payload)));
      return takeCheckpoint(ports, lease, job, aTask(fence));
    },
    row: () => readCheckpoints(ports.ledger, lease.tenant, taskId),
    kept: () => ports.artifacts.keys().filter((key) => key.includes('/checkpoints/')),
  };
}

describe('an uploaded checkpoint', () => {
  it('is copied to where no worker may write, and the pointer names it', async () => {
    const { take, row, kept } = aStore();
    expect(await take(1, 1)).toEqual({ kind: 'taken', sequence: 1 });
    expect(kept()).toEqual([expect.stringMatching(/^t\/default\/checkpoints\/long-1\/1-1-/)]);
    expect((await row())?.newest).toMatchObject({ fence: 1, sequence: 1, stage: 's1' });
  });

  it('is kept with the one before it, and no third', async () => {
    const { take, kept } = aStore();
    for (const sequence of [1, 2, 3, 4]) await take(1, sequence);
    expect(kept().map((key) => /\d+-\d+(?=-\w+$)/.exec(key)?.[0])).toEqual(['1-3', '1-4']);
  });

  it.each([
    { first: [1, 5], second: [1, 5], taken: false },
    { first: [1, 5], second: [1, 4], taken: false },
    { first: [1, 5], second: [1, 6], taken: true },
    { first: [2, 1], second: [1, 9], taken: false },
    { first: [1, 9], second: [2, 1], taken: true },
    { first: [1, 1_000_000], second: [2, 1], taken: true },
  ] as const)(
    'of (fence, sequence) $second after $first is taken: $taken',
    async ({ first, second, taken }) => {
      const { take, row } = aStore();
      await take(first[0], first[1]);
      expect(await take(second[0], second[1])).toMatchObject({ kind: taken ? 'taken' : 'stale' });
      const [fence, sequence] = taken ? second : first;
      expect((await row())?.newest).toMatchObject({ fence, sequence });
    },
  );

  it('that another Collect has just taken is no loss: its copy stays', async () => {
    const { ports, take, kept } = aStore();
    await take(1, 1);
    expect(await takeCheckpoint(ports, lease, job, aTask(1))).toEqual({ kind: 'stale' });
    expect(kept()).toHaveLength(1);
  });

  it.each([
    {
      what: 'of another task',
      bytes: checkpointBytes(
        TaskId.parse('long-2'),
        { sequence: 1, stage: 's', workSeconds: 1 },
        Buffer.from('x'),
      ),
      why: 'E_CKPT_TASK',
    },
    { what: 'that is none', bytes: Buffer.from('no header'), why: 'E_CKPT_HEADER' },
    { what: 'that is too large', bytes: new Uint8Array(2000), why: 'E_CKPT_SIZE' },
  ])('$what is rejected and said in the log, and the pointer stays', async ({ bytes, why }) => {
    const { ports, put, take, row, logged } = aStore();
    await take(1, 1);
    await put(bytes);
    expect(await takeCheckpoint(ports, lease, job, aTask(1))).toEqual({ kind: 'rejected' });
    expect((await row())?.newest?.sequence).toBe(1);
    expect(logged.join()).toContain(why);
  });

  it('of a task that has ended is not taken, and is removed', async () => {
    const { ports, take, kept } = aStore();
    await take(1, 1);
    await forgetTask(ports, lease.tenant, taskId);
    expect(await take(1, 2)).toEqual({ kind: 'stale' });
    expect(await take(9, 1)).toEqual({ kind: 'stale' });
    expect(kept()).toEqual([]);
    expect(ports.artifacts.keys()).toEqual([]);
  });

  it('never shows its payload in the log', async () => {
    const { put, ports, take, logged } = aStore();
    await take(1, 1, 'r and s are secret');
    await put(Buffer.from('r and s are secret'));
    await takeCheckpoint(ports, lease, job, aTask(1));
    expect(logged.join()).not.toContain('secret');
  });
});

describe('an attempt that resumed a checkpoint and went wrong', () => {
  it('drops the lineage: the next one starts over, and nothing older is ever taken', async () => {
    const { ports, take, row, kept } = aStore();
    await take(1, 1);
    await take(1, 2);
    await dropLineage(ports, lease, resumed(3), 'E_RESULT_PROOF');
    expect(await row()).toMatchObject({ droppedReason: 'E_RESULT_PROOF' });
    expect((await row())?.newest).toBeUndefined();
    expect(kept()).toEqual([]);
    expect(await take(1, 2)).toEqual({ kind: 'stale' });
    expect(await take(5, 1)).toEqual({ kind: 'taken', sequence: 1 });
  });

  it('keeps the lineage when it had begun at the beginning', async () => {
    const { ports, take, row } = aStore();
    await take(1, 1);
    await dropLineage(ports, lease, aTask(3), 'E_RESULT_PROOF');
    expect((await row())?.newest?.sequence).toBe(1);
  });

  it.each([
    { failure: 'executor', dropped: true },
    { failure: 'upload', dropped: false },
    { failure: 'timeout', dropped: false },
  ])('with the failure $failure drops it: $dropped', async ({ failure, dropped }) => {
    const { ports, take, row } = aStore();
    await take(1, 1);
    const said = { class: failure, message: 'x' };
    expect(await acceptFailure(ports, lease, job, resumed(3), said)).toMatchObject({
      kind: 'undone',
    });
    expect((await row())?.newest === undefined).toBe(dropped);
  });
});

describe('a task whose worker says that an input is wrong', () => {
  const task = aTask(1, { inputs: [{ name: 'a.json', url: 'x', sha256: SHA, bytes: 5 }] });
  const said = { class: 'input', message: 'download: SHA-256 differs' };

  async function aTaskWith(input: string | undefined) {
    const store = aStore();
    const { ledger, artifacts } = store.ports;
    const { tenant, profile } = lease;
    const batch = task.batchId;
    const placement = {
      tenant,
      taskId,
      kind: task.kind,
      profile,
      batch,
      bodySha256: SHA,
      now: NOW,
    };
    await acceptTask(ledger, placement);
    if (input !== undefined) {
      const object = { bytes: Buffer.from(input), contentType: 'application/json' };
      await artifacts.put(inputKey(tenant, taskId, { name: 'a.json', sha256: SHA }), object);
    }
    const outcome = await acceptFailure(store.ports, lease, job, task, said);
    return { outcome, row: await readTask(ledger, tenant, taskId) };
  }

  it.each([
    { what: 'is gone', input: undefined, reason: /E_INPUT_MISSING: inputs - a\.json is gone/ },
    { what: 'is another one', input: 'tupni', reason: /E_INPUT_HASH: inputs - a\.json is not/ },
    { what: 'is longer', input: 'longer than five', reason: /E_INPUT_HASH: .* is longer/ },
  ])('ends when our own look finds that it $what', async ({ input, reason }) => {
    const { outcome, row } = await aTaskWith(input);
    expect(outcome).toMatchObject({ kind: 'failed', ended: true });
    expect(row).toMatchObject({ status: 'failed', reason: expect.stringMatching(reason) });
  });

  it('goes to another worker when our own look finds it right', async () => {
    const { outcome, row } = await aTaskWith('input');
    expect(outcome).toEqual({ kind: 'undone', ended: false });
    expect(row).toMatchObject({ status: 'accepted' });
  });
});
