import { readBatch, settleTasks } from '../ledger/batches.ts';
import { endTask } from '../ledger/tasks.ts';
import type { Tenant } from '../model/ids.ts';
import type { TaskRow } from '../model/rows.ts';
import type { Clock, Ledger } from '../ports.ts';
import { TaskNotFound } from './errors.ts';
import { readExisting } from './results.ts';
import { stateOf, type TaskState } from './task-state.ts';

export interface Cancelled {
  /** False: it had ended before, and `state` says how. */
  readonly cancelled: boolean;
  readonly state: TaskState;
}

/**
 * Ends a task, queued or running: one conditional write on its row, after which no result is taken any
 * more. Its batch is told next, so that a job with nothing left to do is stopped; asking twice repeats
 * that, in case the first caller died in between.
 *
 * @throws TaskNotFound - also while the message still waits in the queue.
 */
export async function cancelTask(
  { ledger, clock }: { readonly ledger: Ledger; readonly clock: Clock },
  tenant: Tenant,
  taskId: string,
): Promise<Cancelled> {
  const task = await readExisting(ledger, tenant, taskId);
  const change = await endTask(ledger, tenant, task.taskId, { status: 'cancelled' }, clock.now());
  if (change.row === undefined) throw new TaskNotFound(taskId);
  if (change.row.status === 'cancelled') await tellBatch(ledger, change.row);
  return { cancelled: change.done, state: stateOf(change.row) };
}

/** A task not listed yet needs no telling: Run reads the rows before it hands tasks out. */
async function tellBatch(ledger: Ledger, task: TaskRow): Promise<void> {
  const batch = await readBatch(ledger, task.tenant, task.profile, task.batch);
  const index = batch?.tasks.findIndex(({ taskId }) => taskId === task.taskId) ?? -1;
  if (batch !== undefined && index >= 0) {
    await settleTasks(ledger, batch, new Set([index]), { cancelled: true });
  }
}
