import { constants } from 'node:fs';
import { lstat, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutputFile } from '../shared/kinds/kind.ts';
import type { Files } from './execute.ts';
import { printable } from './last-words.ts';

/** Neither through a link, nor waiting for a pipe to be written. */
const AS_IT_IS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The files a program was to leave, read with their caps. It may hold others, which are ignored, but nothing
 * that is not a file: a link could name what is not the task's to give.
 *
 * @throws Error naming the first thing that is wrong.
 */
export async function readOutputs(
  folder: string,
  outputs: readonly Pick<OutputFile, 'name' | 'maxBytes'>[],
): Promise<Files> {
  if (!(await lstat(folder)).isDirectory()) throw new Error('out is no folder any more');
  for await (const entry of await opendir(folder)) {
    if (!entry.isFile()) throw new Error(`out/${printable(entry.name)} is not a regular file`);
  }
  const files = new Map<string, Uint8Array>();
  for (const { name, maxBytes } of outputs) {
    files.set(name, await readFile(join(folder, name), name, maxBytes));
  }
  return files;
}

async function readFile(path: string, name: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path, AS_IT_IS).catch(() => undefined);
  if (file === undefined) throw new Error(`the program left no out/${name} that can be read`);
  try {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of file.createReadStream({ end: maxBytes, autoClose: false })) {
      chunks.push(chunk);
      bytes += chunk.length;
    }
    if (bytes > maxBytes) throw new Error(`out/${name} has more than ${maxBytes} bytes`);
    return Buffer.concat(chunks);
  } finally {
    await file.close();
  }
}
