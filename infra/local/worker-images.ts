import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LOCAL_CONTAINERS } from './local-containers.ts';

const WORKER_ENTRY = fileURLToPath(new URL('../../worker/main.ts', import.meta.url));
const WORKER_DIGEST = `sha256:${createHash('sha256').update(readFileSync(WORKER_ENTRY)).digest('hex')}`;

/**
 * The image this world rents machines for; it does every kind. It has no registry: its digest is that of the worker's
 * entry, and the simulator maps it to the command that plays it.
 */
export const WORKER_IMAGE = `burst.local/worker-cpu@${WORKER_DIGEST}`;

/** What plays each image, by digest: one worker, which a container gives a program. */
export const commandsOf = (worker: string): Record<string, readonly string[]> => ({
  [WORKER_DIGEST]: [process.execPath, worker],
  ...Object.fromEntries(
    LOCAL_CONTAINERS.map(({ image, argv }) => [
      image.split('@').at(-1),
      ['env', `BURST_PROGRAM=${JSON.stringify(argv)}`, process.execPath, worker],
    ]),
  ),
});
