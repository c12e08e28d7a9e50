import { settleTasks } from '../../shared/ledger/batches.ts';
import { changeJob } from '../../shared/ledger/jobs.ts';
import type { BatchId } from '../../shared/model/ids.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Invocation } from '../../shared/ports.ts';
import { RECEIVED, type Received } from './accept-result.ts';
import type { CollectPorts } from './collect-ports.ts';
import { AT_ONCE, enterLines, hasTime } from './enter-lines.ts';
import { heldTogether, lineAt } from './lines.ts';

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
    const group = heldTogether(next.map((line) => lineAt(line, job, tasks)));
    const entered = await enterLines(ports, settings, lease, job, group, invocation);
    looked += entered.length;
    for (const { line, task, received } of entered) {
      if (task === undefined || received === undefined) continue;
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

/** What of one job is looked at, and how much of it at most. */
interface Work {
  readonly tasks: readonly ManifestTask[];
  readonly lines: readonly number[];
  readonly budget: number;
}
