import { describe, expect, it } from 'vitest';
import { clientWorld, nftTasks, worldSettings } from '../client/client-world.ts';

/** Four tasks of ten minutes on a cluster that does one at a time; the first of them runs. */
async function atWork() {
  const world = clientWorld({
    settings: worldSettings({
      batches: { maxTasks: 1 },
      clusters: { maxWorkers: 1, maxBursts: 1 },
    }),
    taskSeconds: () => 600,
  });
  await world.client.enqueue(nftTasks(4, { estimatedSeconds: 600 }));
  const begun = () => world.ledger.rows().some(({ started }) => started === true);
  await world.run({ forSeconds: 3000, done: begun });
  const statesNow = async () => {
    const all = [1, 2, 3, 4].map((n) => world.client.get(`task-${n}`));
    return (await Promise.all(all)).map(({ state }) => state).sort();
  };
  return { ...world, statesNow };
}

const REASON = 'prices are too high today';

describe('a stop', () => {
  it.each(['tenant', 'stack'] as const)(
    'of the %s ends what runs, lets the cluster go and keeps what waits',
    async (of) => {
      const { client, run, market, statesNow } = await atWork();
      await client.stop({ mode: 'finish', reason: REASON, of });
      await run({ forSeconds: 1500 });
      expect(await statesNow()).toEqual(['accepted', 'accepted', 'accepted', 'done']);
      expect(market.all().map(({ phase }) => phase)).toEqual(['DELETED']);
      expect(await client.explain('task-4')).toMatchObject({
        cause: 'stopped',
        sentence: expect.stringContaining(`The ${of} was stopped at`),
        facts: { mode: 'finish', reason: REASON },
      });

      await client.resume({ of });
      await run({ forSeconds: 9000 });
      expect(await statesNow()).toEqual(['done', 'done', 'done', 'done']);
      expect(market.all()).toHaveLength(2);
    },
  );

  it('that cancels ends what waits with the reason, and what comes later too', async () => {
    const { client, run, market, statesNow } = await atWork();
    await client.stop({ mode: 'cancel', reason: REASON });
    await run({ forSeconds: 1500 });
    expect(await statesNow()).toEqual(['cancelled', 'cancelled', 'cancelled', 'done']);
    expect((await client.explain('task-4')).sentence).toBe(
      `The task was cancelled: the tenant was stopped: ${REASON}.`,
    );
    await client.enqueue(nftTasks(5));
    await run({ forSeconds: 300 });
    expect(await client.get('task-5')).toMatchObject({ state: 'cancelled' });
    expect(market.all().map(({ phase }) => phase)).toEqual(['DELETED']);
  });

  it('before anything was bought buys nothing', async () => {
    const { client, run, market } = clientWorld();
    await client.stop({ mode: 'finish', reason: REASON });
    await client.enqueue(nftTasks(1));
    await run({ forSeconds: 600 });
    expect(await client.explain('task-1')).toMatchObject({ cause: 'stopped' });
    expect(market.all()).toEqual([]);
  });
});
