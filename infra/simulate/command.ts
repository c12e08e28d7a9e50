import { CommanderError, Option } from 'commander';
import { oneLineCommand, refuse, refuseAlone } from '../command-line/one-line.ts';
import { numberFrom, wholeFrom } from '../command-line/values.ts';
import { buildSimulator } from './build.ts';
import { follow } from './follow.ts';
import { runMutants } from './mutant-campaign.ts';
import { MUTANTS } from './mutants.ts';
import { merged, type Report } from './report.ts';
import { reportLines } from './report-lines.ts';

/** Seeds that are counted on from it stay exact. */
const MOST_SEED = 2 ** 52;

/** Wrong arguments; a violation is 1. */
const EXIT_REFUSED = 2;

interface Options {
  readonly schedules: number;
  readonly seed: number;
  readonly rates: number;
  readonly providerErrors?: number;
  readonly replay?: number;
  readonly mutants?: true;
  readonly only?: string;
  readonly processes: number;
  readonly json?: true;
}

export interface Streams {
  out(text: string): void;
  err(text: string): void;
  /** Whether a progress bar may be drawn on `err`. */
  readonly terminal: boolean;
}

/**
 * The command behind `npm run simulate`.
 *
 * @param args - What follows the command's name.
 * @returns the exit code: 1 when anything was violated.
 */
export async function runSimulateCommand(
  args: readonly string[],
  streams: Streams,
): Promise<number> {
  let exitCode = 0;
  const program = oneLineCommand('simulate')
    .description(
      'Runs the deployed machine and stages on virtual time while everything goes wrong that can, and checks what must hold.',
    )
    .option('--schedules <count>', 'how many schedules', wholeFrom(1, 10_000_000), 200)
    .option(
      '--seed <seed>',
      'seed of the first; the next ones count on from it',
      wholeFrom(0, MOST_SEED),
      1,
    )
    .option('--rates <factor>', 'multiplies every fault rate', numberFrom(0, 20), 3)
    .addOption(
      new Option(
        '--provider-errors <share>',
        'this share of the calls to the provider fails, and nothing else goes wrong',
      )
        .argParser(numberFrom(0, 1))
        .conflicts(['rates', 'mutants']),
    )
    .addOption(
      new Option('--replay <seed>', 'runs one schedule again and prints its timeline')
        .argParser(wholeFrom(0, MOST_SEED))
        .conflicts(['mutants', 'schedules', 'seed', 'json']),
    )
    .option('--processes <count>', 'how many processes share the schedules', wholeFrom(1, 64), 1)
    .option('--mutants', 'switches one guard off at a time; each bug must be caught')
    .option('--only <text>', 'with --mutants: those whose name contains this')
    .option('--json', 'print the report as one JSON object, the last line of stdout')
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .exitOverride()
    .action(async (options: Options) => {
      refuseAlone(program, '--only', '--mutants');
      const { only = '' } = options;
      if (!MUTANTS.some(({ name }) => name.includes(only))) {
        refuse(program, '--only', 'names no bug: none has this in its name');
      }
      if (options.mutants) exitCode = await runMutants(options, streams);
      else if (options.replay === undefined) exitCode = await campaign(options, streams);
      else exitCode = await replay(options.replay, options, streams);
    });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT_REFUSED;
  }
}

async function campaign(options: Options, streams: Streams): Promise<number> {
  const { schedules, seed, rates: multiplier, json, providerErrors } = options;
  const path = await buildSimulator('shipped');
  const traces = json ? 0 : 3;
  const rates =
    providerErrors === undefined ? `--rates ${multiplier}` : `--provider-errors ${providerErrors}`;
  const parts = shared(seed, schedules, options.processes);
  const done = parts.map(() => 0);
  const violated = parts.map(() => 0);
  const reports: Report[] = [];
  const timelines: string[] = [];
  const startedMs = performance.now();
  const run = async (part: Part, index: number) => {
    const fixed = { multiplier, traces, providerErrors, untilViolated: false };
    await follow(path, { do: 'campaign', ...part, ...fixed }, (said) => {
      if (said.say === 'progress') {
        [done[index], violated[index]] = [said.done, said.violated];
        if (streams.terminal) streams.err(progressLine(sum(done), schedules, sum(violated)));
      }
      if (said.say === 'report') reports.push(said.report);
      if (said.say === 'trace') {
        timelines.push(`\n${said.invariant}, seed ${said.seed}, with the faults it takes:\n`);
        timelines.push(`${said.lines.join('\n')}\n`);
        timelines.push(`\nAll of it: npm run simulate -- --replay ${said.seed} ${rates}\n`);
      }
    });
  };
  await Promise.all(parts.map(run));
  const report = merged(reports, (performance.now() - startedMs) / 1000);
  if (streams.terminal) streams.err(`\r${' '.repeat(70)}\r`);
  streams.out(`${json ? JSON.stringify(report) : reportLines(report).join('\n')}\n`);
  for (const timeline of timelines) streams.out(timeline);
  return report.violations.length > 0 ? 1 : 0;
}

type Part = Pick<Report, 'seed' | 'schedules'>;

/** Seeds in as many stretches as there are processes, none longer than another by more than one. */
function shared(seed: number, schedules: number, processes: number): Part[] {
  const count = Math.min(processes, schedules);
  const startOf = (part: number) => Math.floor((part * schedules) / count);
  return Array.from({ length: count }, (_, part) => ({
    seed: seed + startOf(part),
    schedules: startOf(part + 1) - startOf(part),
  }));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

function progressLine(done: number, schedules: number, violated: number): string {
  const share = Math.round((done / schedules) * 30);
  const bar = `${'█'.repeat(share)}${'░'.repeat(30 - share)}`;
  return `\r${bar} ${done} of ${schedules}, ${violated} violated `;
}

async function replay(
  seed: number,
  { rates: multiplier, providerErrors }: Options,
  streams: Streams,
): Promise<number> {
  const path = await buildSimulator('shipped');
  let violated = false;
  await follow(path, { do: 'replay', seed, multiplier, providerErrors }, (said) => {
    if (said.say !== 'line') return;
    violated ||= said.line.includes('  VIOLATION ');
    streams.out(`${said.line}\n`);
  });
  return violated ? 1 : 0;
}
