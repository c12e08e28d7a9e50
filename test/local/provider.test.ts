import { afterEach, describe, expect, it } from 'vitest';
import { besideIt, clockOf, originOf } from '../../infra/local/provider.ts';
import { instantOf } from '../../shared/model/time.ts';
import { type Scripted, scriptedServer } from '../support/scripted-server.ts';

describe('originOf', () => {
  it.each([
    ['http://127.0.0.1:8123', 'http://127.0.0.1:8123'],
    ['http://localhost:8123/', 'http://localhost:8123'],
    ['http://[::1]:8123', 'http://[::1]:8123'],
  ])('takes %s', (text, origin) => expect(originOf(text)).toEqual({ origin }));

  it.each([
    ['127.0.0.1', 'is no URL'],
    ['https://api.io.solutions', 'must be http on this machine'],
    ['http://10.0.0.1', 'must be http on this machine'],
    ['file:///etc/passwd', 'must be http on this machine'],
    ['http://127.0.0.1:1/enterprise/v1', 'must be an origin alone'],
    ['http://127.0.0.1:1/?x=1', 'must be an origin alone'],
    ['http://me:secret@127.0.0.1:1', 'must hold no user'],
    ['http://:secret@127.0.0.1:1', 'must hold no user'],
  ])('refuses %s', (text, wrong) => {
    expect(originOf(text)).toEqual({ wrong: expect.stringContaining(wrong) });
  });
});

describe('the clock of a provider that is not ours', () => {
  let server: Awaited<ReturnType<typeof scriptedServer>>;
  afterEach(() => server.close());
  const look = async (scripted: Scripted | (() => Scripted)) => {
    server = await scriptedServer(() => (typeof scripted === 'function' ? scripted() : scripted));
    return clockOf({ origin: server.baseUrl, apiKey: 'a-key-of-a-test' }, 'caas');
  };

  it('is read from the headers of a list, with its pace', async () => {
    const startMs = Date.now();
    const date = () => new Date(1e12 + (Date.now() - startMs) * 100).toUTCString();
    const seen = await look(() => ({ body: '{}', headers: { date: date() } }));
    expect(seen.shows.slice(0, 10)).toBe('2001-09-09');
    expect(seen.pace).toBeGreaterThan(50);
    expect(seen.pace).toBeLessThan(200);
    expect(server.seen[0]).toMatchObject({
      path: '/enterprise/v1/io-cloud/caas/deployments',
      headers: { 'x-api-key': 'a-key-of-a-test' },
    });
  });

  it.each([
    [{ status: 401 }, /refuses the key: .*--ionet-key/],
    [{ status: 404 }, /answered 404: is caas the API there/],
    ['hang up' as const, /^nothing answers at/],
  ])('is not guessed from %o', async (scripted, says) => {
    await expect(look(scripted)).rejects.toMatchObject({
      name: 'ProviderUnusable',
      message: expect.stringMatching(says),
    });
  });

  it.each([
    { pace: 100, speed: 100, warned: undefined },
    { pace: 51, speed: 100, warned: undefined },
    { pace: 50, speed: 100, warned: /50 times as fast as real time/ },
    { pace: 1.2, speed: 100, warned: /in real time/ },
    { pace: 200, speed: 100, warned: /200 times as fast/ },
  ])('of pace $pace beside a world of $speed warns: $warned', async ({ pace, speed, warned }) => {
    server = await scriptedServer(() => ({}));
    const at = instantOf(0);
    const { clock, warning } = besideIt({ shows: at, realAt: at, pace }, speed);
    expect(clock).toEqual({ originAt: at, realOriginAt: at, speed });
    if (warned === undefined) expect(warning).toBeUndefined();
    else expect(warning).toMatch(warned);
  });
});
