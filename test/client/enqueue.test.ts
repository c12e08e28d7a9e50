import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { burstClient } from '../../shared/client/burst-client.ts';
import { prepareTasks } from '../../shared/client/prepare.ts';
import { cutCalls } from '../../shared/client/send.ts';
import { checkEnvelope } from '../../shared/intake/check-envelope.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryIds } from '../../shared/memory/memory-ids.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { MAX_MESSAGE_BYTES } from '../../shared/model/task.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Queue, QueueEntry } from '../../shared/ports.ts';
import { DEFAULT_TENANT, nftTask, nftTasks } from './client-world.ts';

type Answer = Awaited<ReturnType<Queue['send']>> | Error;

/** A queue that answers as it is told, and a client of it that waits no time. */
function scripted(answer: (entries: readonly QueueEntry[], call: number) => Answer) {
  const calls: string[][] = [];
  const pauses: number[] = [];
  const clock = { now: () => instantOf(0) };
  const client = burstClient(
    {
      queue: {
        send: async (entries) => {
          calls.push(entries.map(({ id }) => id));
          const answered = answer(entries, calls.length);
          if (answered instanceof Error) throw answered;
          return answered;
        },
      },
      ledger: memoryLedger(),
      artifacts: memoryArtifacts({ clock }),
      clock,
      ids: memoryIds(1),
      pause: async (seconds) => void pauses.push(seconds),
    },
    DEFAULT_TENANT,
  );
  return { client, calls, pauses };
}

const taken: Answer = { failed: [] };

const failing = (ids: readonly string[], retry: boolean): Answer => ({
  failed: ids.map((id) => ({ id, reason: 'Busy: later', retry })),
});

describe('enqueue', () => {
  it('gives a receipt per task in order, with the hash of what was sent', async () => {
    const { client, calls } = scripted(() => taken);
    const receipts = await client.enqueue(nftTasks(2));
    const checked = checkEnvelope(nftTask('task-1'));
    expect(receipts.map(({ taskId, status }) => [taskId, status])).toEqual([
      ['task-1', 'sent'],
      ['task-2', 'sent'],
    ]);
    expect(checked.ok && checked.task.bodySha256).toBe(receipts[0]?.messageSha256);
    expect(calls).toEqual([['task-1', 'task-2']]);
  });

  it('sends what intake will read: a body whose hash is the receipt', async () => {
    const bodies: string[] = [];
    const { client } = scripted((entries) => {
      bodies.push(...entries.map(({ body }) => body));
      return taken;
    });
    const [receipt] = await client.enqueue([nftTask('a')]);
    expect(bodies.map(sha256Of)).toEqual([receipt?.messageSha256]);
  });

  it.each([
    [0, []],
    [9, [9]],
    [10, [10]],
    [11, [10, 1]],
    [25, [10, 10, 5]],
  ])('sends %d tasks in calls of %j', async (count, sizes) => {
    const { client, calls } = scripted(() => taken);
    await client.enqueue(nftTasks(count));
    expect(calls.map(({ length }) => length)).toEqual(sizes);
  });

  it('refuses a broken task with code and field, and sends its neighbours', async () => {
    const { client, calls } = scripted(() => taken);
    const receipts = await client.enqueue([
      nftTask('a'),
      nftTask('b', { resources: { gpus: 9 } }),
      nftTask('C'),
      nftTask('d'),
    ]);
    expect(receipts).toMatchObject([
      { taskId: 'a', status: 'sent' },
      { taskId: 'b', status: 'refused', error: { code: 'E_RANGE', field: 'resources.gpus' } },
      { taskId: 'C', status: 'refused', error: { code: 'E_TASK_ID', field: 'taskId' } },
      { taskId: 'd', status: 'sent' },
    ]);
    expect(calls).toEqual([['a', 'd']]);
  });

  it('sends the same task once and refuses another one of the same id', async () => {
    const { client, calls } = scripted(() => taken);
    const receipts = await client.enqueue([
      nftTask('a'),
      { ...nftTask('a'), v: 1, resources: { gpus: 1 } },
      nftTask('a', { locations: ['DE'] }),
    ]);
    expect(receipts).toMatchObject([
      { status: 'sent' },
      { status: 'sent', messageSha256: receipts[0]?.messageSha256 },
      { status: 'refused', error: { code: 'E_ID_REUSED', field: 'taskId' } },
    ]);
    expect(receipts[2]?.messageSha256).not.toBe(receipts[0]?.messageSha256);
    expect(calls).toEqual([['a']]);
  });

  it('sends again only what was not taken, a bounded number of times, and waits longer each time', async () => {
    const { client, calls, pauses } = scripted(() => failing(['task-2'], true));
    const receipts = await client.enqueue(nftTasks(3));
    expect(calls).toEqual([
      ['task-1', 'task-2', 'task-3'],
      ['task-2'],
      ['task-2'],
      ['task-2'],
      ['task-2'],
    ]);
    expect(receipts).toMatchObject([
      { status: 'sent' },
      { status: 'failed', error: { code: 'E_NOT_SENT', reason: 'Busy: later' } },
      { status: 'sent' },
    ]);
    expect(pauses).toHaveLength(4);
    pauses.forEach((seconds, index) => {
      expect(seconds).toBeGreaterThanOrEqual(0.1 * 2 ** index);
      expect(seconds).toBeLessThan(0.2 * 2 ** index);
    });
  });

  it('succeeds when the queue takes a message at the last attempt', async () => {
    const { client } = scripted((_, call) => (call < 5 ? failing(['a'], true) : taken));
    expect(await client.enqueue([nftTask('a')])).toMatchObject([{ status: 'sent' }]);
  });

  it('does not send again what can never be taken', async () => {
    const { client, calls, pauses } = scripted(() => failing(['a'], false));
    expect(await client.enqueue([nftTask('a')])).toMatchObject([{ status: 'failed' }]);
    expect([calls.length, pauses.length]).toEqual([1, 0]);
  });

  it('sends a whole call again whose answer was lost', async () => {
    const { client, calls } = scripted((_, call) => (call === 1 ? new Error('reset') : taken));
    expect(await client.enqueue(nftTasks(2))).toMatchObject([
      { status: 'sent' },
      { status: 'sent' },
    ]);
    expect(calls).toEqual([
      ['task-1', 'task-2'],
      ['task-1', 'task-2'],
    ]);
  });

  it('gives up the calls not begun when the queue cannot be reached', async () => {
    const { client, calls } = scripted(() => new Error('no such queue'));
    const receipts = await client.enqueue(nftTasks(1000));
    expect(new Set(receipts.map(({ status }) => status))).toEqual(new Set(['failed']));
    expect(receipts[999]?.error?.reason).toBe('no such queue');
    expect(calls.length).toBeLessThanOrEqual(4 * 5);
  });
});

describe('what is refused before it is sent', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const token = {
    ...nftTask('a').spec,
    collection: { name: 'a', seed: 'AKIAABCDEFGHIJKLMNOP', supply: 9 },
  };

  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'E_JSON'],
    ['a cycle', cyclic, 'E_JSON'],
    ['a big integer', { ...nftTask('a'), estimatedSeconds: 1n }, 'E_JSON'],
    ['null', null, 'E_TYPE'],
    ['an unknown kind', nftTask('a', { kind: 'nft.generativ' }), 'E_TASK_TYPE'],
    ['a field of tomorrow', { ...nftTask('a'), labels: { a: 'b' } }, 'E_UNSUPPORTED'],
    ['half a surrogate pair', { ...nftTask('a'), spec: { x: '\ud800' } }, 'E_UTF8'],
    ['a pasted secret', { ...nftTask('a'), spec: token }, 'E_LOOKS_SECRET'],
    ['more than a message holds', { x: 'x'.repeat(MAX_MESSAGE_BYTES) }, 'E_TOO_LARGE'],
  ])('%s', (_, task, code) => {
    const { messages, outcomes } = prepareTasks([task]);
    expect(messages).toEqual([]);
    expect(outcomes).toMatchObject([{ status: 'refused', error: { code } }]);
  });
});

describe('calls', () => {
  const message = (index: number, bytes: number) => ({
    taskId: `t${index}`,
    messageSha256: '',
    body: 'x'.repeat(bytes),
  });

  it('hold 1 MiB exactly and not a byte more', () => {
    const quarter = MAX_MESSAGE_BYTES;
    const sizes = (...bytes: number[]) =>
      cutCalls(bytes.map((size, index) => message(index, size))).map(({ length }) => length);
    expect(sizes(quarter, quarter, quarter, quarter - 1, 1)).toEqual([5]);
    expect(sizes(quarter, quarter, quarter, quarter, 1)).toEqual([4, 1]);
  });

  it('keep every message once, in order, and each call within the limits', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: MAX_MESSAGE_BYTES }), { maxLength: 40 }),
        (sizes) => {
          const messages = sizes.map((bytes, index) => message(index, bytes));
          const calls = cutCalls(messages);
          expect(calls.flat()).toEqual(messages);
          for (const call of calls) {
            expect(call.length).toBeGreaterThan(0);
            expect(call.length).toBeLessThanOrEqual(10);
            const bytes = call.reduce((sum, { body }) => sum + body.length, 0);
            expect(bytes).toBeLessThanOrEqual(1_048_576);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});
