import type {
  JobReport,
  JobRequest,
  ReportedCheckpoint,
  TaskFailureClass,
} from '../shared/model/job.ts';
import { type Instant, secondsBetween } from '../shared/model/time.ts';

/** Most failures a report lists. Lines it does not name are simply not done. */
export const MAX_FAILURES = 200;

/** Most checkpoints a report lists, the newest lines of them. */
const MAX_CHECKPOINTS = 200;

/** Largest reply the other side reads. */
export const MAX_REPORT_BYTES = 65_536;

/** Longest message of a failure. */
export const MAX_MESSAGE_LENGTH = 300;

/** The first length with which all failures fit is used. */
const MESSAGE_LENGTHS = [MAX_MESSAGE_LENGTH, 100, 25];

export interface TaskFailure {
  readonly line: number;
  readonly class: TaskFailureClass;
  readonly message: string;
}

/** What stops a job early: its caller, its deadline, or the end of this worker. */
export type StopReason = 'cancelled' | 'interrupted';

/** One job and how far it is. Changed by the runner alone. */
export interface Job {
  readonly request: JobRequest;
  status: JobReport['status'];
  readonly uploaded: number[];
  readonly failures: TaskFailure[];
  /** The task at hand and those that failed, by line. */
  readonly checkpoints: Map<number, ReportedCheckpoint>;
  startedAt: Instant | undefined;
  endedAt: Instant | undefined;
  /** Aborted with a {@link StopReason}. */
  readonly stop: AbortController;
}

export const newJob = (request: JobRequest): Job => ({
  request,
  status: 'queued',
  uploaded: [],
  failures: [],
  checkpoints: new Map(),
  startedAt: undefined,
  endedAt: undefined,
  stop: new AbortController(),
});

export const hasEnded = ({ status }: Job): boolean => status !== 'queued' && status !== 'running';

/** Printable ASCII without quotes and backslashes, so that a character is a byte in any JSON. */
const plain = (message: string): string => message.replace(/[^ !#-[\]-~]/g, '?');

/** The job as its caller sees it, in at most {@link MAX_REPORT_BYTES}: messages are cut before lines are. */
export function reportOf(job: Job, now: Instant): JobReport {
  const { startedAt, endedAt = now } = job;
  const report = (messageLength: number): JobReport => ({
    jobId: job.request.jobId,
    manifestSha256: job.request.manifestSha256,
    status: job.status,
    uploaded: job.uploaded,
    failures: job.failures
      .slice(0, MAX_FAILURES)
      .map((failure) => ({ ...failure, message: plain(failure.message).slice(0, messageLength) })),
    checkpoints: [...job.checkpoints.values()].slice(-MAX_CHECKPOINTS),
    slotSeconds: startedAt === undefined ? 0 : Math.max(0, secondsBetween(startedAt, endedAt)),
  });
  const fits = (length: number) => JSON.stringify(report(length)).length <= MAX_REPORT_BYTES;
  return report(MESSAGE_LENGTHS.find(fits) ?? 0);
}
