import type { Driver } from '../../shared/bursts/drive.ts';
import { keepLimits } from '../../shared/bursts/keep-limits.ts';
import { openIfNeeded } from '../../shared/bursts/open.ts';
import { whenToLook } from '../../shared/bursts/when-to-look.ts';
import { liveBatches } from '../../shared/ledger/batches.ts';
import { jobsOf } from '../../shared/ledger/jobs.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import { readProfile } from '../../shared/ledger/profiles.ts';
import { readQuarantine } from '../../shared/ledger/provider.ts';
import { readStop, stopInWords } from '../../shared/ledger/stops.ts';
import type { WorkerId } from '../../shared/model/ids.ts';
import { isLive, isLost, isOpen } from '../../shared/model/job-state.ts';
import { slotPrice } from '../../shared/model/limits.ts';
import type { BatchRow, JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Instant } from '../../shared/model/time.ts';
import { afterAssigning } from '../../shared/run/after-assigning.ts';
import { type Assignment, assign } from '../../shared/run/assignment.ts';
import { pacesWith, type Reissuing, reissues } from '../../shared/run/stragglers.ts';
import { admitLateWorkers, welcomeBack } from './late-workers.ts';
import type { RunPorts } from './run-ports.ts';
import { submitAgain, submitNew } from './submit.ts';
import { finishJobs, heedCancellations, returnOrphans } from './tidy.ts';

/**
 * Run jobs: first what is behind us (jobs that ended, claims without a job, submissions nobody confirmed,
 * cancelled tasks), then open batches onto free slots. Batches are claimed here and nowhere else.
 */
export const runJobs =
  (ports: RunPorts, settings: Settings): Driver =>
  async (seen, _burst, now) => {
    if (seen.phase !== 'ready') return { next: 'close', reason: `phase ${seen.phase}` };
    const known = await admitLateWorkers(ports, settings, seen, now);
    const lease = known && (await welcomeBack(ports, settings, known));
    if (lease === undefined) return { next: 'superseded' };

    // Jobs first: what a job holds that is seen here was told to the profile before it was claimed.
    const before = await jobsOf(ports.ledger, lease.burstId, lease.firstJob);
    const profile = await readProfile(ports.ledger, lease.tenant, lease.profile);
    if (profile === undefined) return { next: 'close', reason: 'its profile is gone' };
    const where = { ...lease, oldestOpen: profile.oldestOpen };
    const claimed = await liveBatches(ports.ledger, where);
    const finished = await finishJobs(ports, settings, before, claimed, now);
    await returnOrphans(ports, settings, lease, before, claimed, now);
    await heedCancellations(ports, settings, lease, before, claimed);
    const refusing = new Set<WorkerId>();
    for (const job of before) {
      // One that was silent is asked for nothing more this time: each silence takes seconds of the time there is.
      if (job.status !== 'submitting' || refusing.has(job.worker)) continue;
      const { status } = await submitAgain(ports, settings, lease, job, now);
      if (status !== 'running') refusing.add(job.worker);
    }

    const jobs = await jobsOf(ports.ledger, lease.burstId, lease.firstJob);
    const live = await liveBatches(ports.ledger, where);
    const stop = await readStop(ports.ledger, lease.tenant);
    const open =
      stop === undefined
        ? await keepLimits(ports.ledger, settings, live, priceOn(lease, settings), now)
        : [];
    const quarantined = await inQuarantine(ports, lease, now);
    const assigning = assign(lease, jobs, open, quarantined, settings, now);
    const paces = pacesWith(lease.paces, finished);
    const paced = { ...lease, paces };
    const again = reissues(paced, jobs, open, assigning.free, settings, now);
    if (!(await spendOnDuplicates(ports, lease, again))) return { next: 'superseded' };
    const firstNew = Math.max(lease.firstJob, ...jobs.map(({ n }) => n + 1));
    const assignments = [...assigning.assignments, ...again.assignments];
    const submitted = await submitAll(ports, settings, lease, assignments, refusing, firstNew, now);
    const left = [...assigning.left.values()].reduce((sum, batches) => sum + batches.length, 0);
    if (left > 0) await openIfNeeded(ports, settings, profile, { stop: stop ?? 'none' });
    const firstJob = jobs.find((job) => isOpen(job, now))?.n ?? firstNew;
    const working = jobs.filter(isLive).length + submitted.length;
    const lost = jobs.filter((job) => isLost(job, now));
    const awaited = lost.filter((job) => hasWork(job, open)).length;
    const idle = working === 0 && left === 0;
    const idleSince = idle ? (lease.idleSince ?? now) : undefined;
    const estimated = submitted.reduce((sum, { estimateSeconds = 0 }) => sum + estimateSeconds, 0);
    const changes = {
      ...{ firstJob: Math.max(firstJob, lease.firstJob), idleSince, paces },
      ...{ issuedSeconds: lease.issuedSeconds + estimated, reviewAt: again.reviewAt },
      loaded: loadedBy(lease, submitted, assignments, now),
    };
    const news = finished.length > 0 || estimated > 0 || again.reviewAt !== lease.reviewAt;
    if (news || firstJob > lease.firstJob || idleSince !== lease.idleSince) {
      await changeLease(ports.ledger, lease, changes);
    }
    if (stop !== undefined && working === 0) return { next: 'close', reason: stopInWords(stop) };
    const current = { ...lease, idleSince };
    const others = profile.bursts.filter(
      ({ state, burstId }) => state === 'open' && burstId !== lease.burstId,
    ).length;
    const busy = { live: working, watched: lost.length, awaited, others };
    const step = afterAssigning(current, busy, assigning, settings, now);
    const facts = `${submitted.length} submitted, ${working} live, ${left} batches left`;
    const started = [...jobs, ...submitted];
    const unconfirmed = started.some(({ status }) => status === 'submitting');
    if (step.next === 'wait' && working > 0 && !unconfirmed) {
      const reviewed = { ...lease, reviewAt: again.reviewAt };
      const hints = { waiting: left > 0, quietLooks: 0 };
      const look = whenToLook(reviewed, started, live, hints, settings, MIDDLE, now);
      return { ...step, ...look, reason: facts };
    }
    if (step.next !== 'close') return { ...step, reason: facts };
    const { failure, reason } = step;
    return failure === undefined
      ? { next: 'close', reason }
      : { next: 'close', reason: facts, failure: { Error: failure, Cause: reason } };
  };

/** Of the spread of waits: the first after Run is told apart by what it submitted. */
const MIDDLE = 0.5;

/** Whether what a job may still upload would count. */
const hasWork = ({ batches }: JobRow, open: readonly BatchRow[]): boolean =>
  batches.some(({ batchId }) => open.some((batch) => batch.batchId === batchId));

/** Price of one second of a slot of this cluster. */
const priceOn = (lease: LeaseRow, { lease: { hourSeconds, termHours } }: Settings) =>
  lease.offer && slotPrice(lease, lease.offer, hourSeconds * termHours);

/** What each worker was last given to load, now that these jobs were submitted. */
function loadedBy(
  { loaded }: LeaseRow,
  submitted: readonly JobRow[],
  assignments: readonly Assignment[],
  now: Instant,
): LeaseRow['loaded'] {
  const given = submitted.flatMap(({ worker }): [string, { key: string; at: Instant }][] => {
    const key = assignments.findLast((one) => one.worker === worker)?.batches.at(-1)?.affinityKey;
    return key === undefined ? [] : [[worker, { key, at: now }]];
  });
  return given.length === 0 ? loaded : { ...loaded, ...Object.fromEntries(given) };
}

/**
 * Stops at the first number that another Run has taken: that Run may be ahead, and what it has assigned is not known
 * here.
 *
 * @returns the jobs their workers took, or may have taken.
 */
async function submitAll(
  ports: RunPorts,
  settings: Settings,
  lease: LeaseRow,
  assignments: readonly Assignment[],
  refusing: Set<WorkerId>,
  firstNumber: number,
  now: Instant,
): Promise<JobRow[]> {
  const submitted: JobRow[] = [];
  let number = firstNumber;
  for (const assignment of assignments) {
    if (refusing.has(assignment.worker)) continue;
    const { job, overtaken } = await submitNew(ports, settings, lease, assignment, number, now);
    if (job !== undefined) {
      number = job.n + 1;
      if (job.status !== 'running') refusing.add(job.worker);
      if (job.status !== 'refused') submitted.push(job);
    }
    if (overtaken) break;
  }
  return submitted;
}

/**
 * The budget is written before it is spent, so that a crash spends none twice.
 *
 * @returns false when the lease has another driver now, who spends it.
 */
async function spendOnDuplicates(
  { ledger, log }: RunPorts,
  lease: LeaseRow,
  { assignments, seconds, left }: Reissuing,
): Promise<boolean> {
  for (const { job, why } of left) log('slow job left alone', { burst: lease.burstId, job, why });
  if (assignments.length === 0) return true;
  const duplicateSeconds = lease.duplicateSeconds + seconds;
  const written = await changeLease(ledger, lease, { duplicateSeconds });
  if (!written.done) return false;
  for (const { reissueOf, worker } of assignments) {
    log('job re-issued', { burst: lease.burstId, job: reissueOf, worker, duplicateSeconds });
  }
  return true;
}

async function inQuarantine(
  { ledger }: RunPorts,
  lease: LeaseRow,
  now: Instant,
): Promise<Set<WorkerId>> {
  const found = new Set<WorkerId>();
  for (const { workerId } of lease.workers) {
    const row = await readQuarantine(ledger, workerId);
    if (row !== undefined && now < row.quarantinedUntil) found.add(workerId);
  }
  return found;
}
