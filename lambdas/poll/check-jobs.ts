import type { Driver, Step } from '../../shared/bursts/drive.ts';
import { whenToLook } from '../../shared/bursts/when-to-look.ts';
import { inParallel } from '../../shared/concurrency.ts';
import { liveBatches } from '../../shared/ledger/batches.ts';
import { jobsOf } from '../../shared/ledger/jobs.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import { readProfile } from '../../shared/ledger/profiles.ts';
import { readProviderView } from '../../shared/ledger/provider.ts';
import type { BurstDocument } from '../../shared/model/burst.ts';
import { hasEnded } from '../../shared/model/job.ts';
import { hasUnread, isAtWork, isLive, isLost, isWantedFor } from '../../shared/model/job-state.ts';
import type { BatchRow, JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Instant } from '../../shared/model/time.ts';
import { mayComeLate } from '../../shared/poll/cluster-look.ts';
import { isFinishable, worthCollecting } from '../../shared/poll/collect-when.ts';
import { goneFromView } from '../../shared/poll/gone.ts';
import type { Ports } from '../../shared/ports.ts';
import { lastCallIn, mayExtend } from '../../shared/run/after-assigning.ts';
import { lanesOf } from '../../shared/run/lanes.ts';
import { type Looked, lookAtJob } from './look-at-job.ts';

type CheckPorts = Pick<Ports, 'ledger' | 'jobs' | 'clock' | 'ids' | 'log'>;

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
        ? lookAtJob(ports, settings, lease, job, now)
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
