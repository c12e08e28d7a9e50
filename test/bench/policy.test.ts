import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import * as z from 'zod';
import { BILLS } from '../../infra/bench/bill.ts';
import { clairvoyantBound } from '../../infra/bench/bound.ts';
import { runBenchCommand } from '../../infra/bench/command.ts';
import { generatedTrace } from '../../infra/bench/generated-trace.ts';
import { quantile } from '../../infra/bench/measures.ts';
import { parseTrace } from '../../infra/bench/trace.ts';

const folder = mkdtempSync(join(tmpdir(), 'burst-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

const Report = z.object({
  bound: z.object({ clusterHours: z.number() }),
  rows: z.array(
    z.object({
      policy: z.string(),
      median: z
        .object({ clusterHours: z.number(), gpuHours: z.number(), ratioToBound: z.number() })
        .loose(),
      controlPlaneUsd: z.array(z.number()).optional(),
      controlPlaneShare: z.object({ median: z.number() }).optional(),
    }),
  ),
});

it('Burst and every baseline run one trace, the records add up to the report, and Burst alone has a control plane to pay', async () => {
  const trace = join(folder, 'trace.csv');
  const rows = Array.from(
    { length: 30 },
    (_, n) => `t${n},${n * 61},${20 + (n % 7)},1,k,m${n % 3}`,
  );
  const head = 'task,arrival_s,service_s,gpus,kind,model';
  writeFileSync(trace, [head, ...rows].join('\n'));
  const [records, plot] = [join(folder, 'records'), join(folder, 'plots', 'policy.svg')];
  let out = '';
  const add = (text: string) => {
    out += text;
  };
  const code = await runBenchCommand(
    ['policy', '--trace', trace, '--seeds', '1', '--records', records, '--plot', plot, '--json'],
    { out: add, err: () => undefined },
  );
  expect(code).toBe(0);
  const report = Report.parse(JSON.parse(out.trimEnd().split('\n').at(-1) ?? ''));
  expect(report.rows.map(({ policy }) => policy)).toEqual([
    ...['burst', 'hour-edge', 'wait-then-hold', 'keda-like', 'idle-300', 'always-on'],
    'cluster-per-task',
  ]);

  const cells = (file: string) =>
    readFileSync(join(records, file), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
  const [leaseHead, ...leases] = cells('leases.csv');
  const [taskHead, ...tasks] = cells('tasks.csv');
  expect(leaseHead?.join()).toBe('policy,seed,lease,start_s,end_s,gpus,paid_s');
  expect(taskHead?.join()).toBe('policy,seed,task,arrival_s,start_s,end_s');
  for (const { policy, median } of report.rows) {
    const own = leases.filter(([name]) => name === policy);
    const paid = own.reduce((sum, cell) => sum + Number(cell[6]), 0) / 3600;
    expect(paid).toBeCloseTo(median.clusterHours, 3);
    expect(median.ratioToBound).toBeCloseTo(median.clusterHours / report.bound.clusterHours, 9);
    const done = tasks.filter(([name]) => name === policy).map((cell) => cell[2]);
    expect(new Set(done).size).toBe(30);
    expect(done).toHaveLength(30);
  }
  const [burst, ...baselines] = report.rows;
  const [usd = 0] = burst?.controlPlaneUsd ?? [];
  const gpuUsd = 0.3 * (burst?.median.gpuHours ?? 0);
  expect(usd).toBeGreaterThan(0.01);
  expect(burst?.controlPlaneShare?.median).toBeCloseTo(usd / gpuUsd, 9);
  expect(baselines.filter((row) => row.controlPlaneUsd !== undefined)).toEqual([]);

  const svg = readFileSync(plot, 'utf8');
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  for (const text of ['cluster-hours', 'p99 wait', 'burst', 'keda-like', 'bound']) {
    expect(svg).toContain(text);
  }
});

it('the generated trace has the shape it is fitted to, and is the same for a seed', () => {
  const tasks = generatedTrace(1);
  expect(generatedTrace(1)).toEqual(tasks);
  expect(generatedTrace(2)).not.toEqual(tasks);
  expect(tasks.length).toBeGreaterThan(1500);
  const service = tasks.map(({ serviceSeconds }) => serviceSeconds).sort((a, b) => a - b);
  expect(quantile(service, 0.5)).toBeGreaterThan(19);
  expect(quantile(service, 0.5)).toBeLessThan(25);
  expect(quantile(service, 0.95)).toBeGreaterThan(52);
  expect(quantile(service, 0.95)).toBeLessThan(70);
  expect(new Set(tasks.map(({ model }) => model)).size).toBeGreaterThan(40);
});

const DEVELOPMENT_TRACE = join('..', 'shared', 'data', 't2i_gentd26_nov.csv');

it.skipIf(!existsSync(DEVELOPMENT_TRACE))(
  'the bound of the development trace is the one that was worked out apart (skipped without the trace)',
  () => {
    const tasks = parseTrace(readFileSync(DEVELOPMENT_TRACE, 'utf8'), DEVELOPMENT_TRACE);
    const hours = [300, 600].map(
      (maxWaitSeconds) =>
        clairvoyantBound(tasks, BILLS.ionet, { clusterGpus: 8, maxWaitSeconds }) / 3600,
    );
    expect(hours[0]).toBeCloseTo(171.2, 1);
    expect(hours[1]).toBeCloseTo(163.0, 1);
  },
);
