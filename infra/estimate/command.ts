import { readFileSync } from 'node:fs';
import { CommanderError, Option } from 'commander';
import { type DoctorConfig, doctorConfigFrom } from '../../shared/config.ts';
import { requirementOf } from '../../shared/intake/batches.ts';
import { parseTask, type SoundTask } from '../../shared/intake/parse-task.ts';
import { type BrokenLine, brokenLineText, parseTasksFile } from '../../shared/intake/tasks-file.ts';
import { API_FLAVOURS, type ApiFlavour } from '../../shared/ionet/flavour.ts';
import { canonicalJson } from '../../shared/model/digest.ts';
import type { Task } from '../../shared/model/task.ts';
import { systemClock } from '../../shared/system.ts';
import { codeOf, makeWritableFolder } from '../command-line/folders.ts';
import { oneLineCommand } from '../command-line/one-line.ts';
import { pathGiven, wholeFrom } from '../command-line/values.ts';
import { DEFAULT_CATALOGUE } from '../local/ionet/catalogue.ts';
import { buildEstimate } from '../simulate/build.ts';
import { deploymentFor } from './deployment.ts';
import { type EstimatedWorld, WORLDS } from './draws.ts';
import { estimate, TENANT } from './estimate.ts';
import type { LivePrices } from './live-prices.ts';
import { type EstimateConditions, estimateJson, estimateLines } from './report.ts';
import type { RunOptions, RunResult } from './run-once.ts';
import { ESTIMATE_FILE, tasksSha256, write } from './stored.ts';

/** Wrong arguments, or a file that is not what it should be. */
const EXIT_REFUSED = 2;

export interface Streams {
  out(text: string): void;
  err(text: string): void;
}

interface Options {
  readonly tasks: string;
  readonly world: EstimatedWorld;
  readonly flavour?: ApiFlavour;
  readonly live?: true;
  readonly runs: number;
  readonly seed: number;
  readonly out?: string;
  readonly json?: true;
}

/** A file or folder that cannot be used, one line for each thing that is wrong. */
class Unusable extends Error {
  override readonly name = 'Unusable';
}

/**
 * The command behind `npm run estimate`.
 *
 * @param args - What follows the command's name.
 * @param environment - Where `--live` finds provider and key, by the names a deployment has them.
 * @returns the exit code.
 */
export async function runEstimateCommand(
  args: readonly string[],
  streams: Streams,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const program = oneLineCommand('npm run estimate --')
    .description('What a set of tasks would cost and when it would end, before anything is spent.')
    .requiredOption('--tasks <file.jsonl>', 'tasks, one JSON object a line', pathGiven)
    .addOption(
      new Option('--world <world>', "a deployment's default settings, or those of npm start")
        .choices(WORLDS)
        .default('deployed'),
    )
    .addOption(
      new Option(
        '--flavour <api>',
        'which API of the provider is spoken (default: IONET_API_FLAVOUR with --live, else caas)',
      ).choices(API_FLAVOURS),
    )
    .option(
      '--live',
      'ask io.net once for prices and free workers of now; buys nothing (key: IONET_API_KEY)',
    )
    .option('--runs <count>', 'runs with other delays and times, 1 to 1000', wholeFrom(1, 1000), 20)
    .option(
      '--seed <number>',
      'of the first run; the next has the next',
      wholeFrom(0, 1_000_000),
      1,
    )
    .option(
      '--out <dir>',
      `write ${ESTIMATE_FILE} there; npm start --out writes beside it`,
      pathGiven,
    )
    .option('--json', 'print the estimate as one JSON object, the last line of stdout')
    .addHelpText(
      'after',
      '\n--live reads IONET_API_KEY, and where they differ from the default IONET_BASE_URL and IONET_API_FLAVOUR.',
    )
    .action((options: Options) => estimateFile(options, streams, environment))
    .exitOverride()
    .configureOutput({ writeOut: streams.out, writeErr: streams.err });
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof Unusable) {
      streams.err(`${error.message}\n`);
      return EXIT_REFUSED;
    }
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT_REFUSED;
  }
}

async function estimateFile(
  options: Options,
  streams: Streams,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { tasks: file, world, runs, seed, out } = options;
  const provider = options.live ? providerIn(environment, options.flavour) : undefined;
  const flavour = provider?.flavour.told ? provider.flavour.value : (options.flavour ?? 'caas');
  const { tasks, lines } = tasksFrom(file);
  const { settings, assumed } = deploymentFor(world, flavour, tasks);
  const { sound, refused } = takenIn(tasks, (text) => parseTask(text, settings), file, lines);
  if (sound.length === 0) throw new Unusable(refused.map(brokenLineText).join('\n'));
  if (out !== undefined) usable(out, () => makeWritableFolder(out));
  const live = provider === undefined ? undefined : await pricesOf(provider, sound);
  const conditions: EstimateConditions = {
    ...{ file, tasksSha256: tasksSha256(tasks), accepted: sound.length, refused },
    ...{ world, flavour, runs, seed, assumed, live: live ?? null },
  };
  const { runOnce }: { runOnce: (run: RunOptions) => Promise<RunResult> } = await import(
    await buildEstimate()
  );
  const estimated = await estimate({
    ...{ tasks: sound, settings, world, runs, seed, runOnce },
    catalogue: live?.catalogue ?? DEFAULT_CATALOGUE,
    extendable: flavour === 'caas',
  });
  const json = estimateJson(estimated, conditions);
  if (out !== undefined) usable(out, () => write(out, ESTIMATE_FILE, json));
  const text = options.json
    ? JSON.stringify(json)
    : estimateLines(estimated, conditions).join('\n');
  streams.out(`${text}\n`);
}

/** A flavour that was named goes before the environment's. */
const providerIn = (
  environment: Readonly<Record<string, string | undefined>>,
  flavour: ApiFlavour | undefined,
): DoctorConfig =>
  doctorConfigFrom(
    flavour === undefined ? environment : { ...environment, IONET_API_FLAVOUR: flavour },
  );

async function pricesOf(provider: DoctorConfig, tasks: readonly SoundTask[]): Promise<LivePrices> {
  const { livePrices } = await import('./live-prices.ts');
  const needs = tasks.map((task) => requirementOf(TENANT, task).need);
  const live = await livePrices(provider, needs, systemClock());
  if ('wrong' in live) throw new Unusable(`--live: ${live.wrong}`);
  return live;
}

/** What intake would say to each task. */
function takenIn(
  tasks: readonly Task[],
  read: (text: string) => ReturnType<typeof parseTask>,
  file: string,
  lines: readonly number[],
): { readonly sound: SoundTask[]; readonly refused: BrokenLine[] } {
  const sound: SoundTask[] = [];
  const refused: BrokenLine[] = [];
  for (const [index, task] of tasks.entries()) {
    const parsed = read(canonicalJson(task));
    if (parsed.ok) sound.push(parsed.task);
    else refused.push({ file, line: lines[index] ?? 0, ...parsed.refusal });
  }
  return { sound, refused };
}

/** Every broken line is named, and nothing is estimated. */
function tasksFrom(file: string) {
  const parsed = parseTasksFile(bytesOf(file), file);
  if (parsed.ok) return parsed;
  throw new Unusable(parsed.broken.map(brokenLineText).join('\n'));
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Unusable(`--tasks ${file}: cannot be read (${codeOf(error)})`);
  }
}

function usable(dir: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new Unusable(`--out ${dir}: cannot be written to (${codeOf(error)})`);
  }
}
