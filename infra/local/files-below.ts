import { type Dirent, opendirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What one run takes from a folder. All of it is held in memory, and a folder named by mistake may be a whole disk. */
const LIMITS = { entries: 10_000, bytes: 1024 ** 3 };

export class FolderTooLarge extends Error {
  override readonly name = 'FolderTooLarge';
}

/**
 * Every file below a folder. None is read before all have been counted.
 *
 * @throws FolderTooLarge, and what the file system throws.
 */
export function filesBelow(dir: string, { entries, bytes } = LIMITS): Uint8Array[] {
  const files: { readonly path: string; readonly size: number }[] = [];
  let [seen, total] = [0, 0];
  for (const entry of entriesBelow(dir)) {
    if (++seen > entries) throw new FolderTooLarge(`more than ${entries} files and folders`);
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const { size } = statSync(path);
    total += size;
    if (total > bytes) throw new FolderTooLarge(`more than ${bytes} bytes`);
    files.push({ path, size });
  }
  // Reading a file of the system that has no length may never end.
  return files.map(({ path, size }) => (size === 0 ? new Uint8Array() : readFileSync(path)));
}

function* entriesBelow(dir: string): Generator<Dirent> {
  const open = opendirSync(dir, { recursive: true });
  try {
    for (let entry = open.readSync(); entry !== null; entry = open.readSync()) yield entry;
  } finally {
    open.closeSync();
  }
}
