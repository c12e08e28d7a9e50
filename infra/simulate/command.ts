import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { buildSimulator } from './build.ts';
import { follow } from './follow.ts';
import { runMutants } from './mutant-campaign.ts';
import type { Order } from './orders.ts';
import { reportLines } from './report-lines.ts';

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
  const program = new Command('simulate')
    .description(
      'Runs the deployed machine and stages on virtual time while everything goes wrong that can, and checks what must hold.',
    )
    .option('--schedules <count>', 'how many schedules', whole(1), 200)
    .option('--seed <seed>', 'seed of the first; the next ones count on from it', whole(0), 1)
    .option('--rates <factor>', 'multiplies every fault rate', number, 3)
    .option(
      '--provider-errors <share>',
      'this share of the calls to the provider fails, and nothing else goes wrong',
      share,
    )
    .option('--replay <seed>', 'runs one schedule again and prints its timeline', whole(0))
    .option('--mutants', 'switches one guard off at a time; each bug must be caught')
    .option('--only <text>', 'with --mutants: those whose name contains this')
    .option('--json', 'print the report as one JSON object, the last line of stdout')
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .exitOverride()
    .action(async (options: Options) => {
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
  const order: Order = {
    do: 'campaign',
    ...{ seed, schedules, multiplier, traces, providerErrors },
    untilViolated: false,
  };
  let violated = 0;
  await follow(path, order, (said) => {
    if (said.say === 'progress' && streams.terminal) {
      const share = Math.round((said.done / schedules) * 30);
      const bar = `${'█'.repeat(share)}${'░'.repeat(30 - share)}`;
      streams.err(`\r${bar} ${said.done} of ${schedules}, ${said.violated} violated `);
    }
    if (said.say === 'report') {
      violated = said.report.violations.length;
      if (streams.terminal) streams.err(`\r${' '.repeat(70)}\r`);
      const text = json ? JSON.stringify(said.report) : reportLines(said.report).join('\n');
      streams.out(`${text}\n`);
    }
    if (said.say === 'trace') {
      streams.out(`\n${said.invariant}, seed ${said.seed}, with the faults it takes:\n`);
      streams.out(`${said.lines.join('\n')}\n`);
      streams.out(`\nAll of it: npm run simulate -- --replay ${said.seed} ${rates}\n`);
    }
  });
  return violated > 0 ? 1 : 0;
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

const whole = (least: number) => (text: string) => {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new InvalidArgumentError(`must be a whole number from ${least} on`);
};

const share = (text: string) => {
  const value = Number(text);
  if (text !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('must be a number from 0 to 1');
};

const number = (text: string) => {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && value >= 0 && value <= 20) return value;
  throw new InvalidArgumentError('must be a number from 0 to 20');
};
