import type { BatchId, BurstId, JobId, ProfileId, Tenant, WorkerId } from '../model/ids.ts';
import { BatchRow } from '../model/rows.ts';
import type { Instant } from '../model/time.ts';
import type { Ledger, Write } from '../ports.ts';
import { batchKey, batchRange } from './keys.ts';
import { assignments, type Change, changeRow, createRow, readRow } from './rows.ts';

export type NewBatch = Pick<
  BatchRow,
  | 'tenant'
  | 'profile'
  | 'batchId'
  | 'kind'
  | 'affinityKey'
  | 'bodiesKey'
  | 'tasks'
  | 'slotSeconds'
  | 'openedAt'
  | 'secret'
  | 'maxAttempts'
> &
  Partial<Pick<BatchRow, 'priority'>> & { readonly dueAt: Instant };

/** Lists its tasks for good: from here on they are accepted. Refused: it is there already. */
export const openBatch = (ledger: Ledger, batch: NewBatch): Promise<Change<BatchRow>> =>
  createRow(ledger, BatchRow, batchKey(batch.tenant, batch.profile, batch.batchId), {
    v: 1,
    ...batch,
    status: 'open',
    batchFence: 0,
    attempts: 0,
    dueOf: 'batch',
  });

export const readBatch = (ledger: Ledger, tenant: Tenant, profile: ProfileId, batchId: BatchId) =>
  readRow(ledger, batchKey(tenant, profile, batchId), BatchRow);

/**
 * Every batch from the watermark on that is open or claimed, oldest first. Consistent. Without a watermark
 * there is none: whoever writes a batch sets it in the compare-and-set that announces the batch.
 */
export async function liveBatches(
  ledger: Ledger,
  profile: { tenant: Tenant; profile: ProfileId; oldestOpen?: BatchId | undefined },
): Promise<BatchRow[]> {
  if (profile.oldestOpen === undefined) return [];
  const rows = await ledger.query(batchRange(profile.tenant, profile.profile, profile.oldestOpen));
  return rows
    .map((row) => BatchRow.parse(row))
    .filter(({ status }) => status === 'open' || status === 'claimed');
}

const keyOf = (batch: BatchRow) => batchKey(batch.tenant, batch.profile, batch.batchId);

/** Takes an open batch for one job of one burst; the fence it returns is that attempt's. */
export const claimBatch = (
  ledger: Ledger,
  batch: BatchRow,
  by: { burst: BurstId; job: JobId; dueAt: Instant },
): Promise<Change<BatchRow>> =>
  changeRow(ledger, BatchRow, {
    key: keyOf(batch),
    when: [
      { is: 'equal', path: 'status', value: 'open' },
      { is: 'equal', path: 'batchFence', value: batch.batchFence },
    ],
    set: assignments({
      status: 'claimed',
      batchFence: batch.batchFence + 1,
      burst: by.burst,
      job: by.job,
      dueAt: by.dueAt,
    }),
  });

/** The attempt that claimed the batch under this fence still holds it. */
const heldUnder = (batchFence: number): Write['when'] => [
  { is: 'equal', path: 'status', value: 'claimed' },
  { is: 'equal', path: 'batchFence', value: batchFence },
];

/** The end of an attempt, as it is written into the batch that goes back. */
export interface BatchReturn {
  readonly attempts: number;
  readonly notBefore: Instant | undefined;
  readonly excludedWorkers: readonly WorkerId[];
  readonly reason: string;
  readonly now: Instant;
  readonly dueAt: Instant;
}

/** Gives a claimed batch back under a new fence. Refused: a newer attempt holds it, or it is done. */
export const returnBatch = (
  ledger: Ledger,
  batch: Pick<BatchRow, 'tenant' | 'profile' | 'batchId' | 'batchFence'>,
  back: BatchReturn,
): Promise<Change<BatchRow>> =>
  changeRow(ledger, BatchRow, {
    key: batchKey(batch.tenant, batch.profile, batch.batchId),
    when: heldUnder(batch.batchFence),
    set: assignments({
      status: 'open',
      batchFence: batch.batchFence + 1,
      attempts: back.attempts,
      notBefore: back.notBefore,
      excludedWorkers: back.excludedWorkers,
      lastReason: back.reason,
      lastReasonAt: back.now,
      dueAt: back.dueAt,
    }),
    remove: ['burst', 'job', ...(back.notBefore === undefined ? ['notBefore'] : [])],
  });

/** A report of the attempt that holds the batch. Refused: the report is an old attempt's. */
export const hearOfBatch = (
  ledger: Ledger,
  batch: { tenant: Tenant; profile: ProfileId; batchId: BatchId; batchFence: number },
  dueAt: Instant,
): Promise<Change<BatchRow>> =>
  changeRow(ledger, BatchRow, {
    key: batchKey(batch.tenant, batch.profile, batch.batchId),
    when: heldUnder(batch.batchFence),
    set: [['dueAt', dueAt]],
  });

/**
 * Mirrors ended tasks into their batch, whoever ended them; a batch whose tasks have all ended is done. One
 * whose tasks had secrets stays due, at once, until the sweep has deleted them.
 * Not fenced: what is terminal in the task rows is true under every fence.
 */
export async function settleTasks(
  ledger: Ledger,
  batch: { tenant: Tenant; profile: ProfileId; batchId: BatchId },
  indexes: ReadonlySet<number>,
  options: { cancelled?: boolean } = {},
): Promise<BatchRow | undefined> {
  const key = batchKey(batch.tenant, batch.profile, batch.batchId);
  const settled = await changeRow(ledger, BatchRow, {
    key,
    when: [{ is: 'exists' }],
    add: [['settled', indexes]],
    ...(options.cancelled ? { set: [['cancelSeen', true] as const] } : {}),
  });
  const row = settled.row;
  if (row === undefined || row.status === 'done' || row.settled.size < row.tasks.length) return row;
  const done = await changeRow(ledger, BatchRow, {
    key,
    when: [{ is: 'oneOf', path: 'status', values: ['open', 'claimed'] }],
    set: [['status', 'done'], ...(row.secret ? [['dueAt', row.openedAt] as const] : [])],
    remove: row.secret ? [] : ['dueOf', 'dueAt'],
  });
  return done.row;
}

/** The secrets of a done batch were deleted: look again `dueAt`, or never. */
export const noteForgotten = (ledger: Ledger, batch: BatchRow, now: Instant, dueAt?: Instant) =>
  changeRow(ledger, BatchRow, {
    key: keyOf(batch),
    when: [{ is: 'equal', path: 'status', value: 'done' }],
    set: assignments({ forgottenAt: now, dueAt }),
    remove: dueAt === undefined ? ['dueOf', 'dueAt'] : [],
  });

/** Lets an open batch wait, and says why. Refused: it is not open any more. */
export const putOffBatch = (
  ledger: Ledger,
  batch: BatchRow,
  wait: { notBefore: Instant; reason: string; now: Instant; dueAt: Instant },
): Promise<Change<BatchRow>> =>
  changeRow(ledger, BatchRow, {
    key: keyOf(batch),
    when: [
      { is: 'equal', path: 'status', value: 'open' },
      { is: 'equal', path: 'batchFence', value: batch.batchFence },
    ],
    set: assignments({
      notBefore: wait.notBefore,
      lastReason: wait.reason,
      lastReasonAt: wait.now,
      dueAt: wait.dueAt,
    }),
  });

/** Puts the sweep's next look at a batch off. */
export const deferBatch = (ledger: Ledger, batch: BatchRow, dueAt: Instant) =>
  changeRow(ledger, BatchRow, {
    key: keyOf(batch),
    when: [
      { is: 'oneOf', path: 'status', values: ['open', 'claimed'] },
      { is: 'equal', path: 'batchFence', value: batch.batchFence },
    ],
    set: [['dueAt', dueAt]],
  });
