import type { CheckpointMark } from '../model/checkpoint.ts';
import type { BatchId, ProfileId, Sha256, TaskId, Tenant } from '../model/ids.ts';
import { RejectionRow, type ResultFile, TaskRow } from '../model/rows.ts';
import { type Instant, millisecondsOf, plusSeconds } from '../model/time.ts';
import type { Ledger } from '../ports.ts';
import { rejectionKey, taskKey } from './keys.ts';
import { assignments, type Change, changeRow, createRow, readRow } from './rows.ts';

export const readTask = (ledger: Ledger, tenant: Tenant, taskId: TaskId) =>
  readRow(ledger, taskKey(tenant, taskId), TaskRow);

export interface Placement {
  readonly tenant: Tenant;
  readonly taskId: TaskId;
  readonly kind: string;
  readonly bodySha256: Sha256;
  readonly profile: ProfileId;
  readonly batch: BatchId;
  readonly now: Instant;
}

/** First sight of a task: the row names the batch that is about to list it. Refused: the id is taken. */
export const acceptTask = (ledger: Ledger, placement: Placement): Promise<Change<TaskRow>> => {
  const { now, ...fields } = placement;
  return createRow(ledger, TaskRow, taskKey(placement.tenant, placement.taskId), {
    v: 1,
    ...fields,
    status: 'accepted',
    acceptedAt: now,
    placedAt: now,
  });
};

/** Moves a task to a new batch because the one it names was never written. */
export const placeAgain = (
  ledger: Ledger,
  task: TaskRow,
  to: { batch: BatchId; profile: ProfileId; now: Instant },
): Promise<Change<TaskRow>> =>
  changeRow(ledger, TaskRow, {
    key: taskKey(task.tenant, task.taskId),
    when: [
      { is: 'equal', path: 'status', value: 'accepted' },
      { is: 'equal', path: 'batch', value: task.batch },
      { is: 'equal', path: 'placedAt', value: task.placedAt },
    ],
    set: assignments({ batch: to.batch, profile: to.profile, placedAt: to.now }),
  });

/** How a task may end. */
export type Ending =
  | {
      readonly status: 'done';
      readonly verifiedBy: string;
      readonly files: readonly ResultFile[];
      readonly evidence: Readonly<Record<string, string>>;
      readonly burst: string;
      readonly job: string;
      readonly slotSeconds: number;
      readonly attempts: number;
      readonly resumed?: CheckpointMark | undefined;
    }
  | { readonly status: 'failed'; readonly reason: string; readonly attempts: number }
  | { readonly status: 'cancelled'; readonly reason?: string };

/** Ends a task, once: the first ending wins and every later one is refused. */
export const endTask = (
  ledger: Ledger,
  tenant: Tenant,
  taskId: TaskId,
  ending: Ending,
  now: Instant,
): Promise<Change<TaskRow>> =>
  changeRow(ledger, TaskRow, {
    key: taskKey(tenant, taskId),
    when: [{ is: 'equal', path: 'status', value: 'accepted' }],
    set: assignments({ ...ending, endedAt: now }),
  });

/** Keeps why a message was refused, the last time it was. The same message twice is one record. */
export const recordRejection = (
  ledger: Ledger,
  rejection: {
    tenant: Tenant;
    messageSha256: Sha256;
    code: string;
    field: string;
    reason: string;
    claimedTaskId: string | undefined;
    now: Instant;
    keepDays: number;
  },
): Promise<Change<RejectionRow>> => {
  const { now, keepDays, ...fields } = rejection;
  return changeRow(ledger, RejectionRow, {
    key: rejectionKey(rejection.tenant, rejection.messageSha256),
    when: [],
    set: assignments({
      v: 1,
      ...fields,
      rejectedAt: now,
      expiresAt: Math.floor(millisecondsOf(plusSeconds(now, keepDays * 86_400)) / 1000),
    }),
  });
};

export const readRejection = (ledger: Ledger, tenant: Tenant, messageSha256: string) =>
  readRow(ledger, rejectionKey(tenant, messageSha256), RejectionRow);
