import { readFileSync } from 'node:fs';
import { brokenLineText, parseTasksFile } from '../../shared/intake/tasks-file.ts';
import type { ApiFlavour } from '../../shared/ionet/flavour.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import type { Task } from '../../shared/model/task.ts';
import { codeOf } from '../command-line/folders.ts';
import { closingText } from './demo/closing.ts';
import { type DemoOptions, runDemo } from './demo/run.ts';
import { createScreen } from './demo/screen.ts';
import type { Report } from './demo/snapshot.ts';
import { demoWork } from './demo/work.ts';
import { FolderTooLarge, filesBelow } from './files-below.ts';
import { ProviderUnusable } from './provider.ts';
import { LOCAL_SPEED, ServiceEnded } from './world.ts';

export interface MainJobOptions {
  readonly tasks?: string;
  readonly files?: string;
  readonly outDir: string;
  readonly calm: boolean;
  readonly flavour: ApiFlavour;
  readonly provider: DemoOptions['provider'];
  readonly json: boolean;
}

/** A terminal's Ctrl-C may arrive twice at once, from the terminal and from the runner above this process. */
const DOUBLE_SIGNAL_MS = 500;

/** The person at the keyboard has seen enough. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The main job, from a checked command line to the exit status. Everything it started has ended when it ends. */
export async function runMainJob(options: MainJobOptions): Promise<void> {
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

  const work =
    options.tasks === undefined
      ? demoWork()
      : { tasks: tasksFrom(options.tasks), files: filesFrom(options.files) };
  try {
    const report = await runDemo({
      ...options,
      work,
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
}

function allIsWell({ tasks: { accepted, done }, clusters }: Report): boolean {
  return accepted === done && clusters.every(({ confirmedGone }) => confirmedGone);
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
function filesFrom(dir: string | undefined): ReadonlyMap<string, Uint8Array> {
  if (dir === undefined) return new Map();
  try {
    return new Map(filesBelow(dir).map((bytes) => [sha256Of(bytes), bytes]));
  } catch (error) {
    const why =
      error instanceof FolderTooLarge
        ? `holds ${error.message}; name a folder with the files of the tasks alone`
        : `cannot be read (${codeOf(error)})`;
    process.stderr.write(`--files ${dir}: ${why}\n`);
    return process.exit(2);
  }
}
