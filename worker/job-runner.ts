import type { JobId } from '../shared/model/ids.ts';
import type { JobReport, JobRequest } from '../shared/model/job.ts';
import type { Log } from '../shared/ports.ts';
import type { WorkerClock } from './clock.ts';
import { hasEnded, type Job, newJob, reportOf, type StopReason } from './job.ts';
import { createMaterialStore } from './materials.ts';
import { runJob } from './run-job.ts';
import type { Slot } from './slot.ts';
import type { Transfers } from './transfer.ts';

/** Reports of ended jobs that are kept; the oldest is forgotten first. */
const KEPT_REPORTS = 1000;

/** Time the task at hand has to end when the worker is told to go. */
const GRACE_SECONDS = 10;

/** `same`: known under this id with this digest · `other`: known with another one. */
export type Submitted = 'new' | 'same' | 'other' | 'draining';

/** The worker's jobs: at most one per slot runs, the others wait in order. */
export interface JobRunner {
  submit(request: JobRequest): Submitted;
  report(jobId: string): JobReport | undefined;
  /** Stops a queued or running job; an ended one stays as it ended. */
  cancel(jobId: string): JobReport | undefined;
  /** Takes no new job from now on; those it has run to their end. */
  drain(): void;
  isDraining(): boolean;
  /** Drains, hands back what has not begun, and lets tasks at hand end. Resolves to what was handed back. */
  shutDown(): Promise<readonly JobId[]>;
}

export interface JobRunnerParts {
  readonly slots: readonly Slot[];
  readonly clock: WorkerClock;
  readonly transfers: Transfers;
  readonly log: Log;
}

export function createJobRunner({ slots, clock, transfers, log }: JobRunnerParts): JobRunner {
  const materials = createMaterialStore(transfers);
  const jobs = new Map<string, Job>();
  const freeSlots = [...slots];
  const queue: Job[] = [];
  const running = new Set<Promise<void>>();
  const deadlines = new Map<Job, () => void>();
  let draining = false;
  let leaving = false;

  function end(job: Job, status: Job['status']): void {
    job.status = status;
    job.endedAt = clock.now();
    deadlines.get(job)?.();
    deadlines.delete(job);
    log('job ended', {
      jobId: job.request.jobId,
      status,
      uploaded: job.uploaded.length,
      failures: job.failures.length,
    });
    forgetOldest();
  }

  function forgetOldest(): void {
    const ended = [...jobs.values()].filter(hasEnded);
    const surplus = ended.slice(0, Math.max(0, ended.length - KEPT_REPORTS));
    for (const { request } of surplus) jobs.delete(request.jobId);
  }

  function stop(job: Job, reason: StopReason): void {
    const place = queue.indexOf(job);
    if (place >= 0) queue.splice(place, 1);
    if (job.status === 'queued') end(job, reason);
    job.stop.abort(reason);
  }

  async function occupy(slot: Slot, job: Job): Promise<void> {
    job.status = 'running';
    job.startedAt = clock.now();
    end(
      job,
      await runJob(job, { slot, transfers, materials, clock, log, handBack: () => leaving }),
    );
    freeSlots.push(slot);
    startWaiting();
  }

  function startWaiting(): void {
    const slot = freeSlots[0];
    const job = slot === undefined ? undefined : queue.shift();
    if (slot === undefined || job === undefined) return;
    freeSlots.shift();
    const run = occupy(slot, job).finally(() => running.delete(run));
    running.add(run);
    startWaiting();
  }

  function submit(request: JobRequest): Submitted {
    const known = jobs.get(request.jobId);
    if (known) return known.request.manifestSha256 === request.manifestSha256 ? 'same' : 'other';
    if (draining) return 'draining';
    const job = newJob(request);
    jobs.set(request.jobId, job);
    queue.push(job);
    log('job taken', { jobId: request.jobId, waiting: queue.length });
    deadlines.set(
      job,
      clock.at(request.deadlineAt, () => stop(job, 'interrupted')),
    );
    startWaiting();
    return 'new';
  }

  async function shutDown(): Promise<readonly JobId[]> {
    draining = true;
    leaving = true;
    const unfinished = [...jobs.values()].filter((job) => !hasEnded(job));
    for (const job of [...queue]) stop(job, 'interrupted');
    const ended = new AbortController();
    const grace = clock.wait(GRACE_SECONDS, ended.signal).then(() => {
      for (const job of unfinished) if (!hasEnded(job)) stop(job, 'interrupted');
    });
    await Promise.all(running);
    ended.abort();
    await grace;
    await Promise.all(slots.map((slot) => slot.close()));
    return unfinished.filter((job) => job.status === 'interrupted').map((job) => job.request.jobId);
  }

  const reported = (job: Job | undefined) => job && reportOf(job, clock.now());
  return {
    submit,
    report: (jobId) => reported(jobs.get(jobId)),
    cancel(jobId) {
      const job = jobs.get(jobId);
      if (job && !hasEnded(job)) stop(job, 'cancelled');
      return reported(job);
    },
    drain() {
      draining = true;
    },
    isDraining: () => draining,
    shutDown,
  };
}
