import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { functionBundles } from '../aws/function-bundles.ts';
import { wholeFrom } from '../command-line/values.ts';
import { STAGE_NAMES } from '../stages.ts';
import { svgBars } from './bars.ts';
import { quantile } from './measures.ts';
import {
  deliver,
  JSON_OPTION,
  plotOption,
  type Report,
  type ReportOptions,
  type Streams,
  thisMachine,
} from './report.ts';
import { tableLines } from './table.ts';

interface BundleRow {
  readonly name: string;
  readonly kilobytes: number;
  /** Median of fresh processes: time of the import alone, milliseconds. */
  readonly importMs: number;
}

const EMPTY = 'empty handler';

/** Imports every function in fresh processes, by turns, beside a handler that does nothing. */
function benchBundles(files: ReadonlyMap<string, string>, rounds: number): BundleRow[] {
  const times = new Map([...files.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, file] of files) times.get(name)?.push(importMs(file));
  }
  return [...files].map(([name, file]) => ({
    name,
    kilobytes: statSync(file).size / 1024,
    importMs: quantile(times.get(name)?.sort((a, b) => a - b) ?? [], 0.5),
  }));
}

/** With no more environment than the import asks for; nothing is called. */
function importMs(file: string): number {
  const code = `const begun = performance.now(); await import(${JSON.stringify(pathToFileURL(file).href)}); process.stdout.write(String(performance.now() - begun)); process.exit(0);`;
  const args = ['--input-type=module', '--eval', code];
  const env = { AWS_REGION: 'us-east-1', BURST_BUS: 'bench', BURST_STACK: 'bench' };
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  const took = Number(stdout);
  if (status !== 0 || stdout === '' || !Number.isFinite(took)) {
    throw new Error(`${file} cannot be imported: ${stderr.trim().slice(0, 500)}`);
  }
  return took;
}

export function addBundles(program: Command, streams: Streams): void {
  program
    .command('bundles')
    .description('Size and import time of every function, beside an empty handler.')
    .option(
      '--rounds <count>',
      'fresh processes of each, of which the median counts',
      wholeFrom(1, 100),
      15,
    )
    .option(...plotOption('bundles'))
    .option(...JSON_OPTION)
    .action(({ rounds, ...options }: ReportOptions & { readonly rounds: number }) => {
      const folder = mkdtempSync(join(tmpdir(), 'burst-bundles-'));
      const empty = join(folder, 'index.mjs');
      writeFileSync(empty, 'export const handler = async () => undefined;\n');
      const { folderOf } = functionBundles();
      const files = new Map([
        [EMPTY, empty],
        ...[...STAGE_NAMES, 'events'].map((name): [string, string] => [
          name,
          join(folderOf(name), 'index.mjs'),
        ]),
      ]);
      const rows = benchBundles(files, rounds);
      rmSync(folder, { recursive: true });
      deliver(bundlesReport(rows, rounds), options, streams);
    });
}

function bundlesReport(rows: readonly BundleRow[], rounds: number): Report {
  const conditions = `medians of ${rounds} fresh processes each, by turns; ${thisMachine()}`;
  const base = rows.find(({ name }) => name === EMPTY)?.importMs ?? Number.NaN;
  const table = tableLines(
    ['function', 'KB', 'import ms', '/ empty'],
    rows.map(({ name, kilobytes, importMs: ms }) => [
      ...[name, kilobytes.toFixed(0), ms.toFixed(1), (ms / base).toFixed(1)],
    ]),
  );
  return {
    lines: [conditions, '', ...table],
    json: { bench: 'bundles', rounds, conditions, rows },
    svg: svgBars({
      title: 'What a cold start imports',
      subtitle: conditions,
      xLabel: 'import, milliseconds',
      series: ['import of the bundle in a fresh process'],
      groups: rows.map(({ name, kilobytes, importMs: ms }) => ({
        ...{ label: `${name} (${kilobytes.toFixed(0)} KB)`, values: [ms] },
      })),
      digits: 1,
    }),
  };
}
