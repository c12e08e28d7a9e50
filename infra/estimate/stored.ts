import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { canonicalJson, sha256Of } from '../../shared/model/digest.ts';
import type { Task } from '../../shared/model/task.ts';
import { WORLDS } from './draws.ts';

export const ESTIMATE_FILE = 'estimate.json';
const ACTUAL_FILE = 'actual.json';

const Spread = z.object({ p50: z.number(), p95: z.number() });

/** What a later run reads of `estimate.json`. */
const StoredEstimate = z.object({
  v: z.literal(1),
  world: z.enum(WORLDS),
  tasksSha256: z.string(),
  totals: z.object({ costUsd: Spread, finishSeconds: Spread }),
});

/** What one run came to: `actual.json`. */
export interface Actual {
  /** Of the tasks that were run: which estimate this can be held against. */
  readonly tasksSha256: string;
  readonly costUsd: number;
  /** From the sending to the end of the last task, seconds of the local clock. */
  readonly finishSeconds: number;
}

/** An estimate beside what it came to. Null where the folder has none that can be read. */
export interface Comparison {
  readonly world: (typeof WORLDS)[number];
  /** The very tasks that were run. */
  readonly sameTasks: boolean;
  readonly costUsd: z.infer<typeof Spread>;
  readonly finishSeconds: z.infer<typeof Spread>;
}

export const tasksSha256 = (tasks: readonly Task[]): string => sha256Of(canonicalJson([...tasks]));

/** Writes the actual figures into a folder and reads the estimate that lies there. */
export function storeActual(dir: string, actual: Actual): Comparison | null {
  write(dir, ACTUAL_FILE, { v: 1, world: 'local', ...actual });
  const file = join(dir, ESTIMATE_FILE);
  const stored = existsSync(file) ? StoredEstimate.safeParse(jsonOf(file)) : undefined;
  if (!stored?.success) return null;
  const { world, totals } = stored.data;
  const sameTasks = stored.data.tasksSha256 === actual.tasksSha256;
  const { costUsd, finishSeconds } = totals;
  return { world, sameTasks, costUsd, finishSeconds };
}

/** @throws what the file system throws. */
export function write(dir: string, name: string, content: object): void {
  writeFileSync(join(dir, name), `${JSON.stringify(content, null, 1)}\n`);
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
