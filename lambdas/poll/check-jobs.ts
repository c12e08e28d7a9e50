import type { Driver, Step } from '../../shared/bursts/drive.ts';
import { giveBack } from '../../shared/bursts/give-back.ts';
import { whenToLook } from '../../shared/bursts/when-to-look.ts';
import { addressOf } from '../../shared/bursts/workers.ts';
import { inParallel } from '../../shared/concurrency.ts';
import { liveBatches, readBatch } from '../../shared/ledger/batches.ts';
import { changeJob, jobsOf } from '../../shared/ledger/jobs.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import { readProfile } from '../../shared/ledger/profiles.ts';
import { readProviderView } from '../../shared/ledger/provider.ts';
import type { BurstDocument } from '../../shared/model/burst.ts';
import type { WorkerId } from '../../shared/model/ids.ts';
import { hasEnded, type JobReport } from '../../shared/model/job.ts';
import type { BatchRow, JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Instant } from '../../shared/model/time.ts';
import { mayComeLate } from '../../shared/poll/cluster-look.ts';
import { isFinishable, worthCollecting } from '../../shared/poll/collect-when.ts';
import { goneFromView } from '../../shared/poll/gone.ts';
import {
  hasUnread,
  isLost,
  isToBeHeard,
  isWantedFor,
  judgeJob,
  type WorkerThen,
} from '../../shared/poll/job-look.ts';
import type { Ports } from '../../shared/ports.ts';
import { lastCallIn, mayExtend } from '../../shared/run/after-assigning.ts';
import { isAtWork, isLive, lanesOf } from '../../shared/run/lanes.ts';

type CheckPorts = Pick<Ports, 'ledger' | 'jobs' | 'clock' | 'ids' | 'log'>;

/** What one job turned out to be after a look. */
interface Looked {
  readonly job: JobRow;
  readonly news: boolean;
  /** Run has something to do about it. */
  readonly turn?: boolean;
  /** Set when the worker answered or was given up. */
  readonly worker?: { readonly workerId: WorkerId; readonly lost: boolean };
}

/**
 * Check jobs: asks every worker about its jobs, the lost ones too until their URLs die. Of the provider it
 * reads only the shared view, and an old view is no evidence.
 */
export const checkJobs =
  (ports: CheckPorts, settings: Settings): Driver =>
  async (lease, burst, now) => {
    if (lease.phase !== 'ready') return { next: 'close', reason: `phase ${lease.phase}` };
    const rows = await jobsOf(ports.ledger, lease.burstId, lease.firstJob);
    const looked = await inParallel(rows, 16, (job) =>
      isWatched(job, now)
        ? lookAt(ports, settings, lease, job, now)
        : Promise.resolve({ job, news: false }),
    );
    const current = await markWorkers(ports, lease, looked, now);
    if (current === undefined) return { next: 'superseded' };

    const jobs = looked.map(({ job }) => job);
    const step = await judgeLook(ports, settings, current, burst, looked, now);
    // Before what was uploaded is verified: that may take longer than the time there is to extend.
    if (step.next !== 'close' && isLastCall(current, jobs, settings, now)) {
      return { next: 'run', reason: 'its paid time ends' };
    }
    const judged = step.next === 'close' || isReviewed(current, now);
    if (!worthCollecting(jobs, settings, now) && !(judged && jobs.some(hasUnread))) return step;
    // Collect goes on where this look would have.
    return step.next === 'wait' ? { ...step, next: 'collect' } : { next: 'collect' };
  };

/** What follows a look, apart from what was uploaded. */
async function judgeLook(
  ports: CheckPorts,
  settings: Settings,
  lease: LeaseRow,
  burst: BurstDocument,
  looked: readonly Looked[],
  now: Instant,
): Promise<Step> {
  const gone = goneFromView(await readProviderView(ports.ledger), lease, settings, now);
  if (gone.changed !== undefined) await changeLease(ports.ledger, lease, gone.changed);
  if (gone.gone !== undefined) {
    const failure = { Error: 'ClusterGone', Cause: gone.gone };
    return { next: 'close', reason: gone.gone, failure };
  }
  const jobs = looked.map(({ job }) => job);
  const live = jobs.filter(isLive);
  if (
    live.length === 0 ||
    looked.some(({ turn }) => turn) ||
    jobs.some((job) => isFinishable(job, jobs))
  ) {
    return { next: 'run' };
  }
  const profile = await readProfile(ports.ledger, lease.tenant, lease.profile);
  if (profile === undefined) return { next: 'run', reason: 'its profile is gone' };
  const batches = await liveBatches(ports.ledger, { ...lease, oldestOpen: profile.oldestOpen });
  if (live.some((job) => isUnwanted(job, batches))) {
    return { next: 'run', reason: 'every task of a job has ended' };
  }
  const waiting = batches.some((batch) => mayStart(batch, now));
  if (waiting && lanesOf(lease, jobs, batches, new Set(), settings, now).length > 0) {
    return { next: 'run', reason: 'work waits' };
  }
  if (waiting && mayComeLate(lease, settings, now)) {
    return { next: 'run', reason: 'work waits, and workers may have come' };
  }
  if (isReviewed(lease, now)) return { next: 'run', reason: 'a job may be slow' };
  const quietLooks = looked.some(({ news }) => news) ? 0 : burst.quietLooks;
  const hints = { waiting, quietLooks };
  const look = whenToLook(lease, jobs, batches, hints, settings, ports.ids.random(), now);
  return { next: 'wait', ...look, reason: `${live.length} jobs running` };
}

/** A cluster at work must be extended now if it is to go on. */
const isLastCall = (
  lease: LeaseRow,
  jobs: readonly JobRow[],
  settings: Settings,
  now: Instant,
): boolean =>
  jobs.some(isAtWork) && lastCallIn(lease, settings, now) <= 0 && mayExtend(lease, settings, now);

/** Run is to judge which jobs are slow: by what was verified. */
const isReviewed = ({ reviewAt }: LeaseRow, now: Instant): boolean =>
  reviewAt !== undefined && now >= reviewAt;

const mayStart = ({ status, notBefore }: BatchRow, now: Instant): boolean =>
  status === 'open' && (notBefore === undefined || now >= notBefore);

const isWatched = (job: JobRow, now: Instant): boolean =>
  job.status === 'submitting' ||
  (job.status === 'running' && !hasEnded(job.reported)) ||
  isLost(job, now);

/** Whether a job runs on although nobody wants anything of it any more. Run stops it. */
const isUnwanted = (job: JobRow, batches: readonly BatchRow[]): boolean =>
  !hasEnded(job.reported) && !batches.some((batch) => isWantedFor(job, batch));

async function lookAt(
  ports: CheckPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  now: Instant,
): Promise<Looked> {
  const address = addressOf(lease, job.worker, settings);
  if (address === undefined) {
    const gone = { reason: 'its worker is gone', worker: 'lost' } as const;
    return lose(ports, settings, lease, job, gone, now);
  }
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

async function noteMiss({ ledger }: CheckPorts, job: JobRow, now: Instant): Promise<JobRow> {
  const noted = await changeJob(ledger, job, {
    set: { misses: job.misses + 1, firstMissAt: job.firstMissAt ?? now },
  });
  return noted.row ?? job;
}

/**
 * Writes what a worker reports. Its batches are asked whether the fence the job claimed them with still stands: a
 * report of an attempt that was given up is refused, and counted.
 */
async function noteReport(
  { ledger, log }: CheckPorts,
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
  const noted = await changeJob(ledger, job, {
    set: {
      reported: report.status,
      started: job.started || report.status !== 'queued',
      failures,
      checkpoints,
      slotSeconds: report.slotSeconds,
      answeredAt: now,
      misses: 0,
      ...(unread && job.unreadSince === undefined ? { unreadSince: now } : {}),
      ...(job.status === 'submitting' ? { status: 'running' as const } : {}),
    },
    remove: ['firstMissAt'],
    uploaded,
    refusedReports: refused,
  });
  return noted.row ?? job;
}

/** Gives a job up: its batches go back under a new fence, its uploads stay welcome. */
async function lose(
  { ledger, log }: CheckPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  { reason, worker: then }: { readonly reason: string; readonly worker: WorkerThen },
  now: Instant,
): Promise<Looked> {
  for (const { batchId, batchFence } of job.batches) {
    const batch = await readBatch(ledger, lease.tenant, lease.profile, batchId);
    if (batch?.status !== 'claimed' || batch.batchFence !== batchFence) continue;
    // A task that ends its worker at once is never seen running: that the worker took the job is enough.
    const began = job.started || (then !== 'heard' && job.status === 'running');
    const end = began
      ? { class: 'worker-lost' as const, reason, worker: job.worker }
      : { class: 'not-started' as const, reason };
    await giveBack(ledger, settings, batch, end, now);
  }
  log('job lost', { burst: lease.burstId, job: job.jobId, worker: job.worker, reason });
  const noted = await changeJob(ledger, job, { set: { status: 'lost', lostAt: now } });
  const worker = { workerId: job.worker, lost: then === 'lost' };
  return {
    job: noted.row ?? job,
    news: true,
    turn: true,
    ...(then === 'silent' ? {} : { worker }),
  };
}

/** Workers that answered are trusted with work again, those given up are not until they answer. */
async function markWorkers(
  { ledger }: CheckPorts,
  lease: LeaseRow,
  looked: readonly Looked[],
  now: Instant,
): Promise<LeaseRow | undefined> {
  const heard = new Map(
    looked.flatMap(({ worker }) => (worker ? [[worker.workerId, worker.lost]] : [])),
  );
  for (const { worker } of looked) if (worker?.lost === false) heard.set(worker.workerId, false);
  const workers = lease.workers.map(({ lostAt, ...worker }) => {
    const lost = heard.get(worker.workerId) ?? lostAt !== undefined;
    return lost ? { ...worker, lostAt: lostAt ?? now } : worker;
  });
  const changed = workers.some(
    (worker, index) => 'lostAt' in worker !== (lease.workers[index]?.lostAt !== undefined),
  );
  if (!changed) return lease;
  const marked = await changeLease(ledger, lease, { workers });
  return marked.done ? marked.row : undefined;
}
