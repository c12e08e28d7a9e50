import './quiet-sdk.ts';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { brokenLineText, parseTasksFile } from '../../shared/intake/tasks-file.ts';
import { API_FLAVOURS, type ApiFlavour } from '../../shared/ionet/flavour.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import type { Task } from '../../shared/model/task.ts';
import { systemClock } from '../../shared/system.ts';
import { closingText } from './demo/closing.ts';
import { runDemo } from './demo/run.ts';
import { createScreen } from './demo/screen.ts';
import type { Report } from './demo/snapshot.ts';
import { demoWork } from './demo/work.ts';
import { originOf, ProviderUnusable, SIMULATOR_KEY } from './provider.ts';
import { LOCAL_SPEED, ServiceEnded } from './world.ts';

/** `npm start`: the main job. Exits with 0 when every task is done and every cluster gone, 1 when not, 2 for input it cannot use, 130 after Ctrl-C. */

const options = new Command('npm start --')
  .description('Run a burst of real tasks on this machine')
  .option('--tasks <file.jsonl>', 'tasks to run instead of the collection, one JSON object a line')
  .option('--files <dir>', 'where the inputs and shared files of those tasks lie, under any names')
  .option('--out <dir>', 'where results, contact sheet and logs go')
  .option('--calm', 'kill and freeze nothing', false)
  .addOption(
    new Option('--flavour <api>', 'which API of the provider is spoken')
      .choices(API_FLAVOURS)
      .default('caas'),
  )
  .option('--ionet-url <origin>', 'rent from this server on this machine; nothing is killed there')
  .option('--ionet-key <key>', 'its key', SIMULATOR_KEY)
  .option('--json', 'print the report as one JSON object, the last line of stdout', false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{
    tasks?: string;
    files?: string;
    out?: string;
    calm: boolean;
    flavour: ApiFlavour;
    ionetUrl?: string;
    ionetKey: string;
    json: boolean;
  }>();

const stream = options.json ? process.stderr : process.stdout;
// biome-ignore lint/style/noProcessEnv: the one terminal convention there is.
const color = stream.isTTY === true && !process.env.NO_COLOR;
const screen = createScreen({
  write: (text) => void stream.write(text),
  isTerminal: stream.isTTY === true,
  color,
  columns: () => stream.columns ?? 0,
  speed: LOCAL_SPEED,
});

const stopping = new AbortController();
/** A terminal's Ctrl-C may arrive twice at once, from the terminal and from the runner above this process. */
const DOUBLE_SIGNAL_MS = 500;
let interruptedAtMs: number | undefined;
process.on('SIGINT', () => {
  if (interruptedAtMs === undefined) {
    interruptedAtMs = performance.now();
    screen.say('stopping: every process that was started is being ended');
    stopping.abort(new Interrupted());
  } else if (performance.now() - interruptedAtMs > DOUBLE_SIGNAL_MS) {
    screen.close();
    process.exit(130);
  }
});
process.once('SIGTERM', () => stopping.abort(new Interrupted()));

/** The person at the keyboard has seen enough. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const work =
  options.tasks === undefined
    ? demoWork()
    : { tasks: tasksFrom(options.tasks), files: filesBelow(options.files) };
const provider = providerAt(options.ionetUrl);
const outDir = folder(
  options.out ?? join('out', systemClock().now().slice(0, 19).replaceAll(':', '-')),
);
try {
  const report = await runDemo({
    work,
    outDir,
    calm: options.calm,
    flavour: options.flavour,
    provider,
    speed: LOCAL_SPEED,
    screen,
    signal: stopping.signal,
    uptimeMs: () => performance.now(),
  });
  screen.close();
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else stream.write(`${closingText(report, { color, columns: stream.columns ?? 80 })}\n`);
  process.exitCode = allIsWell(report) ? 0 : 1;
} catch (error) {
  screen.close();
  if (error instanceof ServiceEnded) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  if (error instanceof ProviderUnusable) {
    process.stderr.write(`--ionet-url: ${error.message}\n`);
    process.exit(2);
  }
  if (!stopping.signal.aborted) throw error;
  process.exitCode = 130;
}

function allIsWell({ tasks: { accepted, done }, clusters }: Report): boolean {
  return accepted === done && clusters.every(({ confirmedGone }) => confirmedGone);
}

function providerAt(url: string | undefined) {
  if (url === undefined) return undefined;
  const read = originOf(url);
  if ('origin' in read) return { origin: read.origin, apiKey: options.ionetKey };
  process.stderr.write(`--ionet-url ${url}: ${read.wrong}\n`);
  return process.exit(2);
}

/** Makes the folder and what lies above it, one by one: making all at once never returns below /proc. */
function folder(path: string): string {
  try {
    const missing: string[] = [];
    for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
    for (const at of missing) mkdirSync(at);
    accessSync(path, constants.W_OK);
    if (statSync(path).isDirectory()) return path;
    process.stderr.write(`--out ${path}: is not a folder\n`);
  } catch (error) {
    process.stderr.write(`--out ${path}: cannot be written to (${messageOf(error)})\n`);
  }
  return process.exit(2);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Every broken line is named, and nothing is enqueued. */
function tasksFrom(file: string): readonly Task[] {
  const parsed = parseTasksFile(readBytes(file), file);
  if (parsed.ok) return parsed.tasks;
  for (const broken of parsed.broken) process.stderr.write(`${brokenLineText(broken)}\n`);
  return process.exit(2);
}

function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    process.stderr.write(`${file}: cannot be read (${messageOf(error)})\n`);
    return process.exit(2);
  }
}

/** Every file below a folder by its hash: tasks name files by what they hold. */
function filesBelow(dir: string | undefined): ReadonlyMap<string, Uint8Array> {
  if (dir === undefined) return new Map();
  try {
    const files = readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    return new Map(files.map((bytes) => [sha256Of(bytes), bytes]));
  } catch (error) {
    process.stderr.write(`--files ${dir}: cannot be read (${messageOf(error)})\n`);
    return process.exit(2);
  }
}
