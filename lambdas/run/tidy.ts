import { giveBack } from '../../shared/bursts/give-back.ts';
import { addressOf } from '../../shared/bursts/workers.ts';
import { inParallel } from '../../shared/concurrency.ts';
import { kindNamed } from '../../shared/kinds/kinds.ts';
import { settleTasks } from '../../shared/ledger/batches.ts';
import { readCheckpoints } from '../../shared/ledger/checkpoints.ts';
import { changeJob } from '../../shared/ledger/jobs.ts';
import { readLease } from '../../shared/ledger/leases.ts';
import { readTask } from '../../shared/ledger/tasks.ts';
import { hasEnded } from '../../shared/model/job.ts';
import { hasUnread, isAtWork, isClaimOf, isWantedFor } from '../../shared/model/job-state.ts';
import type { BatchRow, JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Instant } from '../../shared/model/time.ts';
import { endOf, ranOutOfTime } from '../../shared/run/job-end.ts';
import type { RunPorts } from './run-ports.ts';

/**
 * Jobs that ended and whose uploads were all looked at: what they left undone goes back.
 *
 * @returns them.
 */
export async function finishJobs(
  { ledger }: RunPorts,
  settings: Settings,
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
  now: Instant,
): Promise<JobRow[]> {
  const finished: JobRow[] = [];
  for (const job of jobs) {
    if (job.status !== 'running' || !hasEnded(job.reported) || hasUnread(job)) continue;
    for (const batch of batches) {
      if (!isClaimOf(job, batch)) continue;
      const end = endOf(job);
      const goesOn = ranOutOfTime(job, end) && (await hasProgress(ledger, batch));
      const reason = 'its next job goes on from its checkpoint';
      const how = goesOn ? { class: 'continued' as const, reason } : end;
      await giveBack(ledger, settings, batch, how, now);
    }
    await changeJob(ledger, job, { set: { status: 'ended' } });
    finished.push(job);
  }
  return finished;
}

/** Whether a task of the batch got further in this very attempt than in any before. */
async function hasProgress(ledger: RunPorts['ledger'], batch: BatchRow): Promise<boolean> {
  if (!kindNamed(batch.kind)?.checkpoints) return false;
  for (const [index, { taskId }] of batch.tasks.entries()) {
    if (batch.settled.has(index)) continue;
    const row = await readCheckpoints(ledger, batch.tenant, taskId);
    if (row?.best?.fence === batch.batchFence) return true;
  }
  return false;
}

/** Claims of this burst that no job carries: Run died between the claim and the job. */
export async function returnOrphans(
  { ledger }: Pick<RunPorts, 'ledger'>,
  settings: Settings,
  lease: LeaseRow,
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
  now: Instant,
): Promise<void> {
  const orphans = batches.filter(
    (batch) => batch.burst === lease.burstId && !jobs.some((job) => isClaimOf(job, batch)),
  );
  if (orphans.length === 0) return;
  // Batches are read after jobs: a Run that has followed this one may be about to submit them.
  const { look, leaseFence } = (await readLease(ledger, lease.burstId)) ?? {};
  if (look !== lease.look || leaseFence !== lease.leaseFence) return;
  for (const batch of orphans) {
    const end = { class: 'not-started' as const, reason: 'claimed without a job' };
    await giveBack(ledger, settings, batch, end, now);
  }
}

/**
 * Mirrors cancelled tasks into their batches, and stops the jobs that have nothing left to do: none of
 * their batches is theirs any more, because every task has ended.
 */
export async function heedCancellations(
  { ledger, jobs: workers }: RunPorts,
  settings: Settings,
  lease: LeaseRow,
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
): Promise<void> {
  const atWork = jobs.filter(isAtWork);
  // What no job works on is looked at when it is claimed: a backlog of which much was cancelled is long.
  const worked = batches.filter((batch) => atWork.some((job) => isWantedFor(job, batch)));
  const theirs: BatchRow[] = [];
  for (const batch of worked) {
    const ended = batch.cancelSeen === true ? await endedIn(ledger, batch) : new Set<number>();
    const settled = ended.size > 0 ? await settleTasks(ledger, batch, ended) : batch;
    if (settled !== undefined) theirs.push(settled);
  }
  for (const job of atWork) {
    if (theirs.some((batch) => isWantedFor(job, batch))) continue;
    const address = addressOf(lease, job.worker, settings);
    if (address !== undefined) await workers.cancel(address, job.jobId);
  }
}

/** Places of the tasks of a batch that have ended and are not noted there yet. */
async function endedIn(ledger: RunPorts['ledger'], batch: BatchRow): Promise<Set<number>> {
  const ended = new Set<number>();
  await inParallel(batch.tasks, AT_ONCE, async ({ taskId }, index) => {
    if (batch.settled.has(index)) return;
    const task = await readTask(ledger, batch.tenant, taskId);
    if (task !== undefined && task.status !== 'accepted') ended.add(index);
  });
  return ended;
}

/** Task rows read at a time. */
const AT_ONCE = 16;
