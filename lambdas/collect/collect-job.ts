import { inParallel } from '../../shared/concurrency.ts';
import { settleTasks } from '../../shared/ledger/batches.ts';
import { changeJob } from '../../shared/ledger/jobs.ts';
import type { BatchId } from '../../shared/model/ids.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { failedLines } from '../../shared/poll/job-look.ts';
import type { Invocation } from '../../shared/ports.ts';
import { type Acceptance, enterResult, RECEIVED, type Received } from './accept-result.ts';
import { dropLineage } from './checkpoints.ts';
import type { CollectPorts } from './collect-ports.ts';
import { acceptFailure } from './failed-line.ts';
import { putAside } from './put-aside.ts';
import { fetchUploads, type Judged, judgeUploads } from './uploads.ts';

/** Nothing looked at. */
export const NOTHING: Readonly<Record<Received, number>> = {
  accepted: 0,
  refused: 0,
  rejected: 0,
  voted: 0,
  missing: 0,
  failed: 0,
  undone: 0,
};

/** Left of an invocation for the writes behind the last verification, seconds. */
const MARGIN_SECONDS = 10;

/** Whether an invocation may begin with something more. */
export const hasTime = (invocation: Invocation): boolean =>
  invocation.remainingSeconds() >= MARGIN_SECONDS;

/** Lines whose files are read at a time, and written at a time: S3 answers slowly, and an invocation is paid by time. */
const AT_ONCE = 8;

/**
 * Looks at lines of one job, in order, some at a time: their files are read side by side, judged one after the other,
 * and entered side by side. Only what was there to be verified is charged to `budget`: lines of a lost job that were
 * never uploaded stay unread, and must not keep those behind them from their turn.
 */
export async function collectJob(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  { tasks, lines, budget }: Work,
  invocation: Invocation,
  counts: Record<Received, number>,
): Promise<{ job: JobRow; looked: number; verified: number; ended: ReadonlySet<number> }> {
  const endedLines = new Set<number>();
  const ended = new Map<BatchId, Set<number>>();
  const read = new Set<number>();
  const own: Record<Received, number> = { ...NOTHING };
  let [looked, verified] = [0, 0];
  while (looked < lines.length && verified < budget && hasTime(invocation)) {
    const next = lines.slice(looked, looked + Math.min(AT_ONCE, budget - verified));
    const begun = await judgeLines(
      ports,
      settings,
      lease,
      job,
      linesAt(next, job, tasks),
      invocation,
    );
    looked += begun.length;
    const entered = await inParallel(begun, AT_ONCE, (one) =>
      enterLine(ports, settings, lease, job, one),
    );
    for (const [index, received] of entered.entries()) {
      const { line, task } = begun[index] ?? {};
      if (line === undefined || task === undefined || received === undefined) continue;
      own[received.kind] += 1;
      if (received.kind !== 'missing') verified += 1;
      if (received.kind !== 'missing' || job.uploaded.has(line)) read.add(line);
      if (!received.ended) continue;
      endedLines.add(line);
      ended.set(task.batchId, (ended.get(task.batchId) ?? new Set()).add(task.index));
    }
  }
  for (const [batchId, indexes] of ended)
    await settleTasks(ports.ledger, { ...lease, batchId }, indexes);
  const changed = await changeJob(ports.ledger, job, {
    collected: read,
    refusedResults: own.refused,
    rejectedResults: own.rejected,
    votes: own.voted,
    ...(looked === lines.length ? { remove: ['unreadSince'] } : {}),
  });
  for (const kind of RECEIVED) counts[kind] += own[kind];
  return { job: changed.row ?? job, looked, verified, ended: endedLines };
}

/** A line of a manifest, and what its worker says of it where it delivered nothing. */
interface Line {
  readonly line: number;
  /** Undefined: the manifest has no such line. */
  readonly task: ManifestTask | undefined;
  readonly failure: { readonly class: string; readonly message: string } | undefined;
}
type JudgedLine = Line & { readonly judged?: Judged };

function linesAt(lines: readonly number[], job: JobRow, tasks: readonly ManifestTask[]): Line[] {
  const failures = failedLines(job);
  return lines.map((line) => ({
    ...{ line, task: tasks[line] },
    failure: job.uploaded.has(line) ? undefined : failures.get(line),
  }));
}

/** @returns those there was time for; the first always is. */
async function judgeLines(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  lines: readonly Line[],
  invocation: Invocation,
): Promise<JudgedLine[]> {
  const uploads = await inParallel(lines, AT_ONCE, async ({ task, failure }) =>
    task === undefined || failure !== undefined ? undefined : fetchUploads(ports, lease, job, task),
  );
  const begun: JudgedLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (begun.length > 0 && !hasTime(invocation)) break;
    const { task } = line;
    const there = uploads[index];
    if (task === undefined || there === undefined) {
      begun.push(line);
      continue;
    }
    const judged = await judgeUploads(ports, lease, job, task, there);
    if (judged.is === 'rejected') await distrust(ports, settings, lease, job, task, judged.reason);
    begun.push({ ...line, judged });
  }
  return begun;
}

/** @returns undefined for a line that the manifest has not. */
async function enterLine(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  { task, failure, judged }: JudgedLine,
): Promise<Acceptance | undefined> {
  if (task === undefined) return undefined;
  if (failure !== undefined) return acceptFailure(ports, lease, job, task, failure);
  if (judged === undefined) return undefined;
  const received = await enterResult(ports, settings, lease, job, task, judged);
  if (received.kind === 'rejected' && judged.is === 'good') {
    await distrust(ports, settings, lease, job, task, received.reason);
  }
  return received;
}

/** Nothing more is given to the worker, nor taken from what it left. */
async function distrust(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  task: ManifestTask,
  reason: string,
): Promise<void> {
  const shown = reason.slice(0, 300);
  await putAside(ports, settings, job.worker, shown);
  await dropLineage(ports, lease, task, shown);
}

/** What of one job is looked at, and how much of it at most. */
interface Work {
  readonly tasks: readonly ManifestTask[];
  readonly lines: readonly number[];
  readonly budget: number;
}
