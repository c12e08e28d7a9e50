import { forgetTask } from '../../shared/bursts/forget-task.ts';
import type { SoundTask } from '../../shared/intake/parse-task.ts';
import { type Refusal, refusal } from '../../shared/intake/refusal.ts';
import { hasSecrets } from '../../shared/kinds/kinds.ts';
import { readBatch } from '../../shared/ledger/batches.ts';
import { acceptTask, type Placement, placeAgain, readTask } from '../../shared/ledger/tasks.ts';
import type { BatchId } from '../../shared/model/ids.ts';
import type { BatchRow, TaskRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { secondsBetween } from '../../shared/model/time.ts';
import type { Ports } from '../../shared/ports.ts';
import { missingFile } from './task-files.ts';

type ClaimPorts = Pick<Ports, 'ledger' | 'artifacts'>;

/**
 * What became of one task. `later`: its first placing may still be under way, or this one failed, so ask
 * again.
 */
export type Placed =
  | { readonly outcome: 'listed' | 'known' }
  | { readonly outcome: 'later' }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** What came of giving a task to a batch. */
export interface Claim {
  readonly won: boolean;
  readonly placed?: Placed;
  /** An open batch of an earlier delivery: its profile may not have heard of it. */
  readonly open?: BatchId;
}

/** The batch that is about to be written. */
export type Destination = Omit<Placement, 'taskId' | 'bodySha256'>;

/** Gives a task to the batch that is about to be written, if the task is new or was left behind. */
export async function claimTask(
  ports: ClaimPorts,
  settings: Settings,
  to: Destination,
  task: SoundTask,
): Promise<Claim> {
  const { bodySha256 } = task;
  const { taskId } = task.envelope;
  const absent = await missingFile(ports.artifacts, to.tenant, task);
  // The files of a task that ended are gone: only a task nobody has seen must have them.
  if (absent !== undefined && (await readTask(ports.ledger, to.tenant, taskId)) === undefined) {
    return { won: false, placed: { outcome: 'refused', refusal: absent } };
  }
  const first = await acceptTask(ports.ledger, { ...to, taskId, bodySha256 });
  if (first.done) return { won: true };
  if (first.row === undefined) throw new Error(`task ${taskId} vanished while it was accepted`);
  if (first.row.bodySha256 !== bodySha256) return { won: false, placed: reused(first.row) };
  // A dApp that sends a task again may have uploaded its files again first.
  const ended = first.row.status !== 'accepted';
  if (ended && hasSecrets(task.known)) await forgetTask(ports, to.tenant, taskId);
  return secondSight(ports, settings, first.row, to);
}

/** A task whose row was there: listed by its batch, still being placed, or left behind by a dead intake. */
async function secondSight(
  { ledger }: ClaimPorts,
  settings: Settings,
  row: TaskRow,
  to: Destination,
): Promise<Claim> {
  const known: Placed = { outcome: 'known' };
  if (row.status !== 'accepted') return { won: false, placed: known };
  const batch = await readBatch(ledger, row.tenant, row.profile, row.batch);
  if (batch !== undefined && lists(batch, row)) {
    return { won: false, placed: known, ...(batch.status === 'open' ? { open: row.batch } : {}) };
  }
  const ageSeconds = secondsBetween(row.placedAt, to.now);
  if (ageSeconds < 2 * settings.limits.functionSeconds) {
    return { won: false, placed: { outcome: 'later' } };
  }
  const again = await placeAgain(ledger, row, to);
  return again.done ? { won: true } : { won: false, placed: { outcome: 'later' } };
}

const lists = (batch: BatchRow, row: TaskRow): boolean =>
  batch.tasks.some(({ taskId }) => taskId === row.taskId);

const reused = (row: TaskRow): Placed => ({
  outcome: 'refused',
  refusal: refusal(
    'E_ID_REUSED',
    'taskId',
    `the id was used for another task on ${row.acceptedAt}; choose a new one`,
  ),
});
