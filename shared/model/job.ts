import * as z from 'zod';
import { CheckpointMark } from './checkpoint.ts';
import { FileName } from './files.ts';
import { ForeignSeconds, ForeignText } from './foreign.ts';
import { BatchId, JobId, Sha256, TaskId } from './ids.ts';
import { Instant } from './time.ts';

/** What a worker is asked to run. (jobId, manifestSha256) is its identity: a repeat is harmless. */
export const JobRequest = z.strictObject({
  jobId: JobId,
  manifestUrl: z.string(),
  manifestSha256: Sha256,
  /** The job stops here, queueing included: its upload URLs die then. */
  deadlineAt: Instant,
});
export type JobRequest = z.infer<typeof JobRequest>;

/** Most tasks of one job. */
export const MAX_JOB_TASKS = 10_000;

/** First line of a manifest. */
export const ManifestHeader = z.strictObject({
  v: z.literal(1),
  jobId: JobId,
  tasks: z.int().positive().max(MAX_JOB_TASKS),
});
export type ManifestHeader = z.infer<typeof ManifestHeader>;

/** Bytes to fetch, checked against their hash. */
const Download = z.object({
  url: z.string(),
  sha256: Sha256,
  bytes: z.int().nonnegative(),
});

/** One task of a job. `line` counts from 0 and is how worker and ledger speak of it. */
export const ManifestTask = z.strictObject({
  line: z.int().nonnegative(),
  batchId: BatchId,
  batchFence: z.int().positive(),
  /** Place of the task in its batch. */
  index: z.int().nonnegative(),
  taskId: TaskId,
  /** Which try of the task this is, from 1. */
  attempt: z.int().positive().default(1),
  kind: z.string(),
  spec: z.record(z.string(), z.unknown()),
  /** The task's own files, by name. */
  inputs: z.array(Download.extend({ name: FileName })).optional(),
  /** Files it shares with other tasks, named by their hash. */
  assets: z.array(Download).optional(),
  /** Seconds the executor may take, on the worker's clock; absent: until the job's end. */
  timeoutSeconds: z.int().positive().optional(),
  /** Absent: this kind has no checkpoints. */
  checkpoint: z
    .object({
      /** Where each checkpoint goes; the next one replaces it. */
      putUrl: z.string(),
      maxBytes: z.int().positive(),
      /** Where to go on from; absent: from the beginning. */
      resume: Download.extend(CheckpointMark.shape).optional(),
    })
    .optional(),
  uploads: z.array(
    z.strictObject({
      name: FileName,
      url: z.string(),
      contentType: z.string(),
      maxBytes: z.int().positive(),
    }),
  ),
});
export type ManifestTask = z.infer<typeof ManifestTask>;

/**
 * Why a worker could not do a task: `bad-spec` is its exit code 64; `input` says that a file of the task is
 * missing or another one, which our side checks; `timeout`, that it was ended after its own `timeoutSeconds`; all
 * but the first two are tried elsewhere.
 */
export const TaskFailureClass = z.enum([
  ...(['bad-spec', 'input', 'executor', 'upload', 'deadline', 'timeout'] as const),
]);
export type TaskFailureClass = z.infer<typeof TaskFailureClass>;

/** A worker's word that a checkpoint lies at its upload URL, and what it went on from itself. */
export const ReportedCheckpoint = z.object({
  line: z.int().nonnegative(),
  /** 0: it has uploaded none yet. */
  sequence: z.int().nonnegative(),
  /** Sequence of the checkpoint it resumed; absent: it began at the beginning. */
  resumedFrom: z.int().positive().optional(),
});
export type ReportedCheckpoint = z.infer<typeof ReportedCheckpoint>;

/** A worker's word about a job. It proves nothing; it says where to look. Kept below 64 KiB. */
export const JobReport = z.object({
  jobId: JobId,
  manifestSha256: Sha256,
  status: z.enum(['queued', 'running', 'succeeded', 'failed', 'interrupted', 'cancelled']),
  /** Manifest lines whose files were all uploaded, in order of completion. */
  uploaded: z.array(z.int().nonnegative()).max(MAX_JOB_TASKS),
  failures: z
    .array(
      z.object({
        line: z.int().nonnegative(),
        class: TaskFailureClass,
        message: z.string().max(300).pipe(ForeignText(300)),
      }),
    )
    .max(200),
  /** Newest checkpoint uploaded per line; lines whose files were uploaded need none. */
  checkpoints: z.array(ReportedCheckpoint).max(200).default([]),
  /** Seconds of a slot this job has used. */
  slotSeconds: ForeignSeconds,
});
export type JobReport = z.infer<typeof JobReport>;

/** Reported statuses after which a job does nothing more. */
const ENDED: ReadonlySet<string> = new Set(['succeeded', 'failed', 'interrupted', 'cancelled']);

/** Whether a worker has reported the end of a job. */
export const hasEnded = (status: string | undefined): boolean =>
  status !== undefined && ENDED.has(status);

/** Answer of a worker's health job: what it speaks and what hardware it stands on. */
export const WorkerHealth = z.object({
  contract: z.literal(1),
  status: z.enum(['ready', 'draining']),
  /** Jobs it runs at a time. */
  slots: z.int().positive().max(64),
  /** GPUs as the container sees them; empty on a machine without one. */
  gpus: z
    .array(
      z.object({
        model: ForeignText(100),
        /** MiB. */
        vramMb: z.int().nonnegative(),
        /** Version of the driver. */
        driver: ForeignText(50).optional(),
        /** Share of the last moment in which it was at work, %. Before the first job: other people's work. */
        utilizationPercent: z.int().min(0).max(100).optional(),
        /** It is cut into instances, of which this container has one: name and memory are the whole card's. */
        mig: z.boolean().optional(),
      }),
    )
    .max(64),
  /** How it knows: `nvidia-smi`, `BURST_GPUS`, or why it could not find out. */
  gpusFrom: ForeignText(200).optional(),
  /** Whether the executors of this image use the GPU. */
  gpuUsed: z.boolean(),
});
export type WorkerHealth = z.infer<typeof WorkerHealth>;

/** The manifest as the worker downloads it: NDJSON, header first. */
export const manifestText = (jobId: JobId, tasks: readonly ManifestTask[]): string =>
  [{ v: 1, jobId, tasks: tasks.length }, ...tasks]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('');

/**
 * Parses a manifest. However many lines the text has, no more are looked at than its header announces, and
 * one: that is enough to see that they are too many.
 *
 * @throws z.ZodError or SyntaxError when it is not one.
 */
export function parseManifest(text: string): { header: ManifestHeader; tasks: ManifestTask[] } {
  const lines = text.trimEnd();
  const end = lines.indexOf('\n');
  const header = ManifestHeader.parse(JSON.parse(end < 0 ? lines : lines.slice(0, end)));
  const rest = end < 0 ? [] : lines.slice(end + 1).split('\n', header.tasks + 1);
  const tasks = rest.map((line) => ManifestTask.parse(JSON.parse(line)));
  if (tasks.length !== header.tasks) {
    throw new SyntaxError(`manifest announces ${header.tasks} tasks and does not list as many`);
  }
  return { header, tasks };
}
