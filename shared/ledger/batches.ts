import {
  type BatchId,
  type BurstId,
  halvesOf,
  type JobId,
  type ProfileId,
  type Tenant,
  type WorkerId,
} from '../model/ids.ts';
import { BatchRow, type TaskRow } from '../model/rows.ts';
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

/** The batch that lists a task now: the one its row names, or the half of a half of it. */
export async function readBatchOf(
  ledger: Ledger,
  { tenant, profile, batch, taskId }: TaskRow,
): Promise<BatchRow | undefined> {
  let row = await readBatch(ledger, tenant, profile, batch);
  while (row?.status === 'split') {
    const half = halfWith(
      row,
      row.tasks.findIndex((task) => task.taskId === taskId),
    );
    const listing = await readBatch(ledger, tenant, profile, half);
    if (listing === undefined) return row;
    row = listing;
  }
  return row;
}

const halfWith = ({ batchId, cutAt = 0 }: BatchRow, index: number): BatchId =>
  halvesOf(batchId)[index < cutAt ? 0 : 1];

/**
 * Every batch from the watermark on that is open or claimed and has tasks left, oldest first. Consistent. Without
 * a watermark there is none: whoever writes a batch sets it in the compare-and-set that announces the batch. One
 * whose last task was settled by somebody who died before calling it done is work for nobody but the sweep.
 */
export async function liveBatches(
  ledger: Ledger,
  profile: { tenant: Tenant; profile: ProfileId; oldestOpen?: BatchId | undefined },
): Promise<BatchRow[]> {
  if (profile.oldestOpen === undefined) return [];
  const rows = await ledger.query(batchRange(profile.tenant, profile.profile, profile.oldestOpen));
  return rows
    .map((row) => BatchRow.parse(row))
    .filter(
      ({ status, settled, tasks }) =>
        (status === 'open' || status === 'claimed') && settled.size < tasks.length,
    );
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

/**
 * Gives a claimed batch to a second job of the same burst, whose fence it is from here on; the first one goes
 * on. Refused: its attempt ended meanwhile.
 */
export const reissueBatch = (
  ledger: Ledger,
  batch: BatchRow,
  by: { job: JobId; dueAt: Instant },
): Promise<Change<BatchRow>> =>
  changeRow(ledger, BatchRow, {
    key: keyOf(batch),
    when: heldUnder(batch.batchFence),
    set: assignments({
      batchFence: batch.batchFence + 1,
      job: by.job,
      earlierJob: batch.job,
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
  readonly continuations?: number;
  /** No attempt is left: what has not ended fails. */
  readonly usedUp?: true;
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
    ...returned(batch.batchFence, back, { status: 'open' }),
  });

const returned = (
  batchFence: number,
  back: BatchReturn,
  to: Pick<BatchRow, 'status' | 'cutAt'>,
): Pick<Write, 'set' | 'remove'> => ({
  set: assignments({
    ...to,
    batchFence: batchFence + 1,
    attempts: back.attempts,
    usedUp: back.usedUp,
    notBefore: back.notBefore,
    excludedWorkers: back.excludedWorkers,
    continuations: back.continuations,
    lastReason: back.reason,
    lastReasonAt: back.now,
    dueAt: back.dueAt,
  }),
  remove: ['burst', 'job', ...(back.notBefore === undefined ? ['notBefore'] : [])],
});

/**
 * Closes a claimed batch in favour of two halves, for good. From here on they are what becomes of it: the row
 * says everything they are made of and stays due until they are written. Refused like a return.
 */
export const splitBatch = (
  ledger: Ledger,
  batch: BatchRow,
  back: BatchReturn,
  cutAt: number,
): Promise<Change<BatchRow>> =>
  changeRow(ledger, BatchRow, {
    key: keyOf(batch),
    when: heldUnder(batch.batchFence),
    ...returned(batch.batchFence, back, { status: 'split', cutAt }),
  });

/**
 * Writes the halves of a split batch, open, under fences above its own, so that no older report or checkpoint
 * moves them. Safe to repeat: one that is there is left alone.
 */
export async function openHalves(ledger: Ledger, whole: BatchRow, dueAt: Instant): Promise<void> {
  const { tenant, profile, cutAt = 0, tasks, settled } = whole;
  const [first, second] = halvesOf(whole.batchId);
  for (const [batchId, from, to] of [
    [first, 0, cutAt] as const,
    [second, cutAt, tasks.length] as const,
  ]) {
    const own = tasks.slice(from, to);
    const ended = [...settled].filter((index) => index >= from && index < to);
    await createRow(ledger, BatchRow, batchKey(tenant, profile, batchId), {
      ...{ v: 1, tenant, profile, batchId, tasks: own },
      slotSeconds: own.reduce((sum, { unitSeconds }) => sum + unitSeconds, 0),
      ...(ended.length > 0 ? { settled: new Set(ended.map((index) => index - from)) } : {}),
      ...{ kind: whole.kind, affinityKey: whole.affinityKey, bodiesKey: whole.bodiesKey },
      ...{ status: 'open', openedAt: whole.openedAt, batchFence: whole.batchFence },
      ...{ attempts: whole.attempts, sharedAttempts: whole.attempts },
      ...{ notBefore: whole.notBefore, excludedWorkers: whole.excludedWorkers },
      ...{ lastReason: whole.lastReason, lastReasonAt: whole.lastReasonAt },
      ...{ cancelSeen: whole.cancelSeen, secret: whole.secret },
      ...{ priority: whole.priority, maxAttempts: whole.maxAttempts },
      ...{ dueOf: 'batch', dueAt },
    });
  }
}

/** The halves of a split batch are written and known to its profile: nobody looks at it again. */
export const closeSplit = (ledger: Ledger, whole: BatchRow) =>
  changeRow(ledger, BatchRow, {
    key: keyOf(whole),
    when: [{ is: 'equal', path: 'status', value: 'split' }],
    set: [],
    remove: ['dueOf', 'dueAt'],
  });

/**
 * Mirrors ended tasks into their batch, whoever ended them; a batch whose tasks have all ended is done. One
 * whose tasks had secrets stays due, at once, until the sweep has deleted them; one that was split passes it on.
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
  if (row?.status === 'split') await settleHalves(ledger, row, indexes, options);
  if (row === undefined || row.status === 'done' || row.settled.size < row.tasks.length) return row;
  const done = await changeRow(ledger, BatchRow, {
    key,
    when: [{ is: 'oneOf', path: 'status', values: ['open', 'claimed'] }],
    set: [['status', 'done'], ...(row.secret ? [['dueAt', row.openedAt] as const] : [])],
    remove: row.secret ? [] : ['dueOf', 'dueAt'],
  });
  return done.row;
}

async function settleHalves(
  ledger: Ledger,
  whole: BatchRow,
  indexes: ReadonlySet<number>,
  options: { cancelled?: boolean },
): Promise<void> {
  const { cutAt = 0 } = whole;
  const [first, second] = halvesOf(whole.batchId);
  const before = [...indexes].filter((index) => index < cutAt);
  const behind = [...indexes].filter((index) => index >= cutAt).map((index) => index - cutAt);
  for (const [batchId, own] of [[first, before] as const, [second, behind] as const]) {
    if (own.length > 0) await settleTasks(ledger, { ...whole, batchId }, new Set(own), options);
  }
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
