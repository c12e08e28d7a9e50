import { liveBatches, readBatchOf } from '../ledger/batches.ts';
import { jobKey } from '../ledger/keys.ts';
import { provisioningOf, readKnowledge } from '../ledger/knowledge.ts';
import { readLease } from '../ledger/leases.ts';
import { readProfile } from '../ledger/profiles.ts';
import { readRow } from '../ledger/rows.ts';
import { readStop } from '../ledger/stops.ts';
import { readRejection, readTask } from '../ledger/tasks.ts';
import type { TaskId, Tenant } from '../model/ids.ts';
import {
  type BatchRow,
  JobRow,
  type LeaseRow,
  type RejectionRow,
  type TaskRow,
} from '../model/rows.ts';
import { type Instant, secondsBetween } from '../model/time.ts';
import type { Ledger } from '../ports.ts';
import { claimOrder } from '../run/claim-order.ts';
import type { StoredRows } from './explanation.ts';

/** Which task is meant: by id alone, or exactly the message that was sent. */
export interface Named {
  readonly tenant: Tenant;
  readonly taskId: TaskId;
  readonly messageSha256?: string | undefined;
  /** When it was sent last, by its sender's clock. */
  readonly sentAt?: Instant | undefined;
}

/**
 * The task row and the refusal of one message. A message that reused an id is not the task of that id: where
 * the hash is known and differs, the task row is somebody else's and is left out.
 */
export async function readOutcome(
  ledger: Ledger,
  { tenant, taskId, messageSha256, sentAt }: Named,
  now: Instant,
): Promise<Pick<StoredRows, 'task' | 'rejection'>> {
  const task = await readTask(ledger, tenant, taskId);
  if (messageSha256 === undefined || task?.bodySha256 === messageSha256) return { task };
  const rejection = await readRejection(ledger, tenant, messageSha256);
  return rejection !== undefined && isOfThisSending(rejection, sentAt, now) ? { rejection } : {};
}

/** A message is taken in within this after it was sent, unless the queue is long. */
const TAKEN_IN_SECONDS = 120;

/**
 * What was wrong may have been mended before the message was sent again: a refusal of before then says nothing yet.
 * Clocks differ, so that after a while any refusal counts.
 */
const isOfThisSending = (
  { rejectedAt }: RejectionRow,
  sentAt: Instant | undefined,
  now: Instant,
): boolean =>
  sentAt === undefined || rejectedAt >= sentAt || secondsBetween(sentAt, now) >= TAKEN_IN_SECONDS;

/** Everything `explain` looks at, read consistently row by row. */
export async function readStoredRows(
  ledger: Ledger,
  named: Named,
  now: Instant,
): Promise<StoredRows> {
  const outcome = await readOutcome(ledger, named, now);
  const { task } = outcome;
  if (task?.status !== 'accepted') return outcome;
  const batch = await readBatchOf(ledger, task);
  if (batch === undefined) return outcome;
  if (hasEnded(batch, task)) return readOutcome(ledger, named, now);
  return batch.status === 'open'
    ? { task, batch, ...(await aroundOpen(ledger, batch, now)) }
    : { task, batch, ...(await aroundClaim(ledger, batch)) };
}

/** The batch was read after the task, and says that the task has ended since. */
const hasEnded = (batch: BatchRow, { taskId }: TaskRow): boolean =>
  batch.settled.has(batch.tasks.findIndex((task) => task.taskId === taskId));

async function aroundClaim(
  ledger: Ledger,
  { burst, job }: BatchRow,
): Promise<Pick<StoredRows, 'lease' | 'job'>> {
  if (burst === undefined) return {};
  const n = Number(job?.slice(burst.length + 1));
  return {
    lease: await readLease(ledger, burst),
    job: Number.isInteger(n) ? await readRow(ledger, jobKey(burst, n), JobRow) : undefined,
  };
}

async function aroundOpen(
  ledger: Ledger,
  batch: BatchRow,
  now: Instant,
): Promise<Pick<StoredRows, 'profile' | 'stop' | 'lease' | 'ahead' | 'knowledge'>> {
  const profile = await readProfile(ledger, batch.tenant, batch.profile);
  const leases: LeaseRow[] = [];
  for (const { burstId, state } of profile?.bursts ?? []) {
    const lease = state === 'open' ? await readLease(ledger, burstId) : undefined;
    if (lease !== undefined) leases.push(lease);
  }
  const lease = servingLease(leases);
  const live = await liveBatches(ledger, { ...batch, oldestOpen: profile?.oldestOpen });
  const open = live.filter((other) => other.status === 'open' || other.batchId === batch.batchId);
  const offer = lease?.phase === 'ready' ? undefined : lease?.offer;
  return {
    profile,
    stop: await readStop(ledger, batch.tenant),
    lease,
    ahead: {
      running: live.filter(({ status }) => status === 'claimed').length,
      waiting: [...claimOrder(open, now)].findIndex(({ batchId }) => batchId === batch.batchId),
    },
    knowledge: offer === undefined ? undefined : await readKnowledge(ledger, provisioningOf(offer)),
  };
}

/** Nearest to taking work first. A burst that is closing takes none. */
const SERVING_PHASES = ['ready', 'provisioning', 'creating', 'planned'] as const;

/** The lease that will take an open batch first, as far as phases tell. */
export const servingLease = (leases: readonly LeaseRow[]): LeaseRow | undefined =>
  SERVING_PHASES.flatMap((phase) => leases.filter((lease) => lease.phase === phase))[0];
