import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDemo } from '../../infra/local/demo/run.ts';
import type { Report } from '../../infra/local/demo/snapshot.ts';
import { baseUrlOf, SIMULATOR_KEY } from '../../infra/local/provider.ts';
import { API_FLAVOURS, LIST_PATHS } from '../../shared/ionet/flavour.ts';

const CLI = fileURLToPath(new URL('../../infra/local/ionet/cli.ts', import.meta.url));

const simulatorWith = (...options: string[]): ChildProcess =>
  spawn(process.execPath, ['--import', 'tsx', CLI, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });

const SPEED = 300;
const collection = { name: 'Small', seed: 'a provider elsewhere', supply: 2, size: 64 };

describe.each(API_FLAVOURS)('a small job on a simulator of %s that stands alone', (flavour) => {
  const outDir = mkdtempSync(join(tmpdir(), 'burst-'));
  const said: string[] = [];
  let simulator: ChildProcess;
  let greeting: string[];
  let origin: string;
  let report: Report;

  beforeAll(async () => {
    const options = ['--flavour', flavour, '--speed', `${SPEED}`, '--faults', 'sold-out'];
    simulator = simulatorWith('--port', '0', ...options);
    greeting = await linesUntil(simulator, 'Ctrl-C');
    origin = /http:\/\/127\.0\.0\.1:\d+/.exec(greeting.join('\n'))?.[0] ?? '';
    report = await runDemo({
      work: {
        tasks: [1, 2].map((tokenId) => ({
          taskId: `small-${tokenId}`,
          kind: 'nft.generative',
          spec: { collection, tokenId },
          resources: { vramGb: 24 },
        })),
        files: new Map(),
      },
      outDir,
      calm: false,
      flavour,
      provider: { origin, apiKey: SIMULATOR_KEY },
      speed: SPEED,
      screen: { show: () => undefined, say: (line) => said.push(line), close: () => undefined },
      signal: new AbortController().signal,
      uptimeMs: () => performance.now(),
    });
  });
  afterAll(() => {
    simulator.kill('SIGKILL');
    rmSync(outDir, { recursive: true, force: true });
  });

  it('is done, verified and billed, past the orders its fault profile refuses', () => {
    expect(report.tasks).toMatchObject({ accepted: 2, done: 2 });
    expect(report.clusters).toMatchObject([{ confirmedGone: true }]);
    // A cluster of the other API is bought for two hours, and what it does not take of the second comes back.
    if (flavour === 'caas') expect(report.billedUsd).toBe(report.quotedUsd);
    expect(report.billedUsd).toBeLessThanOrEqual(report.quotedUsd);
    expect(report.billedUsd).toBeGreaterThanOrEqual(report.quotedUsd / 2);
  });

  it('kills nothing there, says so, and needs no control surface', () => {
    expect(said).toContain('nothing is killed or frozen: the provider is not one of ours');
    expect(said.join()).not.toContain('will not add up');
    expect(report.workersLost).toBe(0);
    expect(Object.keys(report.apiCalls)).not.toContain('ionet');
  });

  it('is driven as the simulator says', () => {
    const commands = greeting.filter((line) => line.includes('npm start'));
    expect(commands).toEqual([`  npm start -- --ionet-url ${origin} --flavour ${flavour}`]);
    expect(greeting[0]).toContain('faults: sold-out (the first three orders meet no capacity');
  });

  it('finds its own API alone there', async () => {
    const statuses = API_FLAVOURS.map(async (one) => {
      const url = `${baseUrlOf(origin, one)}/${LIST_PATHS[one]}?page=0&page_size=1`;
      const { status } = await fetch(url, { headers: { 'x-api-key': SIMULATOR_KEY } });
      return [one, status] as const;
    });
    const expected = API_FLAVOURS.map((one) => [one, one === flavour ? 200 : 404] as const);
    expect(await Promise.all(statuses)).toEqual(expected);
  });

  it('leaves a simulator that Ctrl-C ends', async () => {
    simulator.kill('SIGINT');
    expect(await once(simulator, 'exit')).toEqual([0, null]);
  });
});

describe('the simulator by itself', () => {
  it('serves both APIs unless it is told one', async () => {
    const simulator = simulatorWith('--port', '0');
    const greeting = await linesUntil(simulator, 'Ctrl-C');
    simulator.kill('SIGKILL');
    const flavours = greeting.flatMap(
      (line) => /^ {2}npm start .*--flavour (\w+)$/.exec(line)?.[1] ?? [],
    );
    expect(flavours).toEqual([...API_FLAVOURS]);
  });

  it.each([
    { options: ['--port', '70000'], says: /'--port <n>'.* whole number from 0 to 65535/ },
    { options: ['--port', '0', '--faults', 'all'], says: /'--faults <profile>'.*whole-machines/ },
    { options: [], says: /--port <n>' not specified/ },
    { options: ['--port', '0', '--key', 'secret blank'], says: /'--key <key>' must be a key/ },
  ])('says in one line what it cannot use in $options', async ({ options, says }) => {
    const refused = simulatorWith(...options);
    let words = '';
    refused.stderr?.on('data', (text) => {
      words += text;
    });
    expect(await once(refused, 'close')).toEqual([2, null]);
    expect(words).toMatch(says);
    expect(words).not.toContain('secret');
    expect(words.trim().split('\n')).toHaveLength(1);
  });
});

async function linesUntil(child: ChildProcess, last: string): Promise<string[]> {
  if (child.stdout === null) throw new Error('no stdout');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.startsWith(last)) return lines;
  }
  throw new Error(`it ended after ${lines.join(' ')}`);
}
