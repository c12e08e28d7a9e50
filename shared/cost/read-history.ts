import { inParallel } from '../concurrency.ts';
import { readBatch } from '../ledger/batches.ts';
import { jobsOf } from '../ledger/jobs.ts';
import { readTask } from '../ledger/tasks.ts';
import type { LeaseRow } from '../model/rows.ts';
import type { Ledger } from '../ports.ts';
import type { LeaseHistory } from './lease-cost.ts';

/** Ledger reads at a time. */
const AT_ONCE = 16;

/** All that a lease's cost is derived from. Nothing but rows of the lease's own tenant is read. */
export async function readHistory(ledger: Ledger, lease: LeaseRow): Promise<LeaseHistory> {
  const { tenant, profile } = lease;
  const jobs = await jobsOf(ledger, lease.burstId);
  const batchIds = [...new Set(jobs.flatMap(({ batches }) => batches.map((one) => one.batchId)))];
  const batches = await inParallel(batchIds, AT_ONCE, (id) =>
    readBatch(ledger, tenant, profile, id),
  );
  const found = batches.filter((batch) => batch !== undefined);
  const taskIds = new Set(found.flatMap((batch) => batch.tasks.map(({ taskId }) => taskId)));
  const tasks = await inParallel([...taskIds], AT_ONCE, (id) => readTask(ledger, tenant, id));
  return { lease, jobs, batches: found, tasks: tasks.filter((task) => task !== undefined) };
}
