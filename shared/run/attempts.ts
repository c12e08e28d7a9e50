import type { BatchId } from '../model/ids.ts';
import { isLive, isLost } from '../model/job-state.ts';
import type { JobRow } from '../model/rows.ts';
import type { Instant } from '../model/time.ts';

/** Attempts at one batch that may be alive at a time, lost ones that may still upload included. */
export const MAX_LIVE_ATTEMPTS = 2;

/** How many jobs may still deliver for each batch of theirs. */
export function attemptsAlive(jobs: readonly JobRow[], now: Instant): ReadonlyMap<BatchId, number> {
  const alive = new Map<BatchId, number>();
  for (const job of jobs) {
    if (!isLive(job) && !isLost(job, now)) continue;
    for (const batchId of new Set(job.batches.map((claim) => claim.batchId))) {
      alive.set(batchId, (alive.get(batchId) ?? 0) + 1);
    }
  }
  return alive;
}
