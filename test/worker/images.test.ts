import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FAMILIES, type Family, prepareImage } from '../../infra/worker-image/prepare.ts';
import { ExternalProver } from '../../worker/groth16/external.ts';
import { type DockerLine, execForm, readDockerfile, variables } from '../support/dockerfile.ts';
import { PYTHON } from '../support/python-worker.ts';
import { startProcess, TOKEN, type WorkerProcess } from '../support/worker-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'burst-images-'));
const contextOf = (family: Family) => join(folder, family);
const workers: WorkerProcess[] = [];

beforeAll(async () => {
  for (const family of FAMILIES) await prepareImage(family, contextOf(family));
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
});
afterAll(() => rmSync(folder, { recursive: true }));

const linesOf = (family: Family): DockerLine[] =>
  readDockerfile(readFileSync(join(contextOf(family), 'Dockerfile'), 'utf8'));

/** Lines of the last stage: what the image is. */
function finalStage(family: Family): DockerLine[] {
  const lines = linesOf(family);
  return lines.slice(lines.findLastIndex(({ verb }) => verb === 'FROM'));
}
const last = (family: Family, verb: string): string =>
  finalStage(family).findLast((line) => line.verb === verb)?.rest ?? '';

/** A command of the image, with the programs and the folder of this machine. */
const here = (family: Family, command: readonly string[]): string[] =>
  command.map((word, place) => {
    if (place === 0 && word === 'node') return process.execPath;
    if (place === 0 && word === 'python3') return PYTHON ?? 'python3';
    return word.replace(/^\/app(?=\/|$)/, join(contextOf(family), 'app'));
  });

it('a folder that holds anything is left as it is', async () => {
  const taken = mkdtempSync(join(folder, 'taken-'));
  writeFileSync(join(taken, 'thesis.txt'), 'all of it');
  await expect(prepareImage('cpu', taken)).rejects.toThrow(/is not empty; name a new folder$/);
  expect(readdirSync(taken)).toEqual(['thesis.txt']);
  const file = join(taken, 'thesis.txt');
  await expect(prepareImage('cpu', join(file, 'x'))).rejects.toThrow(
    /cannot be written to \(ENOTDIR\)/,
  );
  await expect(prepareImage('cpu', '/proc/burst')).rejects.toThrow(
    /cannot be written to \(ENOENT\)/,
  );
});

describe.each(FAMILIES)('the image %s', (family) => {
  it('stands on images by digest, which the builder may replace', () => {
    const lines = linesOf(family);
    const stages: string[] = [];
    for (const { verb, rest } of lines.filter((line) => line.verb === 'FROM')) {
      const [image = '', , name] = rest.split(/\s+/);
      const digest = /^docker\.io\/[a-z/]+:[a-z0-9.-]+@\$\{([A-Z_]+_DIGEST)\}$/.exec(image)?.[1];
      expect(digest, `${verb} ${rest}`).toBeDefined();
      const pinned = lines.filter(
        ({ verb, rest }) => verb === 'ARG' && rest.startsWith(`${digest}=`),
      );
      expect(pinned.map(({ rest }) => rest.slice(`${digest}=`.length))).toEqual([
        expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      ]);
      if (name !== undefined) stages.push(name);
    }
    const copied = lines.flatMap(({ verb, rest }) =>
      verb === 'COPY' ? (/^--from=(\S+)/.exec(rest)?.[1] ?? []) : [],
    );
    expect(copied.filter((stage) => !stages.includes(stage))).toEqual([]);
  });

  it('fetches sources by their commit alone, and packages by their version', () => {
    const runs = linesOf(family).filter(({ verb }) => verb === 'RUN');
    for (const { rest } of runs) {
      if (/git .*(clone|fetch)/.test(rest))
        expect(rest).toMatch(/fetch --depth 1 \S+ [0-9a-f]{40}/);
      expect(rest).not.toMatch(/curl|wget|git clone/);
    }
    const requirements = join(contextOf(family), 'requirements.txt');
    if (!existsSync(requirements)) return;
    const named = readFileSync(requirements, 'utf8').split('\n');
    for (const line of named.filter((one) => one !== '' && !one.startsWith('#'))) {
      expect(line).toMatch(/^[a-z]+==\d+\.\d+\.\d+$/);
    }
  });

  it('copies what its context has, and all of it', () => {
    const sources = linesOf(family).flatMap(({ verb, rest }) =>
      verb === 'COPY' && !rest.startsWith('--from=') ? (rest.split(/\s+/)[0] ?? []) : [],
    );
    for (const source of sources) expect(existsSync(join(contextOf(family), source))).toBe(true);
    const kept = sources.map((source) => source.replace(/\/$/, ''));
    expect(readdirSync(contextOf(family)).sort()).toEqual(['Dockerfile', ...kept].sort());
  });

  it('runs as nobody in particular, listens on one port, and has a health check', () => {
    const users = finalStage(family).filter(({ verb }) => verb === 'USER');
    expect(users).toEqual([{ verb: 'USER', rest: '10001:10001' }]);
    const order = finalStage(family).map(({ verb }) => verb);
    expect(order.slice(order.indexOf('USER'))).toEqual([
      'USER',
      'EXPOSE',
      'HEALTHCHECK',
      'ENTRYPOINT',
    ]);
    expect(last(family, 'EXPOSE')).toBe('8080');
  });

  const hasProgram = family !== 'diffusion-cuda' || PYTHON !== undefined;
  it.skipIf(!hasProgram)('starts by its entry point, answers, and is found well', async () => {
    const environment = { ...variables(finalStage(family)), BURST_MODEL_DIR: aModel() };
    const entry = here(family, execForm(last(family, 'ENTRYPOINT')));
    const worker = await startProcess(entry, environment);
    workers.push(worker);
    expect(await worker.call('GET', '/healthz')).toMatchObject({
      status: 200,
      body: { contract: 1, status: 'ready', gpuUsed: family !== 'cpu' },
    });

    const check = here(family, execForm(last(family, 'HEALTHCHECK').replace(/^.*? CMD /, '')));
    const found = async (token: string) => {
      const child = spawn(check[0] ?? '', check.slice(1), {
        cwd: join(contextOf(family), 'app'),
        env: { BURST_PORT: new URL(worker.url).port, BURST_TOKEN: token },
      });
      const [code] = await once(child, 'exit');
      return code;
    };
    expect([await found(TOKEN), await found('another-token-of-22')]).toEqual([0, 1]);
  });
});

describe('the prover of the image zk-cuda', () => {
  const set = () =>
    ExternalProver.parse(JSON.parse(variables(finalStage('zk-cuda')).BURST_ZK_PROVER ?? ''));

  it('is one the worker can run, and is said to use the GPU', () => {
    expect(set()).toMatchObject({ command: ['/app/icicle-prover'], gpuUsed: true });
  });

  it('hands the files on in the order of its own words, and ends the program it talks to', () => {
    const tools = mkdtempSync(join(folder, 'tools-'));
    // What stands for icicle-snark: it keeps what it was told.
    writeFileSync(join(tools, 'icicle-snark'), '#!/bin/sh\nexec cat > "$TOLD"\n', { mode: 0o755 });
    const told = join(tools, 'told');
    const prove = (zkey: string) =>
      spawnSync(here('zk-cuda', set().command)[0] ?? '', [zkey, 'b.wtns', 'p.json', 'q.json'], {
        env: { PATH: `${tools}:/usr/bin:/bin`, TOLD: told },
        encoding: 'utf8',
      });
    expect(prove('a.zkey').status).toBe(0);
    expect(readFileSync(told, 'utf8')).toBe(
      'prove --witness b.wtns --zkey a.zkey --proof p.json --public q.json --device CUDA\nexit\n',
    );
    expect(prove('a b.zkey')).toMatchObject({ status: 1, stderr: 'a path has a blank\n' });
  });
});

/** The least that passes for a model folder. */
function aModel(): string {
  const model = mkdtempSync(join(folder, 'model-'));
  writeFileSync(join(model, 'model_index.json'), '{}');
  return model;
}
