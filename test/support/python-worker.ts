import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startProcess, type WorkerProcess } from './worker-process.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const MAIN = at('../../worker/diffusion/main.py');
const STAND_IN = at('./stand_in_executor.py');

const askedVersion = 'import sys; print(sys.executable); sys.exit(sys.version_info < (3, 11))';
const asked = spawnSync('python3', ['-c', askedVersion], { encoding: 'utf8' });

/** Python 3.11 or newer, by its path; undefined: this machine has none. */
export const PYTHON = asked.status === 0 ? asked.stdout.trim() : undefined;

/** Starts the Python worker on a free port of loopback. `executor: 'real'` is the entry of the image. */
export function startPythonWorker(
  environment: Readonly<Record<string, string | undefined>> = {},
  { executor = 'test' }: { readonly executor?: 'real' | 'test' } = {},
): Promise<WorkerProcess> {
  if (PYTHON === undefined) throw new Error('there is no python3 of 3.11 or newer');
  // -S and -I would hide packages; -B leaves no compiled files in the source tree.
  return startProcess([PYTHON, '-B', MAIN], {
    ...(executor === 'test' ? { BURST_EXECUTOR: STAND_IN } : {}),
    ...environment,
  });
}
