import { giveBack, giveBackHeld } from '../../shared/bursts/give-back.ts';
import { addressOf } from '../../shared/bursts/workers.ts';
import { claimBatch, reissueBatch } from '../../shared/ledger/batches.ts';
import { changeJob, createJob } from '../../shared/ledger/jobs.ts';
import { changeLease, readLease } from '../../shared/ledger/leases.ts';
import { manifestKey } from '../../shared/model/artifact-keys.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { jobIdOf, type WorkerId } from '../../shared/model/ids.ts';
import { type ManifestTask, manifestText } from '../../shared/model/job.ts';
import type { BatchRow, JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { type Instant, plusSeconds, secondsBetween } from '../../shared/model/time.ts';
import type { Assignment } from '../../shared/run/assignment.ts';
import { openSeconds } from '../../shared/run/lanes.ts';
import { isDrawn } from '../../shared/run/sample.ts';
import { manifestTasks, noteResumes } from './manifest.ts';
import type { RunPorts } from './run-ports.ts';

export interface Submission {
  /** The one that has the number now; undefined: there was nothing left to submit. */
  readonly job?: JobRow | undefined;
  /** Another Run took the number. */
  readonly overtaken?: true;
}

/**
 * Claims the batches of one assignment and submits them as one job: claim, manifest, job row, call. The
 * row names the manifest's digest, so whatever crashes behind it is finished by submitting it again.
 */
export async function submitNew(
  ports: RunPorts,
  settings: Settings,
  lease: LeaseRow,
  assignment: Assignment,
  firstNumber: number,
  now: Instant,
): Promise<Submission> {
  const { ledger } = ports;
  const jobId = jobIdOf(lease.burstId, firstNumber);
  const { worker, deadlineAt, reissueOf } = assignment;
  const claims: BatchRow[] = [];
  for (const batch of assignment.batches) {
    const dueAt = plusSeconds(deadlineAt, settings.looks.graceSeconds);
    const by = { burst: lease.burstId, job: jobId, dueAt };
    const claim =
      reissueOf === undefined
        ? await claimBatch(ledger, batch, by)
        : await reissueBatch(ledger, batch, by);
    if (claim.done) claims.push(claim.row);
  }
  const urlSeconds = secondsBetween(now, deadlineAt);
  const tasks = await manifestTasks(ports, claims, { jobId, worker, urlSeconds });
  if (tasks.length === 0) {
    const end = { class: 'voted' as const, reason: 'other workers are to do what is left', worker };
    for (const claim of claims) await giveBack(ledger, settings, claim, end, now);
    return {};
  }

  const text = manifestText(jobId, tasks);
  const manifestSha256 = sha256Of(text);
  const key = manifestKey(lease.tenant, jobId, manifestSha256);
  const bytes = Buffer.from(text);
  await ports.artifacts.put(key, { bytes, contentType: 'application/x-ndjson' });
  const created = await createJob(ledger, {
    burstId: lease.burstId,
    n: firstNumber,
    jobId,
    worker,
    batches: claims.map(({ batchId, batchFence }) => ({ batchId, batchFence })),
    tasks: tasks.length,
    estimateSeconds: claims.reduce((sum, batch) => sum + openSeconds(batch), 0),
    paceOf: paceOf(claims, tasks),
    ...(reissueOf === undefined ? {} : { reissueOf }),
    manifestKey: key,
    manifestSha256,
    submittedAt: now,
    deadlineAt,
    drawn: drawnLines(settings, lease, tasks),
  });
  if (!created.done) {
    const end = { class: 'not-started' as const, reason: 'another Run took its number' };
    for (const claim of claims) await giveBack(ledger, settings, claim, end, now);
    return { job: created.row, overtaken: true };
  }
  const submitted = await submitAgain(ports, settings, lease, created.row, now);
  if (submitted.status !== 'refused') await noteResumes(ports, lease.tenant, tasks);
  return { job: submitted };
}

/**
 * The kind this job will tell the pace of; undefined: its tasks are of several kinds, were estimated by their
 * sender, or are not all there from the beginning.
 */
function paceOf(claims: readonly BatchRow[], tasks: readonly ManifestTask[]): string | undefined {
  const kind = claims[0]?.kind;
  const open = claims.flatMap((batch) => batch.tasks.filter((_, n) => !batch.settled.has(n)));
  return claims.every((batch) => batch.kind === kind) &&
    open.length === tasks.length &&
    open.every(({ declared }) => declared === undefined) &&
    tasks.every(({ checkpoint }) => checkpoint?.resume === undefined)
    ? kind
    : undefined;
}

/** Lines of the sample that other workers do again. */
function drawnLines(
  { workerSecret }: Settings,
  { tenant, requirement: { sample } }: LeaseRow,
  tasks: readonly ManifestTask[],
): number[] {
  if (sample === undefined) return [];
  const drawn = tasks.filter(({ taskId }) => isDrawn(workerSecret, tenant, taskId, sample));
  return drawn.map(({ line }) => line);
}

/** Sends a job that is on record to its worker. A repeat is harmless: id and digest are its identity. */
export async function submitAgain(
  ports: RunPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  now: Instant,
): Promise<JobRow> {
  const address = addressOf(lease, job.worker, settings);
  const seconds = Math.max(1, Math.ceil(secondsBetween(now, job.deadlineAt)));
  // No worker is ever taken off a lease: it was read before the worker was admitted.
  if (address === undefined) return job;
  const { jobId, manifestSha256, deadlineAt } = job;
  const manifestUrl = await ports.artifacts.readUrl(job.manifestKey, { seconds });
  const answer = await ports.jobs.submit(address, {
    jobId,
    manifestUrl,
    manifestSha256,
    deadlineAt,
  });
  if (answer.kind !== 'answered') return job;
  if (!answer.value.accepted) {
    return giveUp(ports, settings, lease, job, answer.value.reason, now);
  }
  const running = await changeJob(ports.ledger, job, { set: { status: 'running' } });
  return running.row ?? job;
}

/** A worker that refuses a job gets no other until it answers for one. */
async function giveUp(
  { ledger, log }: RunPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  reason: string,
  now: Instant,
): Promise<JobRow> {
  log('job refused', { burst: lease.burstId, job: job.jobId, worker: job.worker, reason });
  const end = { class: 'not-started', reason: `refused: ${reason}`, worker: job.worker } as const;
  await giveBackHeld(ledger, settings, lease, job, end, now);
  const refused = await changeJob(ledger, job, { set: { status: 'refused' } });
  await markLost(ledger, lease, job.worker, now);
  return refused.row ?? job;
}

/** As the look its caller has read the lease in: what was learned since is not overwritten. */
async function markLost(
  ledger: RunPorts['ledger'],
  { burstId, leaseFence, look }: LeaseRow,
  workerId: WorkerId,
  now: Instant,
): Promise<void> {
  const lease = await readLease(ledger, burstId);
  if (lease === undefined) return;
  const workers = lease.workers.map((worker) =>
    worker.workerId === workerId ? { ...worker, lostAt: now } : worker,
  );
  await changeLease(ledger, { burstId, leaseFence, look }, { workers });
}
