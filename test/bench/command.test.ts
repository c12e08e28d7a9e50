import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runBenchCommand } from '../../infra/bench/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'burst-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function bench(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const code = await runBenchCommand(args, {
    out(text) {
      said.out += text;
    },
    err(text) {
      said.err += text;
    },
  });
  return { code, ...said };
}

function fileOf(text: string): string {
  const file = join(folder, 'trace.csv');
  writeFileSync(file, text);
  return file;
}

const HEAD = 'task,arrival_s,service_s,gpus,kind,model';

describe('a trace that is none', () => {
  it.each([
    ['no header', '', /row 1, column task: is missing/],
    ['a column short', 'task,arrival_s,service_s,gpus,kind\n', /row 1, column model: is missing/],
    ['no row', `${HEAD}\n`, /row 2: there is no task/],
    ['a negative arrival', `${HEAD}\na,-1,5,1,k,m`, /row 2, column arrival_s: "-1" is not seconds/],
    [
      'an arrival in years',
      `${HEAD}\na,15811201,5,1,k,m`,
      /column arrival_s: .* to 15811200, half/,
    ],
    ['no arrival', `${HEAD}\na,,5,1,k,m`, /row 2, column arrival_s: "" is not seconds/],
    [
      'no time to serve',
      `${HEAD}\na,0,5,1,k,m\nb,0,0,1,k,m`,
      /row 3, column service_s: "0" is not/,
    ],
    ['a service too long', `${HEAD}\na,0,1801,1,k,m`, /column service_s: "1801" .* up to 1800/],
    ['a word for a number', `${HEAD}\na,0,crash,1,k,m`, /column service_s: "crash"/],
    [
      'half a GPU',
      `${HEAD}\na,0,5,0.5,k,m`,
      /column gpus: "0.5" is not a whole number from 1 to 8/,
    ],
    ['nine GPUs', `${HEAD}\na,0,5,9,k,m`, /column gpus: "9"/],
    [
      'a task twice',
      `${HEAD}\na,0,5,1,k,m\n\na,1,5,1,k,m`,
      /row 4, column task: "a" is the task of row 2/,
    ],
    ['a task without a name', `${HEAD}\n,0,5,1,k,m`, /row 2, column task: is empty/],
    [
      'a field too few',
      `${HEAD}\na,0,5,1,k`,
      /row 2, column model: the row has 5 fields and the header 6/,
    ],
    ['a field too many', `${HEAD}\na,0,5,1,k,m,x`, /row 2, column model: the row has 7 fields/],
    [
      'more GPUs than a cluster',
      `${HEAD}\na,0,5,4,k,m`,
      /task a, column gpus: 4 GPUs fit on no cluster of 2/,
    ],
  ])('with %s gets one line that says where', async (_what, text, line) => {
    const file = fileOf(text);
    const { code, out, err } = await bench('policy', '--trace', file, '--cluster-gpus', '2');
    expect(err).toMatch(line);
    expect(err).toContain(file);
    expect(err.trimEnd()).not.toContain('\n');
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('because it is not there gets the same', async () => {
    const { code, err } = await bench('policy', '--trace', join(folder, 'nowhere.csv'));
    expect(err).toMatch(/nowhere\.csv: cannot be read \(ENOENT\)\n$/);
    expect(code).toBe(2);
  });
});

it.each([
  ['t_s,nodes_up\n', /row 2: there is no step/],
  ['t_s,nodes_up\n0,4\n0,3', /row 3, column t_s: "0" is not seconds, more in each row/],
  ['t_s,nodes_up\n0,-4', /row 2, column nodes_up: "-4" is not a whole number/],
])('a churn file such as %j gets one line that says where', async (text, line) => {
  const { code, err } = await bench('policy', '--churn', fileOf(text));
  expect(err).toMatch(line);
  expect(code).toBe(2);
});

it.each([
  [['--cluster-gpus', '9'], /must be a whole number from 1 to 8, or mixed/],
  [['--cluster-gpus', '0'], /must be a whole number from 1 to 8, or mixed/],
  [['--bill', 'free'], /Allowed choices are ionet, exact, hourly/],
  [['--bound-wait-seconds', '-1'], /must be a number from 0 to 1000000000/],
  [['--bound-wait-seconds', ''], /must be a number from 0 to 1000000000/],
  [['--plot', join(import.meta.filename, 'p.svg')], /cannot be written to \((ENOTDIR|EEXIST)\)/],
  [['--records', import.meta.filename], /cannot be written to \(ENOTDIR\)/],
  [['--plot', '/proc/burst/p.svg'], /'--plot <file>' argument .*cannot be written to \(ENOENT\)/],
  [['--plot', ''], /'--plot <file>' argument '' is invalid/],
  [['--records', '/proc/burst'], /'--records <folder>' argument .*cannot be written to \(ENOENT\)/],
  [['--trace', ''], /'--trace <file>' argument '' is invalid/],
  [['--churn='], /'--churn <file>' argument '' is invalid/],
  [['--bound-wait-seconds', '0x10'], /'--bound-wait-seconds <seconds>'/],
  [['--seeds', ' 5'], /'--seeds <count>'/],
  [['--cluster-gpus', '2.0'], /1 to 8, or mixed/],
  [['--seeds', '0'], /must be a whole number from 1 to 100/],
  [['--colour', 'red'], /unknown option '--colour'/],
])('options such as %j are refused in one line', async (args, line) => {
  const { code, err } = await bench('policy', ...args);
  expect(err).toMatch(line);
  expect(err.trimEnd()).not.toContain('\n');
  expect(code).toBe(2);
});

it('a plot is left neither behind nor emptied when a later option is refused', async () => {
  const plots = mkdtempSync(join(folder, 'plots-'));
  const [fresh, kept] = [join(plots, 'new.svg'), join(plots, 'kept.svg')];
  writeFileSync(kept, 'of yesterday');
  for (const plot of [fresh, kept]) {
    expect((await bench('policy', '--plot', plot, '--seeds', '0')).code).toBe(2);
  }
  expect(readdirSync(plots)).toEqual(['kept.svg']);
  expect(readFileSync(kept, 'utf8')).toBe('of yesterday');
});

it.each([
  [['orchestration', '--most', '0'], /must be a whole number from 1 to 10000/],
  [['orchestration', '--plot', '/proc/burst/p.svg'], /'--plot <file>' .*\(ENOENT\)/],
  [['gaps', '--plot', '/proc/p.svg'], /'--plot <file>' .*\(ENOENT\)/],
  [['planner', '--plot', '/proc/p.svg'], /'--plot <file>' .*\(ENOENT\)/],
  [['makespan', '--plot', '/proc/p.svg'], /'--plot <file>' .*\(ENOENT\)/],
  [['bundles', '--plot', '/proc/p.svg'], /'--plot <file>' .*\(ENOENT\)/],
  [['intake', '--plot', '/proc/p.svg'], /'--plot <file>' .*\(ENOENT\)/],
  [['planner', '--rounds', 'many'], /must be a whole number from 1 to 1000/],
  [['makespan', '--seeds', ''], /must be a whole number from 1 to 100/],
  [['stragglers', '--seeds', '0'], /must be a whole number from 1 to 100/],
  [['intake', '--tasks', '99'], /must be a whole number from 100 to 100000/],
  [['intake', '--rounds', '0'], /must be a whole number from 1 to 100/],
  [['bundles', '--rounds', '1.5'], /must be a whole number from 1 to 100/],
])('%j is refused in one line', async (args, line) => {
  const { code, err } = await bench(...args);
  expect(err).toMatch(line);
  expect(err.trimEnd()).not.toContain('\n');
  expect(code).toBe(2);
});

it('a benchmark nobody knows is refused', async () => {
  const { code, err } = await bench('pace');
  expect(err).toMatch(/unknown command 'pace'/);
  expect(code).toBe(2);
});
