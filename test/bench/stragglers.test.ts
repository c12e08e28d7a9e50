import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { runBenchCommand } from '../../infra/bench/command.ts';

const OverSeeds = z.object({ median: z.number(), worst: z.number() });
const Answer = z.object({
  rows: z.array(
    z.object({
      tasksPerWorker: z.int(),
      p99: OverSeeds,
      least: OverSeeds,
      slotSeconds: OverSeeds,
    }),
  ),
});

it('second attempts beside a slow worker halve p99 for a twentieth more slot time, where the work leaves room for it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'burst-stragglers-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const plot = join(folder, 'stragglers.svg');
  const said: string[] = [];
  const streams = { out: (text: string) => void said.push(text), err: () => undefined };
  const args = ['stragglers', '--seeds', '1', '--json', '--plot', plot];
  expect(await runBenchCommand(args, streams)).toBe(0);
  const { rows } = Answer.parse(JSON.parse(said.join('')));
  expect(rows.map(({ tasksPerWorker }) => tasksPerWorker)).toEqual([1, 5]);
  for (const { slotSeconds } of rows) expect(slotSeconds.worst).toBeLessThanOrEqual(1.05);
  expect(rows[0]?.p99.worst).toBeLessThanOrEqual(0.5);
  // Five tasks a worker take longer than half of what the slow one needs for one, whoever does them.
  expect(rows[1]?.least.worst).toBeGreaterThan(0.5);
  expect(rows[1]?.p99.worst).toBeLessThan(0.9);
  expect(readFileSync(plot, 'utf8')).toMatch(/^<svg/);
});
