import type { Row } from '../../../shared/ports.ts';
import { isWaiting } from './batches.ts';
import { type Violation, violation, type Writer } from './invariant.ts';

/** Attempts at one batch that may be alive at a time within one burst. */
const LIVE_ATTEMPTS = 2;

/** Reports after which a job uploads nothing more. */
const OVER: readonly unknown[] = ['succeeded', 'failed', 'interrupted', 'cancelled'];

/** ATTEMPTS: of the jobs of a burst, at most two may still upload for one batch. */
export function newJob(job: Row, others: readonly Row[], now: string): Violation | undefined {
  const listed = batchesIn(job);
  const alive = others.filter(
    ({ status, deadlineAt, reported }) =>
      status === 'submitting' ||
      status === 'running' ||
      (status === 'lost' && now < String(deadlineAt) && !OVER.includes(reported)),
  );
  for (const batch of listed) {
    const count = 1 + alive.filter((other) => batchesIn(other).includes(batch)).length;
    if (count > LIVE_ATTEMPTS) {
      return violation('ATTEMPTS', `${job.jobId} is attempt ${count} alive at batch ${batch}`);
    }
  }
  return;
}

const batchesIn = ({ batches }: Row): string[] =>
  Array.isArray(batches)
    ? batches.map((listed) => String(Reflect.get(Object(listed), 'batchId')))
    : [];

/** ATTEMPTS: what slow jobs are done again for stays within its share of the burst's slot time. */
export function duplicatesWithin(
  before: Row | undefined,
  after: Row,
  share: number,
): Violation | undefined {
  const [was, is] = [Number(before?.duplicateSeconds ?? 0), Number(after.duplicateSeconds ?? 0)];
  const issued = Number(after.issuedSeconds ?? 0);
  if (is <= was || is <= share * issued) return;
  const what = `${after.burstId} does ${is} of ${issued} s twice, the budget is ${share} of them`;
  return violation('ATTEMPTS', what);
}

/** ATTEMPTS: a job is not stopped while its batch, though re-issued, has tasks left: its uploads still count. */
export function stopped(job: Row, batches: Iterable<Row>): Violation | undefined {
  const { jobId } = job;
  for (const batch of batches) {
    // A number is given again where it was given to a job that was never written: the fence tells them apart.
    const own = batch.job === jobId && fenceIn(job, batch.batchId) === batch.batchFence;
    const wanted = isWaiting(batch) && (own || batch.earlierJob === jobId);
    if (wanted) return violation('ATTEMPTS', `${jobId} was stopped at batch ${batch.batchId}`);
  }
  return;
}

const fenceIn = ({ batches }: Row, batchId: unknown): unknown =>
  Array.isArray(batches)
    ? Reflect.get(
        Object(batches.find((one) => Reflect.get(Object(one), 'batchId') === batchId)),
        'batchFence',
      )
    : undefined;

/** When a worker was first caught, and how long it is put aside for it. */
export interface Caught {
  readonly atMs: number;
  readonly untilMs: number;
}

/** PLACE: no batch goes to a worker that failed it, and nothing to one that is put aside when the look begins. */
export function placed(
  job: Row,
  batches: readonly Row[],
  by: Pick<Writer, 'startedMs'>,
  caught?: Caught,
): Violation | undefined {
  const given = batchesIn(job);
  for (const { batchId, batchFence, excludedWorkers, job: holder } of batches) {
    const excluded = Array.isArray(excludedWorkers) && excludedWorkers.includes(job.worker);
    if (excluded && holder === job.jobId && given.includes(String(batchId))) {
      const what = `batch ${batchId} goes to ${job.worker} again under fence ${batchFence}`;
      return violation('PLACE', what);
    }
  }
  return caught !== undefined && caught.atMs < by.startedMs && by.startedMs < caught.untilMs
    ? violation('PLACE', `${job.worker} gets ${job.jobId} after it was caught`)
    : undefined;
}
