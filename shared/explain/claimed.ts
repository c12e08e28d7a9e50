import { hasEnded } from '../model/job.ts';
import type { BatchRow, JobRow } from '../model/rows.ts';
import { because, counted, type Explanation, type Facts, type StoredRows } from './explanation.ts';

const OVER = ['closing', 'tearing-down', 'teardown-owed', 'settled'];

/** A task whose batch a burst holds: on its way to a worker, at work, or being looked at. */
export function explainClaimed(rows: StoredRows & { readonly batch: BatchRow }): Explanation {
  const { batch, lease, job } = rows;
  const attempt = batch.attempts + 1;
  const facts = { batch: batch.batchId, burst: batch.burst, job: batch.job, attempt };
  if (batch.status === 'split') {
    const sentence = `Attempts at its batch were cut short ${counted(batch.attempts, 'time', 'times')}; it is being halved, to find the task that does it.`;
    return because('retrying', sentence, { ...facts, class: 'split', reason: batch.lastReason });
  }
  if (batch.status !== 'claimed') {
    const sentence = 'Its batch has ended; what became of the task is being written down.';
    return because('verifying', sentence, facts);
  }
  if (lease === undefined || OVER.includes(lease.phase)) {
    const why = lease?.closeReason ?? lease?.failure?.Cause ?? 'its cluster is gone';
    const sentence = `Its cluster closed under it (${why}); the task goes back to the queue of its kind.`;
    return because('retrying', sentence, { ...facts, class: 'burst-closed', reason: why });
  }
  if (job === undefined) {
    return because('running', 'The task is being handed to a worker.', facts);
  }
  return explainJob(job, { ...facts, worker: job.worker });
}

function explainJob(job: JobRow, facts: Facts): Explanation {
  if (job.status === 'lost') {
    const sentence = `Worker ${job.worker} stopped answering; the task goes back to be tried elsewhere.`;
    return because('worker-lost', sentence, { ...facts, lostAt: job.lostAt ?? job.deadlineAt });
  }
  const unread = [...job.uploaded].filter((line) => !job.collected.has(line)).length;
  const over = hasEnded(job.reported);
  if (unread > 0 && (over || job.uploaded.size >= job.tasks)) {
    const sentence = `Its worker has finished; ${counted(unread, 'result', 'results')} of the job still to be verified.`;
    return because('verifying', sentence, { ...facts, unread });
  }
  if (over && job.rejectedResults > 0) {
    const sentence = `${counted(job.rejectedResults, 'result', 'results')} of worker ${job.worker} were wrong; the task is tried again on another worker.`;
    return because('verification-failed', sentence, { ...facts, rejected: job.rejectedResults });
  }
  if (over && job.votes > 0) {
    const sentence = `Worker ${job.worker} has delivered; another worker's result must be the same.`;
    return because('verifying', sentence, { ...facts, votes: job.votes });
  }
  if (over || job.status === 'ended' || job.status === 'refused') {
    const how = job.status === 'refused' ? 'refused' : (job.reported ?? 'ended');
    const sentence = `Its job is over (${how}) without a result for the task; it is tried again.`;
    return because('retrying', sentence, { ...facts, class: how });
  }
  return atWork(job, facts);
}

function atWork(job: JobRow, facts: Facts): Explanation {
  const silent =
    job.misses > 0 ? `, which has not answered ${counted(job.misses, 'time', 'times')}` : '';
  const progress = `${job.collected.size} of ${counted(job.tasks, 'task', 'tasks')} of its job looked at`;
  const doing = job.started ? 'running on' : 'handed to';
  return because('running', `The task is ${doing} worker ${job.worker}${silent}: ${progress}.`, {
    ...facts,
    started: job.started,
    submittedAt: job.submittedAt,
    deadlineAt: job.deadlineAt,
    misses: job.misses,
    looked: job.collected.size,
    tasks: job.tasks,
  });
}
