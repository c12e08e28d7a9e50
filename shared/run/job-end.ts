import type { JobRow } from '../model/rows.ts';
import type { AttemptEnd } from './returns.ts';

/**
 * How an ended job failed the tasks it leaves behind. Called once its uploads have been looked at, so a
 * task without a result here was not delivered, or what was delivered was wrong.
 */
export function endOf(job: JobRow): AttemptEnd {
  const each = job.collected.size >= job.tasks;
  if (job.rejectedResults > 0) {
    const reason = `${job.rejectedResults} results were wrong`;
    return { class: 'verification-failed', reason, worker: job.worker, each };
  }
  const [first] = job.failures;
  if (first !== undefined) {
    const reason = `${job.failures.length} tasks failed, the first with ${first.class}: ${first.message}`;
    return { class: 'task-failed', reason, worker: job.worker, each };
  }
  if (job.votes > 0) {
    const reason = `${job.votes} results wait for another worker's to agree`;
    return job.reported === 'interrupted'
      ? { class: 'continued', reason }
      : { class: 'voted', reason, worker: job.worker };
  }
  if (job.reported === 'interrupted') return { class: 'interrupted', reason: 'out of time' };
  const reason = `the job ${job.reported ?? 'ended'} without every result`;
  return { class: 'task-failed', reason, worker: job.worker, each };
}

/** Whether time alone ended it, the job's or the tasks' own: who got further then goes on at no cost. */
export const ranOutOfTime = ({ failures }: JobRow, end: AttemptEnd): boolean =>
  end.class === 'interrupted' ||
  (end.class === 'task-failed' &&
    failures.length > 0 &&
    failures.every((failure) => failure.class === 'timeout'));
