import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { bundleWorker } from '../../infra/worker-image/bundle.ts';
import { WorkerId } from '../../shared/model/ids.ts';
import type { WorkerAddress } from '../../shared/ports.ts';

export const TOKEN = 'a-token-for-tests-only';

/** A worker in a process of its own, as in life. */
export interface WorkerProcess {
  readonly url: string;
  readonly address: WorkerAddress;
  readonly process: ChildProcess;
  /** Everything it wrote so far, one line each. */
  readonly lines: readonly string[];
  /** One HTTP call with the right token unless `headers` say otherwise. */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<WorkerReply>;
  /** Exit code of the process, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Ends it at once, as a lost machine does. */
  kill(): Promise<void>;
}

interface WorkerReply {
  readonly status: number;
  readonly bytes: number;
  readonly body: unknown;
}

export type StartWorker = (
  environment?: Readonly<Record<string, string | undefined>>,
) => Promise<WorkerProcess>;

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const ENTRIES = {
  main: root('worker/main.ts'),
  'executor-thread': root('worker/executor-thread.ts'),
  'worker-main': root('test/support/worker-main.ts'),
  'worker-thread': root('test/support/worker-thread.ts'),
};

let bundled: Promise<string> | undefined;

/**
 * The Node worker as plain JavaScript, once per process of the tests: a worker that compiles itself at its start
 * takes seconds. @returns its folder.
 */
async function bundle(): Promise<string> {
  const outdir = mkdtempSync(join(tmpdir(), 'burst-worker-'));
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }));
  await bundleWorker(ENTRIES, outdir);
  return outdir;
}

/** Starts a Node worker on a free port of loopback. `executors: 'real'` is the entry of the container. */
export async function startWorkerProcess(
  environment: Readonly<Record<string, string | undefined>> = {},
  { executors = 'test' }: { readonly executors?: 'real' | 'test' } = {},
): Promise<WorkerProcess> {
  bundled ??= bundle();
  const entry = join(await bundled, executors === 'real' ? 'main.mjs' : 'worker-main.mjs');
  return startProcess([process.execPath, entry], environment);
}

/** Starts a worker by its command line; it must print `{"listening": port}` first. */
export async function startProcess(
  [command = '', ...args]: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<WorkerProcess> {
  const child = spawn(command, args, {
    env: {
      BURST_PORT: '0',
      BURST_HOST: '127.0.0.1',
      BURST_TOKEN: TOKEN,
      // Whatever the machine of the tests has.
      BURST_GPUS: '[]',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const ended = once(child, 'exit').then(([code, signal]): number | string => code ?? signal);
  const begun = await Promise.race([once(reader, 'line'), ended]);
  if (!Array.isArray(begun)) throw new Error(`the worker ended with ${begun} before it listened`);
  const { listening } = z.object({ listening: z.int() }).parse(JSON.parse(lines[0] ?? 'null'));
  const url = `http://127.0.0.1:${listening}`;

  return {
    url,
    address: { workerId: WorkerId.parse('w-1'), url, token: TOKEN },
    process: child,
    lines,
    ended,
    async call(method, path, body, headers = { authorization: `Bearer ${TOKEN}` }) {
      const sent = typeof body === 'string' ? body : JSON.stringify(body);
      const response = await fetch(url + path, {
        method,
        headers,
        ...(sent ? { body: sent } : {}),
      });
      const text = await response.text();
      return { status: response.status, bytes: Buffer.byteLength(text), body: JSON.parse(text) };
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
