import type { KnownTask } from '../../shared/kinds/kinds.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import { failedLines } from '../../shared/model/job-state.ts';
import type { JobRow } from '../../shared/model/rows.ts';
import { knownTask } from './uploads.ts';

/** A line of a manifest, and what there is to look at of it. */
export type Line = { readonly line: number } & (
  | { readonly is: 'uploaded'; readonly task: ManifestTask; readonly known: KnownTask }
  /** Its worker delivered nothing, and said why. */
  | { readonly is: 'failed'; readonly task: ManifestTask; readonly failure: Failure }
  /** The manifest has no such line. */
  | { readonly is: 'unknown'; readonly task?: undefined }
);

interface Failure {
  readonly class: string;
  readonly message: string;
}

export function lineAt(line: number, job: JobRow, tasks: readonly ManifestTask[]): Line {
  const task = tasks[line];
  if (task === undefined) return { line, is: 'unknown' };
  const failure = job.uploaded.has(line) ? undefined : failedLines(job).get(line);
  return failure === undefined
    ? { line, is: 'uploaded', task, known: knownTask(job, task) }
    : { line, is: 'failed', task, failure };
}

/** What the files that are looked at side by side may come to, bytes: as much as one task may have, which fits anyhow. */
const MAX_HELD_BYTES = 128 * 1024 * 1024;

/** Lines from the first on whose files Collect can hold at the same time; the first in any case. */
export function heldTogether(lines: readonly Line[]): readonly Line[] {
  let bytes = 0;
  const beyond = lines.findIndex((line, index) => {
    bytes += mostBytes(line);
    return index > 0 && bytes > MAX_HELD_BYTES;
  });
  return beyond === -1 ? lines : lines.slice(0, beyond);
}

/** Most that a look at a line holds: everything it delivered, or the inputs it complains of, one after the other. */
function mostBytes(line: Line): number {
  if (line.is === 'unknown') return 0;
  if (line.is === 'uploaded') {
    return line.known.outputs.reduce((sum, { maxBytes }) => sum + maxBytes, 0);
  }
  return Math.max(0, ...(line.task.inputs ?? []).map(({ bytes }) => bytes));
}
