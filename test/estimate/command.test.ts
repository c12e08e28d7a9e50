import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runEstimateCommand } from '../../infra/estimate/command.ts';
import { storeActual, tasksSha256 } from '../../infra/estimate/stored.ts';
import { parseTasksFile } from '../../shared/intake/tasks-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'burst-estimate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const estimate = (...args: string[]) => estimateWith({}, ...args);

async function estimateWith(
  environment: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const streams = {
    out(text: string) {
      said.out += text;
    },
    err(text: string) {
      said.err += text;
    },
  };
  const code = await runEstimateCommand(args, streams, environment);
  return { code, ...said };
}

function fileOf(...tasks: readonly object[]): string {
  const file = join(folder, 'tasks.jsonl');
  writeFileSync(file, tasks.map((task) => `${JSON.stringify(task)}\n`).join(''));
  return file;
}

const token = (n: number, more: object = {}) => ({
  taskId: `token-${n}`,
  kind: 'nft.generative',
  spec: { collection: { name: 'Test', seed: 'abc', supply: 100, size: 64 }, tokenId: n },
  resources: { gpuModels: ['L40'] },
  ...more,
});

const Json = z.looseObject({
  totals: z.object({ costUsd: z.object({ p50: z.number(), p95: z.number() }) }),
  refused: z.array(z.object({ line: z.int(), code: z.string(), field: z.string() })),
  failedTasks: z.object({ p95: z.number() }),
  givenUp: z.int(),
});

describe('an estimate of a few tasks', () => {
  it('is the same for a seed, lists what intake refuses, and is stored where actual figures go', async () => {
    const file = fileOf(token(1), token(2), token(3, { estimatedSeconds: 1801 }));
    const args = ['--tasks', file, '--runs', '2', '--json', '--out', folder];
    const first = await estimate(...args);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(await estimate(...args)).toEqual(first);

    const last: unknown = JSON.parse(first.out.trimEnd().split('\n').at(-1) ?? '');
    const json = Json.parse(last);
    expect(json.refused).toEqual([
      expect.objectContaining({ line: 3, code: 'E_TOO_LONG', field: 'estimatedSeconds' }),
    ]);
    expect(json).toMatchObject({ givenUp: 0, failedTasks: { p95: 0 } });
    // One L40 for its first hour, with both fees of the provider.
    expect(json.totals.costUsd).toEqual({ p50: 0.67485, p95: 0.67485 });
    expect(JSON.parse(readFileSync(join(folder, 'estimate.json'), 'utf8'))).toEqual(last);

    const parsed = parseTasksFile(readFileSync(file), file);
    const actual = {
      tasksSha256: tasksSha256(parsed.ok ? parsed.tasks : []),
      ...{ costUsd: 1.35, finishSeconds: 900 },
    };
    expect(storeActual(folder, { ...actual, tasksSha256: '0' })).toMatchObject({
      sameTasks: false,
    });
    expect(storeActual(folder, actual)).toMatchObject({
      ...{ world: 'deployed', sameTasks: true, costUsd: { p95: 0.67485 } },
    });
    expect(JSON.parse(readFileSync(join(folder, 'actual.json'), 'utf8'))).toMatchObject(actual);
  });

  it('says of tasks that would only wait why, and puts the chosen GPU beside the others', async () => {
    const far = { taskId: 'far', locations: ['JP'] };
    const { code, out } = await estimate('--tasks', fileOf(token(1), token(2, far)), '--runs', '1');
    expect(code).toBe(0);
    expect(out).toMatch(/\* L40 +48 GB +0\.66 .*cheapest/);
    expect(out).toMatch(/ {2}RTX 3090 .* not asked for: L40/);
    expect(out).toMatch(/would wait and is not in the estimate: .*on offer outside/);
    expect(out).toContain('prices: the simulated catalogue');
  });
});

describe('input that cannot be used', () => {
  it.each([
    ['no file named', [], /required option '--tasks/],
    [
      'no such file',
      ['--tasks', 'none.jsonl'],
      /^--tasks none\.jsonl: cannot be read \(ENOENT\)\n$/,
    ],
    ['a file without a name', ['--tasks', ''], /'--tasks <file\.jsonl>' argument '' is invalid/],
    ['a folder without a name', ['--tasks', 'x', '--out', ''], /'--out <dir>' argument ''/],
    ['a seed that is blank', ['--tasks', 'x', '--seed', ' '], /'--seed <number>' argument ' '/],
    ['no run', ['--tasks', 'x', '--runs', '0'], /--runs.*whole number from 1 to 1000/],
    ['a run too many', ['--tasks', 'x', '--runs', '1001'], /--runs.*whole number from 1 to 1000/],
    ['a flavour that is none', ['--tasks', 'x', '--flavour', 'vm'], /Allowed choices are caas/],
    ['an unknown option', ['--tasks', 'x', '--fast'], /unknown option '--fast'/],
  ])('is answered with 2 and one line: %s', async (_what, args, expected) => {
    const { code, out, err } = await estimate(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(expected);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  it('is named by file, line and field, with nothing estimated', async () => {
    const file = fileOf(token(1), token(2, { labels: { a: 'b' } }));
    const { code, out, err } = await estimate('--tasks', file);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe(`${file}:2: E_UNSUPPORTED: labels - is not supported yet; remove it\n`);
  });

  it('is refused when intake would take none of it, or the folder cannot be written to', async () => {
    const long = fileOf(token(1, { estimatedSeconds: 1801 }));
    expect(await estimate('--tasks', long)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/tasks\.jsonl:1: E_TOO_LONG: estimatedSeconds - /),
    });
    const file = fileOf(token(1));
    expect(await estimate('--tasks', file, '--out', file)).toMatchObject({
      code: 2,
      err: `--out ${file}: cannot be written to (ENOTDIR)\n`,
    });
  });
});

it('an estimate that is none is no comparison', () => {
  const dir = mkdtempSync(join(folder, 'broken-'));
  writeFileSync(join(dir, 'estimate.json'), '{"v": 1');
  expect(storeActual(dir, { tasksSha256: '0', costUsd: 0, finishSeconds: 0 })).toBeNull();
});
