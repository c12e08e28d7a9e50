import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Work } from './jobs.ts';
import { until } from './until.ts';

/** Tasks that stay on a worker's processor until the test lets them through. */
export interface Gates {
  readonly work: (name: string) => Work;
  /** Resolves once a worker is in the middle of that task. */
  begun(name: string): Promise<void>;
  open(name: string): void;
  close(): void;
}

export function createGates(): Gates {
  const folder = mkdtempSync(join(tmpdir(), 'burst-gates-'));
  const file = (name: string) => join(folder, name);
  return {
    work: (name) => ({ kind: 'test.gate', spec: { file: file(name) } }),
    begun: async (name) =>
      void (await until(`${name} begins`, () => existsSync(`${file(name)}.begun`))),
    open: (name) => writeFileSync(file(name), ''),
    close: () => rmSync(folder, { recursive: true }),
  };
}
