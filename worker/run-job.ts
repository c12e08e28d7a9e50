import * as z from 'zod';
import {
  type JobRequest,
  MAX_JOB_TASKS,
  type ManifestTask,
  parseManifest,
} from '../shared/model/job.ts';
import { plusSeconds } from '../shared/model/time.ts';
import type { Log } from '../shared/ports.ts';
import { createCheckpointUploads } from './checkpoint-uploads.ts';
import type { WorkerClock } from './clock.ts';
import type { Files, TaskOutcome } from './execute.ts';
import { type Job, MAX_MESSAGE_LENGTH, type StopReason, type TaskFailure } from './job.ts';
import type { MaterialStore, Materials } from './materials.ts';
import type { Slot } from './slot.ts';
import { TransferFailed, type Transfers } from './transfer.ts';

/** Largest manifest: 10,000 tasks with a spec of some kilobytes and signed URLs of 2 KB. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/** The manifest's bytes are the announced ones and still no manifest of this job. */
class ManifestRejected extends Error {
  override readonly name = 'ManifestRejected';
}

export interface JobTools {
  readonly transfers: Transfers;
  readonly materials: MaterialStore;
  readonly clock: WorkerClock;
  readonly slot: Slot;
  readonly log: Log;
  /** True once the worker is going away: no further task is begun. */
  handBack(): boolean;
}

/**
 * Runs a job's tasks in order and records each one as it ends, so that a crash loses one task at most. A
 * task that fails does not stop the others. Never rejects; returns how the job ended.
 */
export async function runJob(job: Job, tools: JobTools): Promise<Job['status']> {
  const { jobId } = job.request;
  try {
    const tasks = await readManifest(job.request, tools.transfers, job.stop.signal);
    for (const task of tasks) {
      if (tools.handBack()) return 'interrupted';
      const failure = await runTask(job, task, tools);
      if (failure === undefined) {
        job.uploaded.push(task.line);
        forgetSequence(job, task.line);
      } else recordFailure(job, failure, tools.log);
    }
    return job.failures.length === 0 ? 'succeeded' : 'failed';
  } catch (error) {
    if (job.stop.signal.aborted) return stopReason(job.stop.signal);
    const known = error instanceof TransferFailed || error instanceof ManifestRejected;
    tools.log('job failed', { jobId, reason: known ? error.message : 'unexpected error' });
    return 'failed';
  }
}

/** A task that is done needs no checkpoint; that it resumed one stays known. */
function forgetSequence({ checkpoints }: Job, line: number): void {
  const { resumedFrom } = checkpoints.get(line) ?? {};
  checkpoints.delete(line);
  if (resumedFrom !== undefined) checkpoints.set(line, { line, sequence: 0, resumedFrom });
}

function recordFailure(job: Job, failure: TaskFailure, log: Log): void {
  job.failures.push({ ...failure, message: failure.message.slice(0, MAX_MESSAGE_LENGTH) });
  // The message may quote a spec: it goes to the owner of the job, not to the log.
  log('task failed', { jobId: job.request.jobId, line: failure.line, class: failure.class });
}

const stopReason = (signal: AbortSignal): StopReason =>
  signal.reason === 'cancelled' ? 'cancelled' : 'interrupted';

async function readManifest(
  { jobId, manifestUrl, manifestSha256 }: JobRequest,
  transfers: Transfers,
  signal: AbortSignal,
): Promise<ManifestTask[]> {
  const expected = { sha256: manifestSha256, maxBytes: MAX_MANIFEST_BYTES };
  const bytes = await transfers.download(manifestUrl, expected, signal);
  const { header, tasks } = parsed(new TextDecoder().decode(bytes));
  if (header.jobId !== jobId) throw new ManifestRejected('manifest: is of another job');
  const lines = new Set(tasks.map(({ line }) => line));
  if (lines.size < tasks.length) throw new ManifestRejected('manifest: a line number occurs twice');
  if (tasks.some(({ line }) => line >= MAX_JOB_TASKS)) {
    throw new ManifestRejected(`manifest: a line number is not below ${MAX_JOB_TASKS}`);
  }
  return tasks;
}

function parsed(text: string): ReturnType<typeof parseManifest> {
  try {
    return parseManifest(text);
  } catch (error) {
    const where = error instanceof z.ZodError ? error.issues[0]?.path.join('.') : 'syntax';
    throw new ManifestRejected(`manifest: unreadable (${where})`);
  }
}

/** Does one task and stores its files. Rejects only when the job is stopped. */
async function runTask(
  job: Job,
  task: ManifestTask,
  tools: JobTools,
): Promise<TaskFailure | undefined> {
  const { line, uploads } = task;
  const { signal } = job.stop;
  let materials: Materials;
  try {
    materials = await tools.materials.fetch(task, signal);
  } catch (error) {
    if (!(error instanceof TransferFailed)) throw error;
    return { line, class: 'input', message: error.message };
  }
  const outcome = await perform(job, task, materials, tools);
  if (!outcome.done) return { line, class: outcome.class, message: outcome.message };
  const fault = outputFault(outcome.files, uploads);
  if (fault !== undefined) return { line, class: 'executor', message: fault };
  try {
    for (const { name, url, contentType } of uploads) {
      const bytes = outcome.files.get(name) ?? new Uint8Array();
      await tools.transfers.upload(url, { name, contentType, bytes }, signal);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof TransferFailed)) throw error;
    return { line, class: 'upload', message: error.message };
  }
}

/** The work itself, with its checkpoints stored on the way. */
async function perform(
  job: Job,
  task: ManifestTask,
  { inputs, resume }: Materials,
  tools: JobTools,
): Promise<TaskOutcome> {
  const { line, kind, spec, timeoutSeconds } = task;
  const { signal } = job.stop;
  const limit = limitOf(timeoutSeconds, tools.clock);
  const resumed = resume === undefined ? {} : { resumedFrom: resume.sequence };
  if (resume !== undefined) job.checkpoints.set(line, { line, sequence: 0, ...resumed });
  const checkpoints = createCheckpointUploads(task, resume, tools, signal, (sequence) => {
    job.checkpoints.set(line, { line, sequence, ...resumed });
  });
  try {
    const until = AbortSignal.any([signal, limit.signal]);
    return await tools.slot.run({ kind, spec, inputs, resume }, until, checkpoints.take);
  } catch (error) {
    if (signal.aborted || !limit.signal.aborted) throw error;
    return { done: false, class: 'timeout', message: `took longer than its ${timeoutSeconds} s` };
  } finally {
    limit.lift();
    await checkpoints.close();
  }
}

/** Aborts when a task's own time is over; without one, never. */
function limitOf(
  timeoutSeconds: number | undefined,
  clock: WorkerClock,
): { readonly signal: AbortSignal; lift(): void } {
  const over = new AbortController();
  if (timeoutSeconds === undefined) return { signal: over.signal, lift: () => undefined };
  const lift = clock.at(plusSeconds(clock.now(), timeoutSeconds), () => over.abort());
  return { signal: over.signal, lift };
}

/** What keeps the files from being the ones the manifest has room for. */
function outputFault(files: Files, uploads: ManifestTask['uploads']): string | undefined {
  for (const { name, maxBytes } of uploads) {
    const bytes = files.get(name)?.byteLength;
    if (bytes === undefined) return `the executor made no ${name}`;
    if (bytes > maxBytes) return `${name} has ${bytes} bytes, more than the ${maxBytes} allowed`;
  }
  return undefined;
}
