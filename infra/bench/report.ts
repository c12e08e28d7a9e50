import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidArgumentError } from 'commander';

export interface Streams {
  out(text: string): void;
  err(text: string): void;
}

/** What every benchmark of this command may be told. */
export interface ReportOptions {
  readonly plot?: string;
  readonly json?: true;
}

export interface Report {
  readonly lines: readonly string[];
  readonly json: object;
  /** The plot as SVG, where one says something. */
  readonly svg?: string;
}

/** Writes the plot and prints the report, as text or as one JSON object. */
export function deliver(report: Report, { plot, json }: ReportOptions, { out }: Streams): void {
  const said = [...report.lines];
  if (plot !== undefined && report.svg !== undefined) {
    mkdirSync(dirname(plot), { recursive: true });
    writeFileSync(plot, report.svg);
    said.push('', `Plot: ${plot}`);
  }
  out(`${json ? JSON.stringify(report.json) : said.join('\n')}\n`);
}

export const JSON_OPTION = [
  '--json',
  'print the report as one JSON object, the last line of stdout',
] as const;

/** Parses a whole number of an option. */
export const wholeFrom =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(value) && value >= least && value <= most) {
      return value;
    }
    throw new InvalidArgumentError(`must be a whole number from ${least} to ${most}`);
  };
