import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import * as z from 'zod';

/** Output kept per stream, bytes. */
const LOG_BYTES = 65_536;

const Announcement = z.object({ listening: z.int().min(1).max(65_535) });

type WorkerState = 'starting' | 'listening' | 'exited';

/** A container, played by a process of this machine. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  state(): WorkerState;
  /** The port it announced, also after its end: a dead container keeps its URL. */
  port(): number | undefined;
  /** The last it wrote. */
  output(stream: 'stdout' | 'stderr'): string;
  /** Settles once it listens or is gone, whichever comes first. */
  readonly spoken: Promise<void>;
  readonly gone: Promise<void>;
  /** Signals it and everything it started. */
  signal(signal: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
}

export interface WorkerCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Starts a worker. It must print one line `{"listening": <port>}` on stdout; all else is log.
 *
 * It leads a process group of its own, so that its children die with it. Its stdin is a pipe that ends
 * when this process does, however that happens: a worker that reads it to the end outlives nobody.
 */
export function startWorker({ argv, env }: WorkerCommand): WorkerProcess {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const logs = { stdout: tail(), stderr: tail() };
  let state: WorkerState = 'starting';
  let port: number | undefined;

  const spoken = latch();
  const gone = latch();
  const toGroup = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // Nothing of the group is left.
    }
  };
  const end = (words: string) => {
    if (state === 'exited') return;
    state = 'exited';
    logs.stderr.add(`${words}\n`);
    // A container ends with its first process, whatever that one started.
    toGroup('SIGKILL');
    spoken.open();
    gone.open();
  };

  const onLine = (line: string) => {
    const announced = Announcement.safeParse(jsonOf(line));
    if (state !== 'starting' || !announced.success) return;
    state = 'listening';
    port = announced.data.listening;
    spoken.open();
  };
  const lines = lineReader(onLine);

  child.on('spawn', () => yieldToOthers(child.pid));

  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    logs.stdout.add(text);
    if (state === 'starting') lines(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => logs.stderr.add(text));
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => end(`the container did not start: ${error.message}`));
  child.on('exit', (code, signal) => end(`the container ended with ${signal ?? `code ${code}`}`));

  return {
    pid: child.pid,
    state: () => state,
    port: () => port,
    output: (stream) => logs[stream].text(),
    spoken: spoken.opened,
    gone: gone.opened,
    signal(signal) {
      if (state !== 'exited') toGroup(signal);
    },
  };
}

/** Steps of nice: on a computer of few cores the work must not starve those who look after it. */
const WORKER_NICENESS = 5;

/** In life a worker has a machine to itself. Its threads are started later, so they inherit this. */
function yieldToOthers(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, WORKER_NICENESS);
  } catch {
    // It has ended already.
  }
}

function latch() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

function tail() {
  let text = '';
  return {
    add(more: string) {
      text = (text + more).slice(-LOG_BYTES);
    },
    text: () => text,
  };
}

function lineReader(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-LOG_BYTES);
    for (const line of lines) onLine(line);
  };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
