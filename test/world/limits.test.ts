import { describe, expect, it } from 'vitest';
import { plusSeconds } from '../../shared/model/time.ts';
import { clientWorld, nftTask, worldSettings } from '../client/client-world.ts';

const world = (clusters: object = { maxWorkers: 1 }) =>
  clientWorld({ settings: worldSettings({ batches: { maxTasks: 1 }, clusters }) });

describe('a priority', () => {
  it('is what goes first, whatever came first', async () => {
    const { client, run, ledger } = world();
    const long = { estimatedSeconds: 300 };
    await client.enqueue([
      nftTask('low', { ...long, priority: 1 }),
      nftTask('usual', long),
      nftTask('high', { ...long, priority: 9 }),
    ]);
    await run({ forSeconds: 3000 });
    const ended = ledger
      .rows()
      .filter(({ pk }) => String(pk).startsWith('T#'))
      .sort((a, b) => (String(a.endedAt) < String(b.endedAt) ? -1 : 1));
    expect(ended.map(({ taskId, status }) => `${taskId} ${status}`)).toEqual([
      ...['high done', 'usual done', 'low done'],
    ]);
  });
});

describe('a deadline', () => {
  it('that passes while a task waits ends it, and says so before and after', async () => {
    const { client, run, ports, market } = world();
    const deadlineAt = plusSeconds(ports.clock.now(), 100);
    await client.enqueue([nftTask('a', { deadlineAt, estimatedSeconds: 80 }), nftTask('b')]);
    await run({ forSeconds: 30 });
    expect(await client.explain('a')).toMatchObject({
      cause: 'deadline-unreachable',
      facts: { deadlineAt, needsSeconds: 80, leftSeconds: 70 },
    });
    await run({ forSeconds: 6000 });
    expect(await client.get('a')).toMatchObject({
      state: 'failed',
      reason: `deadline-unreachable: ${deadlineAt} has passed`,
    });
    expect(await client.get('b')).toMatchObject({ state: 'done' });
    expect(market.all()).toHaveLength(1);
  });

  it('that cannot be met ends a task at once that asks for it, and buys nothing', async () => {
    const { client, run, ports, market } = world();
    const deadlineAt = plusSeconds(ports.clock.now(), 500);
    const limits = { deadlineAt, ifUnreachable: 'fail' as const };
    await client.enqueue([nftTask('a', { ...limits, estimatedSeconds: 600 })]);
    await run({ forSeconds: 300 });
    expect(await client.explain('a')).toMatchObject({
      cause: 'failed',
      facts: { reason: expect.stringMatching(/^deadline-unreachable: it takes about 600 s/) },
    });
    expect(market.all()).toHaveLength(0);
  });
});

describe('a task', () => {
  it('waits while no cluster is as cheap as its own cap, with the numbers', async () => {
    const { client, run, market, ledger } = world();
    const cheap = { maxPriceUsd: 0.000_002, estimatedSeconds: 300 };
    await client.enqueue([nftTask('a', cheap)]);
    await run({ forSeconds: 4000 });
    expect(market.all()).toHaveLength(0);
    const { cause, sentence } = await client.explain('a');
    expect(cause).toBe('budget');
    expect(sentence).toMatch(
      /would cost 0\.\d+ USD, and its maxPriceUsd is 0\.000002\. Asked again/,
    );
    const profile = ledger.rows().find(({ pk, sk }) => String(pk).startsWith('P#') && sk === '#');
    expect(profile?.strikes).toBe(0);
  });

  it('above its own cap holds up no other, and holds no cluster', async () => {
    const { client, run, market } = world();
    await client.enqueue([
      nftTask('dear', { maxPriceUsd: 0.000_002, estimatedSeconds: 300 }),
      nftTask('b', { maxPriceUsd: 10 }),
    ]);
    await run({ forSeconds: 9000 });
    expect(await client.get('b')).toMatchObject({ state: 'done' });
    expect(await client.explain('dear')).toMatchObject({ cause: 'budget' });
    expect(market.all().map(({ phase }) => phase)).toEqual(['DELETED']);
  });
});

describe('the attempts a task allows', () => {
  it.each([
    [1, 'failed'],
    [2, 'done'],
  ])('are its own: with %d of them one lost worker leaves it %s', async (maxAttempts, state) => {
    const { client, run, market, ledger } = clientWorld({
      settings: worldSettings({ clusters: { maxWorkers: 1 } }),
      taskSeconds: () => 200,
    });
    await client.enqueue([nftTask('a', { estimatedSeconds: 200, maxAttempts })]);
    const begun = () => ledger.rows().some(({ started }) => started === true);
    await run({ forSeconds: 3000, done: begun });
    for (const { workers } of market.all()) for (const worker of workers.values()) worker.kill();
    await run({ forSeconds: 9000 });
    expect(await client.get('a')).toMatchObject({ state, attempts: maxAttempts });
  });
});
