import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runEstimateCommand } from '../../infra/estimate/command.ts';
import { catalogueFrom } from '../../infra/estimate/live-prices.ts';
import { DEFAULT_CATALOGUE } from '../../infra/local/ionet/catalogue.ts';
import { CapacityUnavailable } from '../../shared/errors.ts';
import { GpuNeed } from '../../shared/model/gpu.ts';
import type { Offer } from '../../shared/ports.ts';
import { API_KEY, ionetWorld } from '../support/ionet-world.ts';
import { type Scripted, scriptedServer } from '../support/scripted-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'burst-live-'));
afterAll(() => rmSync(folder, { recursive: true }));
let close: () => Promise<unknown> = async () => undefined;
afterEach(() => close());

const file = join(folder, 'tasks.jsonl');
const spec = { collection: { name: 'Test', seed: 'abc', supply: 100, size: 64 }, tokenId: 1 };
const task = { taskId: 'token-1', kind: 'nft.generative', spec, resources: { vramGb: 24 } };
writeFileSync(file, `${JSON.stringify(task)}\n`);

async function live(environment: Readonly<Record<string, string>>, ...more: string[]) {
  const said = { out: '', err: '' };
  const streams = {
    out(text: string) {
      said.out += text;
    },
    err(text: string) {
      said.err += text;
    },
  };
  const args = ['--tasks', file, '--runs', '1', '--live', ...more];
  const code = await runEstimateCommand(args, streams, environment);
  for (const text of [said.out, said.err]) expect(text).not.toContain(API_KEY);
  return { code, ...said };
}

async function simulated(options: Parameters<typeof ionetWorld>[0] = {}) {
  const world = await ionetWorld(options);
  close = world.close;
  return world.simulator;
}

/** The second GPU of the catalogue at another price, and only in Finland. */
const dear = {
  ...DEFAULT_CATALOGUE,
  hardware: DEFAULT_CATALOGUE.hardware
    .slice(1, 2)
    .map((one) => ({ ...one, microUsdPerGpuHour: 5_000_000, gpus: { 3: 2 } })),
};

const Json = z.looseObject({
  catalogue: z.string(),
  flavour: z.string(),
  totals: z.object({ costUsd: z.object({ p50: z.number() }) }),
  live: z.object({ priced: z.int(), baseUrl: z.string() }),
});

describe('an estimate with the prices of now', () => {
  it.each([
    { flavour: 'caas', named: {} },
    { flavour: 'clusters', named: { IONET_API_FLAVOUR: 'clusters' } },
  ] as const)('plans with what the provider has through $flavour, and only reads', async (api) => {
    const simulator = await simulated({ catalogue: dear });
    const baseUrl = api.flavour === 'caas' ? simulator.baseUrl : simulator.clustersUrl;
    const environment = { IONET_API_KEY: API_KEY, IONET_BASE_URL: baseUrl, ...api.named };
    const { code, out, err } = await live(environment, '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { catalogue, flavour, totals, live: asked } = Json.parse(JSON.parse(out));
    expect(catalogue).toMatch(/^live from http:.* 1 GPU and place with what was free/);
    expect({ flavour, ...asked }).toMatchObject({ flavour: api.flavour, priced: 1, baseUrl });
    // An RTX 4090 for its first hour with both fees, and for minutes more where two hours are bought at once.
    expect(totals.costUsd.p50).toBeGreaterThanOrEqual(5.1125);
    expect(totals.costUsd.p50).toBeLessThan(5.5);
    expect(simulator.market.all()).toEqual([]);
    const reads = ['list', 'catalogue', 'offers', 'availability', 'price'];
    expect([...simulator.calls.keys()].filter((name) => !reads.includes(name))).toEqual([]);
    expect(simulator.calls.get('price')).toBe(1);
  });

  it('says in one line, with 2, what stands in its way', async () => {
    const { baseUrl } = await simulated({ catalogue: { locations: [], hardware: [] } });
    const environment = { IONET_API_KEY: API_KEY, IONET_BASE_URL: baseUrl };
    const { baseUrl: gone, close: leave } = await scriptedServer(() => 'hang up');
    await leave();
    const cases: readonly (readonly [object, RegExp])[] = [
      [{}, /^--live: catalogue: nothing these tasks could run on is free: ask again later/],
      [{ IONET_API_KEY: 'an-old-key-of-mine' }, /^--live: key: list answered 401.*ai\.io\.net/],
      [{ IONET_API_KEY: 'two\nlines' }, /^--live: key: the io.net API key .* may hold/],
      [{ IONET_API_KEY: '' }, /^--live: key: IONET_API_KEY/],
      [{ IONET_BASE_URL: gone }, /^--live: api: GET .* nothing listens at/],
      [{ IONET_BASE_URL: 'http://api.example' }, /^--live: api: IONET_BASE_URL: must be https/],
      [{ IONET_BASE_URL: baseUrl.replace(/caas$/, '') }, /^--live: api: GET .* answered 404/],
      [{ IONET_API_FLAVOUR: 'vmaas' }, /^--live: api: IONET_API_FLAVOUR/],
    ];
    for (const [changes, line] of cases) {
      const { code, out, err } = await live({ ...environment, ...changes });
      expect({ code, out }).toEqual({ code: 2, out: '' });
      expect(err).toMatch(line);
      expect(err.trimEnd()).not.toContain('\n');
      expect(err).not.toMatch(/an-old-key|two/);
    }
    expect((await live({ IONET_BASE_URL: baseUrl })).err).toMatch(/IONET_API_KEY is not set/);
  });

  it('names the refusal where only larger machines are rented', async () => {
    const { baseUrl } = await simulated({ behaviour: { fewestGpusPerContainer: 8 } });
    const { code, err } = await live({ IONET_API_KEY: API_KEY, IONET_BASE_URL: baseUrl });
    expect(code).toBe(2);
    expect(err).toMatch(/nothing these tasks could run on is free at a price \(price answered 4/);
  });

  it('shows no key that a provider sends back', async () => {
    const answer = (): Scripted => ({ status: 403, body: { detail: `no such key ${API_KEY}` } });
    const server = await scriptedServer(answer);
    close = server.close;
    const { code, err } = await live({ IONET_API_KEY: API_KEY, IONET_BASE_URL: server.baseUrl });
    expect(code).toBe(2);
    expect(err).toContain('no such key [secret]');
  });
});

describe('a catalogue of what is free', () => {
  const offer = (location: string, more: Partial<Offer> = {}): Offer => ({
    ...{ offerId: `9/1x@${location}`, gpuModel: 'RTX 4090', gpusPerWorker: 1 },
    ...{ location, locationId: `place-${location}`, availableWorkers: 3, ...more },
  });
  const need = (gpus: number) => GpuNeed.parse({ gpus, vramGb: 24 });

  it('keeps a price for each place, counts a GPU once whatever sizes it comes in, and asks once for each need', async () => {
    const asked: number[] = [];
    const { catalogue, priced, refused } = await catalogueFrom(
      {
        async offers({ need: { gpus } }) {
          asked.push(gpus);
          return gpus === 1
            ? [offer('US'), offer('DE'), offer('FI'), offer('US', { gpusPerWorker: 8 })]
            : [offer('US', { gpusPerWorker: 2, availableWorkers: 1 })];
        },
        async quote({ location, gpusPerWorker }, workers, hours) {
          if (location === 'FI') throw new CapacityUnavailable('sold out');
          const perGpu = location === 'US' ? 306_750 : 409_000;
          return { totalMicroUsd: perGpu * gpusPerWorker * workers * hours };
        },
      },
      [need(1), need(2), need(1)],
    );
    expect(asked).toEqual([1, 2]);
    expect({ priced, refused }).toEqual({ priced: 2, refused: 'sold out' });
    expect(catalogue.locations.map(({ id, iso2 }) => [id, iso2])).toEqual([
      [1, 'US'],
      [2, 'DE'],
    ]);
    expect(catalogue.hardware).toMatchObject([
      { microUsdPerGpuHour: 300_000, gpus: { 1: 3 }, maxGpusPerContainer: 2 },
      { microUsdPerGpuHour: 400_000, gpus: { 2: 3 }, maxGpusPerContainer: 1 },
    ]);
  });
});
