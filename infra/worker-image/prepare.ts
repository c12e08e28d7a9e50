import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeOf, makeWritableFolder } from '../command-line/folders.ts';
import { bundleWorker } from './bundle.ts';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Worker images, by the folder of their Dockerfile. */
export const FAMILIES = ['cpu', 'zk-cuda', 'diffusion-cuda'] as const;
export type Family = (typeof FAMILIES)[number];

/**
 * Writes everything `docker build` needs for one image into `folder`, which is new or empty. Nothing else of the
 * repository is in it.
 *
 * @throws FolderUnusable
 */
export async function prepareImage(family: Family, folder: string): Promise<void> {
  makeApp(folder);
  const from = (name: string) => root(`worker/images/${family}/${name}`);
  cpSync(from('Dockerfile'), join(folder, 'Dockerfile'));
  cpSync(root('LICENSE'), join(folder, 'LICENSE'));
  if (family === 'diffusion-cuda') {
    cpSync(from('requirements.txt'), join(folder, 'requirements.txt'));
    copyPython(join(folder, 'app'));
    return;
  }
  await bundleNode(join(folder, 'app'));
  if (family === 'zk-cuda') cpSync(from('icicle-prover'), join(folder, 'app', 'icicle-prover'));
}

/** What lies in a folder is not ours to delete. */
export class FolderUnusable extends Error {
  override readonly name = 'FolderUnusable';
}

function makeApp(folder: string): void {
  let found: string[];
  try {
    makeWritableFolder(folder);
    found = readdirSync(folder);
    if (found.length === 0) mkdirSync(join(folder, 'app'));
  } catch (error) {
    throw new FolderUnusable(`${folder}: cannot be written to (${codeOf(error)})`);
  }
  if (found.length > 0) throw new FolderUnusable(`${folder}: is not empty; name a new folder`);
}

function copyPython(to: string): void {
  const sources = root('worker/diffusion');
  cpSync(join(sources, 'main.py'), join(to, 'main.py'));
  mkdirSync(join(to, 'burst_worker'));
  for (const name of readdirSync(join(sources, 'burst_worker'))) {
    if (!name.endsWith('.py')) continue;
    cpSync(join(sources, 'burst_worker', name), join(to, 'burst_worker', name));
  }
}

/** The worker as plain JavaScript without packages; worker and executor thread find each other by name. */
async function bundleNode(outdir: string): Promise<void> {
  await bundleWorker(
    {
      main: root('worker/main.ts'),
      'executor-thread': root('worker/executor-thread.ts'),
      healthcheck: root('worker/healthcheck.ts'),
    },
    outdir,
  );
}
