import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
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

const MAINS = { real: '../../worker/main.ts', test: './worker-main.ts' };

/** Starts a worker on a free port of loopback. `executors: 'real'` is the entry of the container. */
export async function startWorkerProcess(
  environment: Readonly<Record<string, string>> = {},
  { executors = 'test' }: { readonly executors?: keyof typeof MAINS } = {},
): Promise<WorkerProcess> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL(MAINS[executors], import.meta.url))],
    {
      env: {
        BURST_PORT: '0',
        BURST_HOST: '127.0.0.1',
        BURST_TOKEN: TOKEN,
        // Whatever the machine of the tests has.
        BURST_GPUS: '[]',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
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
