import './quiet-sdk.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { brokenLineText, parseTasksFile } from '../../shared/intake/tasks-file.ts';
import type { Task } from '../../shared/model/task.ts';
import { systemClock } from '../../shared/system.ts';
import { closingText } from './demo/closing.ts';
import { demoTasks } from './demo/collection.ts';
import { runDemo } from './demo/run.ts';
import { createScreen } from './demo/screen.ts';
import type { Report } from './demo/snapshot.ts';

/** `npm start`: the main job. Exits with 0 when every task is done and every cluster gone, 1 when not, 2 for input it cannot use, 130 after Ctrl-C. */

/** Local seconds per real second: a paid hour lasts half a minute. */
const SPEED = 120;

const options = new Command('npm start --')
  .description('Run a burst of real tasks on this machine')
  .option('--tasks <file.jsonl>', 'tasks to run instead of the collection, one JSON object a line')
  .option('--out <dir>', 'where results, contact sheet and logs go')
  .option('--calm', 'kill and freeze nothing', false)
  .option('--json', 'print the report as one JSON object, the last line of stdout', false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{ tasks?: string; out?: string; calm: boolean; json: boolean }>();

const stream = options.json ? process.stderr : process.stdout;
// biome-ignore lint/style/noProcessEnv: the one terminal convention there is.
const color = stream.isTTY === true && !process.env.NO_COLOR;
const screen = createScreen({
  write: (text) => void stream.write(text),
  isTerminal: stream.isTTY === true,
  color,
  columns: () => stream.columns ?? 0,
  speed: SPEED,
});

const stopping = new AbortController();
process.once('SIGINT', () => {
  screen.say('stopping: every process that was started is being ended');
  stopping.abort(new Interrupted());
  process.once('SIGINT', () => process.exit(130));
});
process.once('SIGTERM', () => stopping.abort(new Interrupted()));

/** The person at the keyboard has seen enough. */
class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const tasks = options.tasks === undefined ? demoTasks() : tasksFrom(options.tasks);
try {
  const report = await runDemo({
    tasks,
    outDir: options.out ?? join('out', systemClock().now().slice(0, 19).replaceAll(':', '-')),
    calm: options.calm,
    speed: SPEED,
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
  if (!stopping.signal.aborted) throw error;
  process.exitCode = 130;
}

function allIsWell({ tasks: { accepted, done }, clusters }: Report): boolean {
  return accepted === done && clusters.every(({ confirmedGone }) => confirmedGone);
}

/** Every broken line is named, and nothing is enqueued. */
function tasksFrom(file: string): readonly Task[] {
  const parsed = parseTasksFile(readText(file), file);
  if (parsed.ok) return parsed.tasks;
  for (const broken of parsed.broken) process.stderr.write(`${brokenLineText(broken)}\n`);
  return process.exit(2);
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    process.stderr.write(
      `${file}: cannot be read (${error instanceof Error ? error.message : error})\n`,
    );
    return process.exit(2);
  }
}
