import { closeSync, existsSync, openSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { dirname } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { codeOf, makeFolder, makeWritableFolder } from '../command-line/folders.ts';
import { pathGiven } from '../command-line/values.ts';

export interface Streams {
  out(text: string): void;
  err(text: string): void;
}

/** What every benchmark of this command may be told. */
export interface ReportOptions {
  readonly plot: string;
  readonly json?: true;
}

export interface Report {
  readonly lines: readonly string[];
  readonly json: object;
  /** The plot as SVG. */
  readonly svg: string;
}

/** Writes the plot and prints the report, as text or as one JSON object. */
export function deliver(report: Report, { plot, json }: ReportOptions, { out }: Streams): void {
  writeText(plot, report.svg);
  const said = [...report.lines, '', `Plot: ${plot}`];
  out(`${json ? JSON.stringify(report.json) : said.join('\n')}\n`);
}

export const JSON_OPTION = [
  '--json',
  'print the report as one JSON object, the last line of stdout',
] as const;

/** Each benchmark has a plot of its own. */
export const plotOption = (bench: string) =>
  ['--plot <file>', 'where the plot goes', writableFile, `out/bench/${bench}.svg`] as const;

/** What a time that was measured here depends on. */
export const thisMachine = (): string =>
  `Node ${process.versions.node}, ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'})`;

/** Writes a file, and makes the folder it goes to. */
function writeText(file: string, text: string): void {
  makeFolder(dirname(file));
  writeFileSync(file, text);
}

/** Where results go is tried before the minutes of work that make them. */
export function writableFolder(folder: string): string {
  return tried(folder, () => makeWritableFolder(folder));
}

/** Leaves no file where there was none: a later option may be refused. */
function writableFile(file: string): string {
  return tried(file, () => {
    makeFolder(dirname(file));
    const isNew = !existsSync(file);
    closeSync(openSync(file, 'a'));
    if (isNew) rmSync(realpathSync(file));
  });
}

function tried(path: string, act: () => void): string {
  pathGiven(path);
  try {
    act();
    return path;
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be written to (${codeOf(error)}).`);
  }
}
