import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { CAAS_PATH } from '../../infra/local/ionet/api.ts';
import { createIonetClusters } from '../../shared/ionet/clusters.ts';
import { instantOf } from '../../shared/model/time.ts';
import { API_KEY, aClusterRequest, aRequirement, DIGEST, WORKER } from '../support/ionet-world.ts';

const MAIN = fileURLToPath(new URL('../../infra/local/ionet/main.ts', import.meta.url));

const config = {
  apiKey: API_KEY,
  clock: {
    originAt: '2026-11-22T10:00:00.000Z',
    realOriginAt: new Date().toISOString(),
    speed: 60,
  },
  images: { [DIGEST]: WORKER },
  behaviour: { provisioningMedianSeconds: 6, reachableMedianSeconds: 6, listLagSeconds: 6 },
};

let simulator: ChildProcess;
afterEach(() => simulator.kill('SIGKILL'));

async function start(): Promise<string> {
  simulator = fork(MAIN, [JSON.stringify(config)], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  if (simulator.stdout === null) throw new Error('no stdout');
  const [line] = await once(createInterface(simulator.stdout), 'line');
  return `http://127.0.0.1:${JSON.parse(line).listening}${CAAS_PATH}`;
}

/** Rents one worker and returns its URL once it answers. */
async function rentOne(baseUrl: string): Promise<string> {
  const clusters = createIonetClusters({
    baseUrl,
    apiKey: API_KEY,
    clock: { now: () => instantOf(0) },
    timeoutMilliseconds: 5000,
  });
  const [offer] = await clusters.offers(aRequirement());
  if (offer === undefined) throw new Error('no offer');
  const id = await clusters.create(aClusterRequest(offer));
  for (;;) {
    const url = (await clusters.get(id))?.workers[0]?.url;
    if (url !== undefined) return url;
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(1000) }).then(
    () => true,
    () => false,
  );

describe('the simulator process', () => {
  it.each([
    { how: 'SIGTERM', end: () => simulator.kill('SIGTERM') },
    { how: 'SIGINT', end: () => simulator.kill('SIGINT') },
    { how: 'the loss of its parent', end: () => simulator.disconnect() },
    { how: 'SIGKILL, which it cannot see', end: () => simulator.kill('SIGKILL') },
  ])('serves until $how and takes its workers with it', async ({ end }) => {
    const url = await rentOne(await start());
    const settings = await (await fetch(url)).json();
    expect(settings).toMatchObject({ BURST_CLOCK: JSON.stringify(config.clock) });

    end();
    await once(simulator, 'exit');
    while (await answers(url));
    expect(await answers(url)).toBe(false);
  });

  it('says what is wrong with its configuration', async () => {
    simulator = fork(MAIN, ['{}'], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let words = '';
    simulator.stderr?.on('data', (text) => {
      words += text;
    });
    const [code] = await once(simulator, 'close');
    expect(code).not.toBe(0);
    expect(words).toContain('apiKey');
  });
});
