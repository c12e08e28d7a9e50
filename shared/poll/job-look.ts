import { hasEnded, type JobReport } from '../model/job.ts';
import { seenSequence } from '../model/job-state.ts';
import type { JobRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds, secondsBetween } from '../model/time.ts';
import type { Answer } from '../ports.ts';

/** What one look at one job found. */
export type JobVerdict =
  /** No evidence either way: our own trouble, or a silence within its budget. */
  | { readonly kind: 'nothing'; readonly miss: boolean }
  /** The worker spoke. `news`: something changed since the last answer. */
  | { readonly kind: 'report'; readonly report: JobReport; readonly news: boolean }
  /** The worker never got it, or forgot it before it began. */
  | { readonly kind: 'resubmit' }
  /** Nothing more is expected of it. */
  | { readonly kind: 'lost'; readonly reason: string; readonly worker: WorkerThen };

/**
 * How its worker was when a job was given up: it answered; it answered and did not know the job; it answered and
 * never took it; it was silent this once, or for so long that it is lost too.
 */
export type WorkerThen = 'heard' | 'forgetful' | 'unwilling' | 'silent' | 'lost';

/** A worker ends a job at its deadline by its own clock, and we hear of it a moment later: it may be off by so much. */
const OVERRUN_SECONDS = 30;

/**
 * Judges the answer to one question about one job.
 *
 * A worker is lost when it was asked `lostAfterMisses` times over at least `lostAfterSeconds` and stayed
 * silent: both, because a burst of questions in one bad second proves nothing, and neither does one
 * question a minute later. A question we failed to ask spends nothing. A job ends with its deadline, and one lost
 * answer then says nothing about its worker.
 */
export function judgeJob(
  job: JobRow,
  answer: Answer<JobReport | undefined>,
  settings: Settings,
  now: Instant,
): JobVerdict {
  if (answer.kind === 'not-asked') return { kind: 'nothing', miss: false };
  if (answer.kind === 'answered' && answer.value === undefined && job.status === 'submitting') {
    return now < job.deadlineAt
      ? { kind: 'resubmit' }
      : { kind: 'lost', reason: 'never reached its worker', worker: 'unwilling' };
  }
  const isOverdue = now >= plusSeconds(job.deadlineAt, OVERRUN_SECONDS);
  if (answer.kind === 'answered' && answer.value?.manifestSha256 === job.manifestSha256) {
    const report = answer.value;
    if (!hasEnded(report.status) && isOverdue) {
      return { kind: 'lost', reason: 'ran past its deadline', worker: 'heard' };
    }
    return { kind: 'report', report, news: isNews(job, report) };
  }
  const misses = job.misses + 1;
  const silentSeconds = secondsBetween(job.firstMissAt ?? now, now);
  if (
    misses >= settings.looks.lostAfterMisses &&
    silentSeconds >= settings.looks.lostAfterSeconds
  ) {
    const silent = answer.kind === 'silent';
    const why = silent ? `worker lost: ${answer.why}` : 'its worker does not know it';
    const reason = `${why}, ${misses} times in ${silentSeconds} s`;
    return { kind: 'lost', reason, worker: silent ? 'lost' : 'forgetful' };
  }
  if (isOverdue) {
    return answer.kind === 'silent'
      ? { kind: 'lost', reason: 'silent past its deadline', worker: 'silent' }
      : { kind: 'lost', reason: 'unknown to its worker past its deadline', worker: 'forgetful' };
  }
  return { kind: 'nothing', miss: true };
}

const isNews = (job: JobRow, report: JobReport): boolean =>
  report.status !== job.reported ||
  report.checkpoints.some(({ line, sequence }) => sequence > seenSequence(job, line)) ||
  report.failures.length !== job.failures.length ||
  report.uploaded.some((line) => !job.uploaded.has(line)) ||
  job.misses > 0;

/**
 * Whether the batches of a job are to hear that it is alive, so that the sweep leaves them alone: of a job that
 * reports often once in a quarter of `jobSeconds`, for which each report counts. A lost job's report is always
 * tried on them, and refused there.
 */
export function isToBeHeard(
  { status, answeredAt, submittedAt }: JobRow,
  { lease }: Pick<Settings, 'lease'>,
  now: Instant,
): boolean {
  const quarter = (at: Instant) =>
    Math.floor(secondsBetween(submittedAt, at) / (lease.jobSeconds / 4));
  return status === 'lost' || answeredAt === undefined || quarter(answeredAt) !== quarter(now);
}
