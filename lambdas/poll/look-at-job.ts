import { giveBackHeld } from '../../shared/bursts/give-back.ts';
import { addressOf } from '../../shared/bursts/workers.ts';
import { readBatch } from '../../shared/ledger/batches.ts';
import { changeJob, readJob } from '../../shared/ledger/jobs.ts';
import type { WorkerId } from '../../shared/model/ids.ts';
import type { JobReport } from '../../shared/model/job.ts';
import { hasUnread } from '../../shared/model/job-state.ts';
import type { JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Instant } from '../../shared/model/time.ts';
import { isToBeHeard, judgeJob, type WorkerThen } from '../../shared/poll/job-look.ts';
import type { Ports } from '../../shared/ports.ts';
import type { AttemptEnd } from '../../shared/run/returns.ts';

type LookPorts = Pick<Ports, 'ledger' | 'jobs' | 'log'>;

/** What one job turned out to be after a look. */
export interface Looked {
  readonly job: JobRow;
  readonly news: boolean;
  /** Run has something to do about it. */
  readonly turn?: boolean;
  /** Set when the worker answered or was given up. */
  readonly worker?: { readonly workerId: WorkerId; readonly lost: boolean };
}

/** Asks the worker of one job about it, and writes what that means. */
export async function lookAtJob(
  ports: LookPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  now: Instant,
): Promise<Looked> {
  const address = addressOf(lease, job.worker, settings);
  // No worker is ever taken off a lease: this look has read it before the worker was admitted.
  if (address === undefined) return { job, news: false };
  const answer = await ports.jobs.get(address, job.jobId);
  const verdict = judgeJob(job, answer, settings, now);
  const worker = { workerId: job.worker, lost: false };
  switch (verdict.kind) {
    case 'nothing':
      return verdict.miss && job.status !== 'lost'
        ? { job: await noteMiss(ports, job, now), news: false }
        : { job, news: false };
    case 'resubmit':
      return { job, news: true, turn: true, worker };
    case 'lost':
      return job.status === 'lost'
        ? { job, news: false }
        : lose(ports, settings, lease, job, verdict, now);
    case 'report':
      return verdict.news
        ? {
            job: await noteReport(ports, settings, lease, job, verdict.report, now),
            news: true,
            worker,
          }
        : { job, news: false, worker };
  }
}

async function noteMiss({ ledger }: LookPorts, job: JobRow, now: Instant): Promise<JobRow> {
  const missed = { misses: job.misses + 1, firstMissAt: job.firstMissAt ?? now };
  const noted = await changeJob(ledger, job, { set: missed }, 'this answer');
  return noted.row ?? job;
}

/**
 * Writes what a worker reports. Its batches are asked whether the fence the job claimed them with still stands: a
 * report of an attempt that was given up is refused, and counted.
 */
async function noteReport(
  { ledger, log }: LookPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  report: JobReport,
  now: Instant,
): Promise<JobRow> {
  let refused = 0;
  for (const { batchId, batchFence } of isToBeHeard(job, settings, now) ? job.batches : []) {
    const batch = await readBatch(ledger, lease.tenant, lease.profile, batchId);
    if (batch?.batchFence !== batchFence) refused += 1;
  }
  if (refused > 0) {
    log('stale report refused', { burst: lease.burstId, job: job.jobId, batches: refused });
  }
  const uploaded = new Set(report.uploaded.filter((line) => line < job.tasks));
  const { failures, checkpoints } = report;
  const unread = hasUnread({ ...job, uploaded, failures, checkpoints });
  if (job.status === 'submitting') await changeJob(ledger, job, { set: { status: 'running' } });
  const set = {
    reported: report.status,
    started: job.started || report.status !== 'queued',
    failures,
    checkpoints,
    slotSeconds: report.slotSeconds,
    answeredAt: now,
    misses: 0,
    ...(unread && job.unreadSince === undefined ? { unreadSince: now } : {}),
  };
  const grown = { uploaded, refusedReports: refused };
  const change = { set, remove: ['firstMissAt' as const], ...grown };
  const noted = await changeJob(ledger, job, change, 'this answer');
  if (noted.done) return noted.row;
  // Another look has written what it heard. What is uploaded stays uploaded.
  return (await changeJob(ledger, job, grown)).row ?? job;
}

/** Gives a job up: its batches go back under a new fence, its uploads stay welcome. */
async function lose(
  { ledger, log }: LookPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  { reason, worker: then }: { readonly reason: string; readonly worker: WorkerThen },
  now: Instant,
): Promise<Looked> {
  // Its worker may have answered a later look. Between this read and the writes that chance is small, not nil.
  const current = await readJob(ledger, job);
  if (current !== undefined && current.answeredAt !== job.answeredAt) {
    return { job: current, news: true };
  }
  const end = endOfLost(job, reason, then);
  await giveBackHeld(ledger, settings, lease, job, end, now);
  log('job lost', { burst: lease.burstId, job: job.jobId, worker: job.worker, reason });
  const noted = await changeJob(ledger, job, { set: { status: 'lost', lostAt: now } });
  const worker = { workerId: job.worker, lost: then === 'lost' || then === 'unwilling' };
  return {
    job: noted.row ?? job,
    news: true,
    turn: true,
    ...(then === 'silent' ? {} : { worker }),
  };
}

/**
 * A task that ends its worker at once is never seen running. That the worker took the job is enough, where it is gone,
 * or has restarted before it reported anything.
 */
function endOfLost(job: JobRow, reason: string, then: WorkerThen): AttemptEnd {
  const { worker } = job;
  const gone =
    then === 'silent' || then === 'lost' || (then === 'forgetful' && job.reported === undefined);
  if (job.started || (gone && job.status === 'running')) {
    // One that answers is well: the next attempt may be its, and there may be no other.
    const isWell = then === 'silent' || then === 'forgetful';
    return { class: 'worker-lost', reason, ...(isWell ? {} : { worker }) };
  }
  return { class: 'not-started', reason, ...(then === 'unwilling' ? { worker } : {}) };
}
