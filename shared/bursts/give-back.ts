import { readBatch, returnBatch, settleTasks, splitBatch } from '../ledger/batches.ts';
import { endTask } from '../ledger/tasks.ts';
import { isClaimOf } from '../model/job-state.ts';
import type { BatchRow, JobRow, LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { Instant } from '../model/time.ts';
import type { Ports } from '../ports.ts';
import { type AttemptEnd, afterAttempt } from '../run/returns.ts';
import { finishSplit } from './split.ts';

/**
 * Ends one attempt at a batch: it goes back to open under a new fence, whole or in two halves, or the tasks it
 * has left are failed because their attempts are used up.
 *
 * @returns false when a newer attempt holds the batch already: nothing was changed.
 */
export async function giveBack(
  ledger: Ports['ledger'],
  settings: Settings,
  batch: BatchRow,
  end: AttemptEnd,
  now: Instant,
): Promise<boolean> {
  const outcome = afterAttempt(batch, end, allowing(batch, settings), now);
  if (outcome.again && outcome.cutAt !== undefined) {
    const split = await splitBatch(ledger, batch, outcome.back, outcome.cutAt);
    if (split.done) await finishSplit(ledger, settings, split.row, now);
    return split.done;
  }
  if (outcome.again) return (await returnBatch(ledger, batch, outcome.back)).done;
  const held = await returnBatch(ledger, batch, {
    attempts: outcome.attempts,
    notBefore: undefined,
    usedUp: true,
    excludedWorkers: batch.excludedWorkers ?? [],
    reason: outcome.reason,
    now,
    dueAt: now,
  });
  if (!held.done) return false;
  await failRest(ledger, held.row, now);
  return true;
}

/** Ends the attempts of a job at the batches it still holds. */
export async function giveBackHeld(
  ledger: Ports['ledger'],
  settings: Settings,
  { tenant, profile }: Pick<LeaseRow, 'tenant' | 'profile'>,
  job: JobRow,
  end: AttemptEnd,
  now: Instant,
): Promise<void> {
  for (const { batchId } of job.batches) {
    const batch = await readBatch(ledger, tenant, profile, batchId);
    if (batch === undefined || !isClaimOf(job, batch)) continue;
    await giveBack(ledger, settings, batch, end, now);
  }
}

/** Whether the job that holds a batch was seen running. Another one may have the number its claim was made for. */
export const wasStarted = (batch: BatchRow, jobs: readonly JobRow[]): boolean =>
  jobs.some((job) => job.started && isClaimOf(job, batch));

/** The settings with the attempts that the tasks of the batch allow. */
const allowing = ({ maxAttempts }: BatchRow, settings: Settings): Settings => {
  const { batches } = settings;
  const fewest = Math.min(maxAttempts ?? batches.maxAttempts, batches.maxAttempts);
  return { ...settings, batches: { ...batches, maxAttempts: fewest } };
};

/**
 * Fails every task of a batch that has not ended, for the reason its last attempt ended. Whoever looks at a batch
 * that is used up goes on with it, so that it is never claimed again.
 */
export async function failRest(ledger: Ports['ledger'], batch: BatchRow, now: Instant) {
  const reason = `${batch.lastReason} (attempt ${batch.attempts})`;
  const rest = batch.tasks.filter((_, index) => !batch.settled.has(index));
  for (const { taskId } of rest) {
    const ending = { status: 'failed', reason, attempts: batch.attempts } as const;
    await endTask(ledger, batch.tenant, taskId, ending, now);
  }
  await settleTasks(ledger, batch, new Set(batch.tasks.keys()));
}
