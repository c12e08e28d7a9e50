import './quiet-sdk.ts';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { brokenLineText, parseTasksFile } from '../../shared/intake/tasks-file.ts';
import { API_FLAVOURS, type ApiFlavour } from '../../shared/ionet/flavour.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import type { Task } from '../../shared/model/task.ts';
import { systemClock } from '../../shared/system.ts';
import { codeOf, makeWritableFolder } from '../command-line/folders.ts';
import { oneLineCommand, refuse, refuseAlone } from '../command-line/one-line.ts';
import { pathGiven } from '../command-line/values.ts';
import { closingText } from './demo/closing.ts';
import { runDemo } from './demo/run.ts';
import { createScreen } from './demo/screen.ts';
import type { Report } from './demo/snapshot.ts';
import { demoWork } from './demo/work.ts';
import {
  isUsableKey,
  originOf,
  ProviderUnusable,
  SIMULATOR_KEY,
  UNUSABLE_KEY,
} from './provider.ts';
import { LOCAL_SPEED, ServiceEnded } from './world.ts';

/** `npm start`: the main job. Exits with 0 when every task is done and every cluster gone, 1 when not, 2 for input it cannot use, 130 after Ctrl-C. */

const command = oneLineCommand('npm start --')
  .description('Run a burst of real tasks on this machine')
  .option(
    '--tasks <file.jsonl>',
    'tasks to run instead of the collection, one JSON object a line',
    pathGiven,
  )
  .option(
    '--files <dir>',
    'where the inputs and shared files of those tasks lie, under any names',
    pathGiven,
  )
  .option('--out <dir>', 'where results, contact sheet and logs go', pathGiven)
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
  .parse();
refuseAlone(command, '--files', '--tasks');
refuseAlone(command, '--ionet-key', '--ionet-url');
const options = command.opts<{
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
  // Not shown: it may hold a password.
  if ('wrong' in read) return refuse(command, '--ionet-url', read.wrong);
  const apiKey = options.ionetKey;
  if (isUsableKey(apiKey)) return { origin: read.origin, apiKey };
  return refuse(command, '--ionet-key', UNUSABLE_KEY);
}

function folder(path: string): string {
  try {
    makeWritableFolder(path);
    return path;
  } catch (error) {
    process.stderr.write(`--out ${path}: cannot be written to (${codeOf(error)})\n`);
    return process.exit(2);
  }
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
    process.stderr.write(`--tasks ${file}: cannot be read (${codeOf(error)})\n`);
    return process.exit(2);
  }
}

/** Every file below a folder by its hash: tasks name files by what they hold. */
function filesBelow(dir: string | undefined): ReadonlyMap<string, Uint8Array> {
  if (dir === undefined) return new Map();
  try {
    const files = readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => bytesOf(join(entry.parentPath, entry.name)));
    return new Map(files.map((bytes) => [sha256Of(bytes), bytes]));
  } catch (error) {
    process.stderr.write(`--files ${dir}: cannot be read (${codeOf(error)})\n`);
    return process.exit(2);
  }
}

/** Reading a file of the system that has no length may never end. */
const bytesOf = (file: string): Uint8Array =>
  statSync(file).size === 0 ? new Uint8Array() : readFileSync(file);
