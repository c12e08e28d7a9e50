import { describe, expect, it } from 'vitest';
import { burstClient } from '../../shared/client/burst-client.ts';
import type { Receipt } from '../../shared/client/receipt.ts';
import type { Progress } from '../../shared/client/wait.ts';
import { checkEnvelope } from '../../shared/intake/check-envelope.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { Tenant } from '../../shared/model/ids.ts';
import { clientWorld, nftTask, nftTasks, worldSettings } from './client-world.ts';

/** A world in which the given tasks were sent and have ended. */
async function ended(count = 2) {
  const world = clientWorld();
  const receipts = await world.client.enqueue(nftTasks(count));
  const states = await world.timers.settle(world.client.wait(receipts));
  return { ...world, receipts, states };
}

describe('get', () => {
  it('follows a task from the queue to its verified result', async () => {
    const world = clientWorld();
    const [receipt = ''] = await world.client.enqueue([nftTask('a')]);
    expect(await world.client.get(receipt)).toEqual({ state: 'unknown', taskId: 'a' });
    await world.run({ forSeconds: 10 });
    expect(await world.client.get('a')).toEqual({
      state: 'accepted',
      taskId: 'a',
      kind: 'nft.generative',
      acceptedAt: '2026-01-01T00:00:05.000Z',
    });
    await world.run({ forSeconds: 1000 });
    expect(await world.client.get('a')).toMatchObject({
      state: 'done',
      verifiedBy: 're-render',
      attempts: 1,
      evidence: { pixelSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      files: [{ contentType: 'image/png' }, { contentType: 'application/json' }],
    });
  });

  it('finds by its receipt why intake refused a message', async () => {
    const world = clientWorld({ settings: worldSettings({ images: {} }) });
    const [receipt = ''] = await world.client.enqueue([nftTask('a')]);
    await world.run({ forSeconds: 10 });
    expect(await world.client.get(receipt)).toMatchObject({
      state: 'rejected',
      taskId: 'a',
      code: 'E_UNSUPPORTED',
      field: 'kind',
      rejectedAt: '2026-01-01T00:00:05.000Z',
    });
    expect(await world.client.get('a')).toEqual({ state: 'unknown', taskId: 'a' });
    expect((await world.client.explain(receipt)).cause).toBe('bad-input');
  });

  it('does not report an earlier refusal for a message that was sent again', async () => {
    const world = clientWorld({ settings: worldSettings({ images: {} }) });
    const [first = ''] = await world.client.enqueue([nftTask('a')]);
    await world.run({ forSeconds: 10 });
    const [second = ''] = await world.client.enqueue([nftTask('a')]);
    expect(await world.client.get(first)).toMatchObject({ state: 'rejected' });
    expect(await world.client.get(second)).toMatchObject({ state: 'unknown' });
    expect((await world.client.explain(second)).cause).not.toBe('bad-input');
    await world.run({ forSeconds: 10 });
    const again = { state: 'rejected', rejectedAt: '2026-01-01T00:00:15.000Z' };
    expect(await world.client.get(second)).toMatchObject(again);
  });

  it('reports any refusal after two minutes, whatever the clocks say', async () => {
    const world = clientWorld({ settings: worldSettings({ images: {} }) });
    const [receipt] = await world.client.enqueue([nftTask('a')]);
    if (receipt === undefined) throw new Error('no receipt');
    await world.run({ forSeconds: 10 });
    // By a clock that is ahead.
    const late = { ...receipt, sentAt: '2026-01-01T00:00:08.000Z' };
    expect(await world.client.get(late)).toMatchObject({ state: 'unknown' });
    await world.run({ forSeconds: 120 });
    expect(await world.client.get(late)).toMatchObject({ state: 'rejected' });
  });

  it('keeps two tasks apart that were sent with one id', async () => {
    const world = clientWorld();
    const [first = ''] = await world.client.enqueue([nftTask('a')]);
    await world.run({ forSeconds: 10 });
    const [second = ''] = await world.client.enqueue([nftTask('a', { locations: ['DE'] })]);
    expect(await world.client.get(second)).toMatchObject({ state: 'unknown' });
    await world.run({ forSeconds: 10 });
    expect(await world.client.get(second)).toMatchObject({
      state: 'rejected',
      code: 'E_ID_REUSED',
    });
    expect(await world.client.get(first)).toMatchObject({ state: 'accepted' });
  });

  it('knows from a receipt alone what was never sent', async () => {
    const { client } = clientWorld();
    const [receipt = ''] = await client.enqueue([nftTask('A')]);
    expect(await client.get(receipt)).toMatchObject({ state: 'rejected', code: 'E_TASK_ID' });
    expect((await client.explain(receipt)).sentence).toContain('E_TASK_ID in taskId');
    expect(await client.get('No Such Id')).toEqual({ state: 'unknown', taskId: 'No Such Id' });
  });

  it('sends the same task again without a second run', async () => {
    const { client, timers, market, receipts } = await ended(1);
    const again = await client.enqueue(nftTasks(1));
    const names = ({ taskId, messageSha256 }: Receipt) => ({ taskId, messageSha256 });
    expect(again.map(names)).toEqual(receipts.map(names));
    await timers.run({ until: timers.now() + 600_000 });
    expect(await client.get('task-1')).toMatchObject({ state: 'done', attempts: 1 });
    expect(market.all()).toHaveLength(1);
  });
});

describe('results', () => {
  it('are links to the bytes that were verified, for as long as asked', async () => {
    const { client, artifacts, timers } = await ended();
    const result = await client.result('task-1', { seconds: 60 });
    expect(result.files.map(({ verifiedBy }) => verifiedBy)).toEqual(['re-render', 're-render']);
    for (const { url, sha256, bytes } of result.files) {
      const object = artifacts.download(url);
      if (typeof object === 'string') throw new Error(object);
      expect([sha256Of(object.bytes), object.bytes.length]).toEqual([sha256, bytes]);
    }
    await timers.run({ until: Date.parse(result.expiresAt) });
    expect(result.files.map(({ url }) => artifacts.download(url))).toEqual([
      'forbidden',
      'forbidden',
    ]);
  });

  it('download as checked bytes, and not at all once they were changed', async () => {
    const { client, artifacts } = await ended();
    const files = await client.download('task-1');
    expect(files.map(({ data, sha256 }) => sha256Of(data) === sha256)).toEqual([true, true]);
    const key = artifacts.keys().find((name) => name.includes('/results/task-1/')) ?? '';
    const original = await artifacts.get(key, { maxBytes: 1_000_000 });
    if (!original.found) throw new Error(original.why);
    const bytes = original.object.bytes.with(0, (original.object.bytes[0] ?? 0) ^ 1);
    await artifacts.put(key, { ...original.object, bytes });
    await expect(client.download('task-1')).rejects.toMatchObject({
      name: 'ResultDamaged',
      message: expect.stringContaining('its hash differs'),
    });
    await artifacts.put(key, { ...original.object, bytes: new Uint8Array(bytes.length + 1) });
    await expect(client.download('task-1')).rejects.toThrow('too-large');
    await artifacts.remove(key);
    await expect(client.download('task-1')).rejects.toThrow('missing');
  });

  it.each(['result', 'download'] as const)(
    'say by a typed error why there is none: %s',
    async (what) => {
      const world = clientWorld({ taskSeconds: () => 100 });
      await world.client.enqueue(nftTasks(2));
      await expect(world.client[what]('task-1')).rejects.toMatchObject({ name: 'TaskNotFound' });
      await expect(world.client[what]('../task')).rejects.toMatchObject({ name: 'TaskNotFound' });
      await world.run({ forSeconds: 10 });
      await expect(world.client[what]('task-1')).rejects.toMatchObject({
        name: 'ResultNotReady',
        taskId: 'task-1',
      });
      await world.client.cancel('task-1');
      await expect(world.client[what]('task-1')).rejects.toMatchObject({
        name: 'TaskEndedWithoutResult',
        status: 'cancelled',
      });
    },
  );
});

describe('cancel', () => {
  const batchOf = (world: ReturnType<typeof clientWorld>) =>
    world.ledger.rows().find(({ sk }) => String(sk).startsWith('B#'));

  it('ends a queued task and tells its batch', async () => {
    const world = clientWorld();
    await world.client.enqueue(nftTasks(3));
    await world.run({ forSeconds: 10 });
    expect(await world.client.cancel('task-2')).toMatchObject({
      cancelled: true,
      state: { state: 'cancelled', endedAt: '2026-01-01T00:00:10.000Z' },
    });
    expect(batchOf(world)).toMatchObject({
      settled: new Set([1]),
      cancelSeen: true,
      status: 'open',
    });
    const states = await world.timers.settle(world.client.wait(['task-1', 'task-2', 'task-3']));
    expect(states.map(({ state }) => state)).toEqual(['done', 'cancelled', 'done']);
  });

  it('needs no cluster any more when every task is cancelled', async () => {
    const world = clientWorld({ settings: worldSettings({ caps: { stackMicroUsd: 1 } }) });
    await world.client.enqueue(nftTasks(2));
    await world.run({ forSeconds: 10 });
    await world.client.cancel('task-1');
    await world.client.cancel('task-2');
    expect(batchOf(world)).toMatchObject({ status: 'done' });
  });

  it('ends a running task, whose late result is refused', async () => {
    const world = clientWorld({ taskSeconds: () => 120 });
    await world.client.enqueue(nftTasks(2));
    while ((await world.client.explain('task-1').catch(() => undefined))?.cause !== 'running') {
      await world.run({ forSeconds: 5 });
    }
    expect((await world.client.cancel('task-1')).cancelled).toBe(true);
    await world.run({ forSeconds: 1000 });
    expect(await world.client.get('task-1')).toMatchObject({ state: 'cancelled' });
    expect(await world.client.get('task-2')).toMatchObject({ state: 'done' });
    const job = world.ledger.rows().find(({ sk }) => String(sk).startsWith('J#'));
    expect(job).toMatchObject({ refusedResults: 1 });
    expect(world.artifacts.keys().filter((key) => key.includes('/results/task-1/'))).toEqual([]);
  });

  it('says that a task had ended, and how', async () => {
    const { client } = await ended(1);
    expect(await client.cancel('task-1')).toMatchObject({
      cancelled: false,
      state: { state: 'done', verifiedBy: 're-render' },
    });
  });

  it('finishes what a caller left half done when it is asked again', async () => {
    const world = clientWorld();
    await world.client.enqueue(nftTasks(2));
    await world.run({ forSeconds: 10 });
    await world.client.cancel('task-1');
    const batch = batchOf(world);
    const key = { pk: String(batch?.pk), sk: String(batch?.sk) };
    await world.ledger.write({ key, when: [], remove: ['settled', 'cancelSeen'] });
    expect((await world.client.cancel('task-1')).cancelled).toBe(false);
    expect(batchOf(world)).toMatchObject({ settled: new Set([0]), cancelSeen: true });
  });

  it('does not know a task that is still in the queue', async () => {
    const world = clientWorld();
    await world.client.enqueue(nftTasks(1));
    await expect(world.client.cancel('task-1')).rejects.toMatchObject({ name: 'TaskNotFound' });
  });
});

describe('wait', () => {
  it('ends when every task has, and reports the way there', async () => {
    const world = clientWorld();
    const receipts = await world.client.enqueue([...nftTasks(3), nftTask('BAD')]);
    const seen: Progress[] = [];
    const states = await world.timers.settle(
      world.client.wait(receipts, { onProgress: (progress) => seen.push(progress) }),
    );
    expect(states.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'rejected']);
    expect(seen[0]).toMatchObject({ total: 4, over: 1, rejected: 1, unknown: 3 });
    expect(seen.at(-1)).toMatchObject({ total: 4, over: 4, done: 3, rejected: 1, accepted: 0 });
  });

  it('looks less and less often while nothing happens', async () => {
    const world = clientWorld({ behaviour: { provisioningSeconds: () => 2000 } });
    await world.client.enqueue(nftTasks(1));
    const looks: number[] = [];
    const onProgress = () => void looks.push(world.timers.now() / 1000);
    await world.timers.settle(
      world.client.wait(['task-1'], { onProgress, pollSeconds: 4, longestPollSeconds: 20 }),
    );
    const gaps = looks.slice(1).map((at, index) => at - (looks[index] ?? 0));
    expect(gaps.length).toBeGreaterThan(50);
    gaps.forEach((gap, quiet) => {
      const middle = Math.min(20, 4 * 1.5 ** quiet);
      expect(Math.abs(gap - middle)).toBeLessThanOrEqual(middle / 4 + 0.001);
    });
  });

  it('stops with the reason of its signal, before a look and during a pause', async () => {
    const world = clientWorld();
    await world.client.enqueue(nftTasks(1));
    const reason = new Error('enough');
    await expect(world.client.wait(['task-1'], { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    const waiting = world.client.wait(['task-1'], { signal: controller.signal });
    world.timers.after(30_000, () => controller.abort(reason));
    await expect(world.timers.settle(waiting)).rejects.toBe(reason);
  });

  it('does not wait for a task whose sending failed', async () => {
    const { client } = clientWorld();
    const checked = checkEnvelope(nftTask('a'));
    const messageSha256 = checked.ok ? checked.task.bodySha256 : '';
    const receipt = { taskId: 'a', messageSha256, status: 'failed' } as const;
    expect(await client.wait([receipt])).toEqual([{ state: 'unknown', taskId: 'a' }]);
    await expect(client.explain(receipt)).rejects.toMatchObject({ name: 'TaskNotFound' });
  });

  it('is over at once for no tasks', async () => {
    expect(await clientWorld().client.wait([])).toEqual([]);
  });
});

describe('a task of another tenant', () => {
  it('is as unknown as one that never was, and its id is free', async () => {
    const world = clientWorld();
    const { queue, ledger, artifacts, pause, ports } = world;
    const { clock, ids } = ports;
    const stranger = burstClient(
      { queue, ledger, artifacts, clock, ids, pause },
      Tenant.parse('stranger'),
    );
    await world.client.enqueue(nftTasks(1));
    await world.run({ forSeconds: 10 });
    expect(await world.client.explain('task-1')).toBeDefined();
    for (const call of ['explain', 'get', 'result', 'cancel', 'download'] as const) {
      const answers: string[] = [];
      for (const id of ['task-1', 'task-never']) {
        const answer = await stranger[call](id).catch(String);
        answers.push(JSON.stringify(answer).replaceAll(id, 'ID'));
      }
      expect(answers[0]).toBe(answers[1]);
      expect(answers[0]).toMatch(call === 'get' ? /"state":"unknown"/ : /TaskNotFound/);
    }
    const [receipt] = await stranger.enqueue(nftTasks(1, { resources: { vramGb: 2 } }));
    expect(receipt).not.toHaveProperty('error');
  });
});

describe('explain', () => {
  it('tells a task in the queue from an id nobody knows', async () => {
    const world = clientWorld();
    const [receipt = ''] = await world.client.enqueue(nftTasks(1));
    expect((await world.client.explain(receipt)).cause).toBe('placing');
    await expect(world.client.explain('task-1')).rejects.toMatchObject({ name: 'TaskNotFound' });
    await world.run({ forSeconds: 10 });
    expect(await world.client.explain('task-1')).toEqual(await world.client.explain(receipt));
  });
});
