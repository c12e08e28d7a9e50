import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type * as z from 'zod';

/** A process of the local world, known by the JSON line it announces itself with. */
export interface LocalProcess<Announcement> {
  readonly announced: Announcement;
  readonly pid: number;
  /** Settles when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Asks it to end and waits; after `patienceMilliseconds` it is killed. */
  stop(patienceMilliseconds?: number): Promise<void>;
}

export interface StartOptions<Announcement> {
  /** Path of its built file. */
  readonly entry: string;
  /** Its one argument, as JSON. */
  readonly config: unknown;
  readonly announcement: z.ZodType<Announcement>;
  /** Hears every further line of its output. */
  readonly onLine?: (line: string) => void;
}

/** Where a child finds programs; the rest of our environment is none of its business. */
const childEnvironment = (): Record<string, string> => ({
  // biome-ignore lint/style/noProcessEnv: handed on, not read.
  PATH: process.env.PATH ?? '',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
});

/** Of a worker that runs as a process of this machine. */
export const localWorkerEnv = (): Record<string, string> => ({
  ...childEnvironment(),
  BURST_HOST: '127.0.0.1',
  BURST_END_WITH_STDIN: 'true',
});

/**
 * Starts a process of the local world and waits for its announcement. It ends when this process
 * does: its IPC channel closes then.
 */
export async function startProcess<Announcement>(
  options: StartOptions<Announcement>,
): Promise<LocalProcess<Announcement>> {
  const child = fork(options.entry, [JSON.stringify(options.config)], {
    execArgv: [],
    env: childEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Its own group: Ctrl-C reaches this process only, which then ends the others in order.
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const announced = await announcementOf(child, options);
  return {
    announced,
    pid: child.pid ?? 0,
    ended,
    async stop(patienceMilliseconds = 3000) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), patienceMilliseconds);
      await ended;
      clearTimeout(timer);
    },
  };
}

function announcementOf<Announcement>(
  child: ChildProcess,
  { entry, announcement, onLine }: StartOptions<Announcement>,
): Promise<Announcement> {
  return new Promise((resolve, reject) => {
    const errors: string[] = [];
    let announced = false;
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const why = errors.slice(-20).join('\n');
      if (!announced)
        reject(new Error(`${entry} ended with ${code ?? signal} at its start\n${why}`));
    });
    const lines = (stream: NodeJS.ReadableStream | null, take: (line: string) => void) => {
      if (stream !== null) createInterface({ input: stream }).on('line', take);
    };
    lines(child.stderr, (line) => {
      if (!announced) errors.push(line);
      onLine?.(line);
    });
    lines(child.stdout, (line) => {
      if (announced) return onLine?.(line);
      const parsed = announcement.safeParse(jsonOf(line));
      if (!parsed.success) return onLine?.(line);
      announced = true;
      resolve(parsed.data);
    });
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
