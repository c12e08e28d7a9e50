import type { MemoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import {
  hasEnded,
  type JobReport,
  type JobRequest,
  type ManifestTask,
  parseManifest,
  type ReportedCheckpoint,
  type WorkerHealth,
} from '../../shared/model/job.ts';
import { millisecondsOf } from '../../shared/model/time.ts';
import type { Timers } from '../local/engine/timers.ts';
import {
  type ModelResume,
  resumeOf,
  type Tampering,
  uploadCheckpoint,
  uploadFiles,
} from './model-files.ts';

/** A worker of the virtual world: the job server's contract without HTTP, on virtual time. */
export interface WorkerModel {
  /** Answers no more, works no more, for ever. */
  kill(): void;
  /** Stands still until it is thawed. */
  freeze(): void;
  thaw(): void;
  /** Starts anew without any of its jobs. */
  forget(): void;
  readonly alive: () => boolean;
  readonly frozen: () => boolean;
  health(): WorkerHealth;
  submit(job: JobRequest): { accepted: true } | { accepted: false; reason: string };
  report(jobId: string): JobReport | undefined;
  cancel(jobId: string): void;
  drain(): void;
}

/** A checkpoint on the way, and how much of the whole task is done there, between 0 and 1. */
interface ModelStage {
  readonly stage: string;
  readonly payload: Uint8Array;
  readonly doneShare: number;
}

/** What one task leaves to upload, or why the worker cannot do it. */
export type Produced =
  | {
      readonly files: ReadonlyMap<string, Uint8Array>;
      /** Share of the task that was done before; 0 where it begins at the beginning. */
      readonly fromShare?: number;
      readonly stages?: readonly ModelStage[];
    }
  | { readonly failed: JobReport['failures'][number]['class'] }
  /** Half way through it takes the whole worker down; its platform may restart it. */
  | { readonly kills: true; readonly restarts?: boolean };

/** What a worker that lives on makes of a task. */
type Made = Exclude<Produced, { readonly kills: true }>;

/** How a worker departs from an honest one. */
export interface WorkerTraits {
  /** Takes no job. */
  readonly refuses?: boolean;
  /** Reports tasks as uploaded that it never began. */
  readonly boasts?: boolean;
  /** Puts something else over its uploads, so long after it made them, seconds. */
  readonly overwritesAfterSeconds?: number;
  /** What it does to the checkpoints it leaves. */
  readonly tampers?: Tampering | undefined;
}

export interface WorkerModelOptions {
  readonly timers: Timers;
  readonly artifacts: MemoryArtifacts;
  readonly slots: number;
  readonly gpus: WorkerHealth['gpus'];
  /** How long one task takes, seconds. */
  readonly taskSeconds: (task: ManifestTask) => number;
  readonly produce: (task: ManifestTask, resume: ModelResume | undefined) => Produced;
  readonly traits?: WorkerTraits;
  readonly onDeath?: () => void;
}

interface ModelJob {
  readonly request: JobRequest;
  readonly tasks: readonly ManifestTask[];
  status: JobReport['status'];
  next: number;
  uploaded: number[];
  failures: JobReport['failures'];
  readonly checkpoints: Map<number, ReportedCheckpoint>;
  slotSeconds: number;
  /** When the time of the task at hand is over, milliseconds. */
  overAtMs: number;
}

/** A worker that works on virtual time: what it delivers is real, only the time it takes is modelled. */
export function workerModel(options: WorkerModelOptions): WorkerModel {
  const { timers, artifacts, slots, gpus, taskSeconds, traits = {} } = options;
  const jobs = new Map<string, ModelJob>();
  const postponed: (() => void)[] = [];
  let [alive, frozen, draining] = [true, false, false];
  const kill = () => {
    if (alive) options.onDeath?.();
    alive = false;
  };

  /** Does something after a while, or after the thaw when it is frozen by then. */
  const later = (seconds: number, act: () => void) =>
    timers.after(seconds * 1000, () => {
      if (!alive) return;
      if (frozen) postponed.push(act);
      else act();
    });

  const pump = () => {
    const running = [...jobs.values()].filter(({ status }) => status === 'running').length;
    const [next] = [...jobs.values()].filter(({ status }) => status === 'queued');
    if (next === undefined || running >= slots) return;
    next.status = 'running';
    step(next);
    pump();
  };

  const step = (job: ModelJob) => {
    if (job.status !== 'running') return pump();
    const task = job.tasks[job.next];
    if (task === undefined) {
      job.status = 'succeeded';
      return pump();
    }
    job.overAtMs = timers.now() + (task.timeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    const resume = resumeOf(artifacts, task);
    const produced = options.produce(task, resume);
    if (resume !== undefined) noteCheckpoint(job, task, 0);
    if ('kills' in produced) {
      return later(taskSeconds(task) / 2, produced.restarts === true ? forget : kill);
    }
    const { stages = [], fromShare = 0 } = 'failed' in produced ? {} : produced;
    work(job, task, produced, [...stages], fromShare);
  };

  /** Works to the next checkpoint, or to the end of the task when there is none; the task's own time or the deadline ends either. */
  const work = (
    job: ModelJob,
    task: ManifestTask,
    produced: Made,
    stages: ModelStage[],
    fromShare: number,
  ): void => {
    const next = stages.shift();
    const seconds = taskSeconds(task) * ((next?.doneShare ?? 1) - fromShare);
    const untilDeadline = (millisecondsOf(job.request.deadlineAt) - timers.now()) / 1000;
    const untilOver = (job.overAtMs - timers.now()) / 1000;
    if (seconds > untilOver && untilOver < untilDeadline) {
      later(untilOver, () => {
        if (job.status !== 'running') return pump();
        job.slotSeconds += untilOver;
        fail(job, task, 'timeout');
        job.next += 1;
        step(job);
      });
      return;
    }
    if (seconds > untilDeadline) {
      later(Math.max(0, untilDeadline), () => {
        if (job.status === 'running') job.status = 'interrupted';
        pump();
      });
      return;
    }
    later(seconds, () => {
      if (job.status !== 'running') return pump();
      job.slotSeconds += seconds;
      if (next !== undefined) {
        storeCheckpoint(job, task, next);
        return work(job, task, produced, stages, next.doneShare);
      }
      finish(job, task, produced);
      job.next += 1;
      step(job);
    });
  };

  const noteCheckpoint = (
    { checkpoints }: ModelJob,
    { line, checkpoint }: ManifestTask,
    at: number,
  ) =>
    checkpoints.set(line, {
      line,
      sequence: at,
      ...(checkpoint?.resume === undefined ? {} : { resumedFrom: checkpoint.resume.sequence }),
    });

  const storeCheckpoint = (
    job: ModelJob,
    task: ManifestTask,
    { stage, payload, doneShare }: ModelStage,
  ) => {
    const { checkpoint, line } = task;
    if (checkpoint === undefined) return;
    const sequence =
      Math.max(job.checkpoints.get(line)?.sequence ?? 0, checkpoint.resume?.sequence ?? 0) + 1;
    const mark = { sequence, stage, workSeconds: taskSeconds(task) * doneShare };
    if (uploadCheckpoint(artifacts, task, mark, payload, traits.tampers)) {
      noteCheckpoint(job, task, sequence);
    }
  };

  const fail = (
    job: ModelJob,
    { line }: ManifestTask,
    why: JobReport['failures'][number]['class'],
  ) => {
    job.failures = [...job.failures, { line, class: why, message: 'modelled' }];
  };

  const finish = (job: ModelJob, task: ManifestTask, produced: Made) => {
    const failed =
      'failed' in produced
        ? produced.failed
        : uploadFiles(artifacts, task, produced.files)
          ? undefined
          : 'upload';
    if (failed === undefined) job.uploaded.push(task.line);
    else fail(job, task, failed);
    const { overwritesAfterSeconds } = traits;
    if (overwritesAfterSeconds === undefined || failed !== undefined) return;
    later(overwritesAfterSeconds, () => {
      uploadFiles(
        artifacts,
        task,
        new Map(task.uploads.map(({ name }) => [name, Buffer.from('other')])),
      );
    });
  };

  const forget = () => {
    for (const job of jobs.values()) job.status = 'cancelled';
    jobs.clear();
  };

  return {
    kill,
    freeze: () => {
      frozen = true;
    },
    thaw: () => {
      frozen = false;
      for (const act of postponed.splice(0)) act();
    },
    forget,
    alive: () => alive,
    frozen: () => frozen,
    health: () => ({
      contract: 1,
      status: draining ? 'draining' : 'ready',
      slots,
      gpus,
      gpuUsed: false,
    }),
    submit(request) {
      const known = jobs.get(request.jobId);
      if (known !== undefined) {
        const same = known.request.manifestSha256 === request.manifestSha256;
        return same ? { accepted: true } : { accepted: false, reason: 'other job under this id' };
      }
      if (draining) return { accepted: false, reason: 'draining' };
      if (traits.refuses) return { accepted: false, reason: 'busy with something else' };
      const manifest = artifacts.download(request.manifestUrl);
      const readable =
        typeof manifest !== 'string' && sha256Of(manifest.bytes) === request.manifestSha256;
      const tasks = readable
        ? parseManifest(Buffer.from(manifest.bytes).toString('utf8')).tasks
        : [];
      jobs.set(request.jobId, {
        request,
        tasks,
        status: readable ? 'queued' : 'failed',
        next: 0,
        uploaded: [],
        failures: [],
        checkpoints: new Map(),
        slotSeconds: 0,
        overAtMs: Number.POSITIVE_INFINITY,
      });
      later(0, pump);
      return { accepted: true };
    },
    report(jobId) {
      const job = jobs.get(jobId);
      return job === undefined
        ? undefined
        : {
            jobId: job.request.jobId,
            manifestSha256: job.request.manifestSha256,
            status: job.status,
            uploaded: traits.boasts ? job.tasks.map(({ line }) => line) : [...job.uploaded],
            failures: job.failures,
            checkpoints: [...job.checkpoints.values()],
            slotSeconds: job.slotSeconds,
          };
    },
    cancel(jobId) {
      const job = jobs.get(jobId);
      if (job !== undefined && !hasEnded(job.status)) job.status = 'cancelled';
      later(0, pump);
    },
    drain: () => {
      draining = true;
    },
  };
}
