import { existsSync, mkdirSync, mkdtempSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Makes a folder and what lies above it, one by one: Node's own way of making them all at once never returns where
 * a parent exists and takes none, as below /proc.
 *
 * @throws what the file system throws.
 */
export function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const at of missing) mkdirSync(at);
}

/**
 * Makes a folder where there is none, and something in it, which is the one proof that it can be written to:
 * rights say yes to root everywhere.
 *
 * @throws what the file system throws, ENOTDIR where a file has the name.
 */
export function makeWritableFolder(path: string): void {
  makeFolder(path);
  if (!statSync(path).isDirectory()) {
    throw Object.assign(new Error(`ENOTDIR: ${path} is not a folder`), { code: 'ENOTDIR' });
  }
  rmdirSync(mkdtempSync(join(path, '.writable-')));
}

/** The system's code, or all of the words where there is none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : String(error);
