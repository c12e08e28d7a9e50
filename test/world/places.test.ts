import { describe, expect, it } from 'vitest';
import { clientWorld, nftTask, nftTasks, worldSettings } from '../client/client-world.ts';

describe('rules about places', () => {
  it('put work with a tag only where the tag allows, through burst and results', async () => {
    const world = clientWorld();
    const receipts = await world.client.enqueue(nftTasks(6, { compliance: ['GDPR'] }));
    const states = await world.timers.settle(world.client.wait(receipts));
    expect(states.map(({ state }) => state)).toEqual(receipts.map(() => 'done'));
    const places = world.market.all().map(({ request }) => request.offer.location);
    expect(places.length).toBeGreaterThan(0);
    for (const place of places) expect(['DE', 'FI']).toContain(place);
  });

  it('refuse a tag that no country of the deployment meets, and keep the task beside it', async () => {
    const world = clientWorld({ settings: worldSettings({ allowedLocations: ['US'] }) });
    const [british = '', german = '', any = ''] = await world.client.enqueue([
      nftTask('a', { compliance: ['UK-GDPR'] }),
      nftTask('b', { locations: ['DE'] }),
      nftTask('c'),
    ]);
    await world.run({ forSeconds: 1000 });
    expect(await world.client.get(british)).toMatchObject({
      state: 'rejected',
      code: 'E_COMPLIANCE',
    });
    expect(await world.client.get(german)).toMatchObject({ state: 'rejected', code: 'E_LOCATION' });
    expect(await world.client.get(any)).toMatchObject({ state: 'done' });
    const places = world.market.all().map(({ request }) => request.offer.location);
    expect(new Set(places)).toEqual(new Set(['US']));
  });

  it('leave a task waiting where nothing is on offer, and name where it would be', async () => {
    const world = clientWorld();
    const [receipt = ''] = await world.client.enqueue([nftTask('a', { compliance: ['UK-GDPR'] })]);
    await world.run({ forSeconds: 400 });
    expect(world.market.all()).toEqual([]);
    const { cause, sentence, facts } = await world.client.explain(receipt);
    expect({ cause, facts }).toMatchObject({ cause: 'no-capacity', facts: { locations: 'GB' } });
    expect(sentence).toMatch(
      /^No machine could be had for 1 GPU of 1 GB or more in GB: nothing is on offer; on offer outside the allowed locations: RTX 3090 in US, RTX 3090 in DE, /,
    );
  });
});
