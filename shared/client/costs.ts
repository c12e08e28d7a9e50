import { inParallel } from '../concurrency.ts';
import { type LeaseCost, leaseCost, type TaskShare } from '../cost/lease-cost.ts';
import { readHistory } from '../cost/read-history.ts';
import { readLease } from '../ledger/leases.ts';
import { BurstId, type TaskId, type Tenant } from '../model/ids.ts';
import type { Ledger } from '../ports.ts';
import { readExisting } from './results.ts';

/** What one task cost, in micro-USD. */
export type TaskCost =
  /** Its cluster has been billed. */
  | ({ readonly state: 'billed'; readonly burst: string } & TaskShare)
  /** It is done, and its cluster has no bill yet: that comes when the cluster is confirmed gone. */
  | { readonly state: 'unbilled'; readonly taskId: TaskId; readonly burst: string }
  /** It has no result: what was spent on it is among the waste of the clusters that tried. */
  | { readonly state: 'without-result'; readonly taskId: TaskId };

export interface Costs {
  /** The clusters that made the results of these tasks, those that were billed, with every line of the bill. */
  readonly clusters: readonly LeaseCost[];
  /** In the order asked for. */
  readonly tasks: readonly TaskCost[];
}

/** Ledger reads at a time. */
const AT_ONCE = 16;

/**
 * What tasks and their clusters cost, derived from the rows of these clusters: a few reads per job and one per
 * task of each.
 *
 * @throws TaskNotFound
 */
export async function readCosts(
  ledger: Ledger,
  tenant: Tenant,
  taskIds: readonly string[],
): Promise<Costs> {
  const rows = await inParallel(taskIds, AT_ONCE, (id) => readExisting(ledger, tenant, id));
  const bursts = new Set(
    rows.flatMap(({ status, burst }) => (status === 'done' && burst !== undefined ? burst : [])),
  );
  const clusters = new Map<string, LeaseCost>();
  for (const burst of bursts) {
    const lease = await readLease(ledger, BurstId.parse(burst));
    const history = lease && (await readHistory(ledger, lease));
    const cost = history && leaseCost(history);
    if (cost !== undefined) clusters.set(burst, cost);
  }
  const tasks = rows.map(({ taskId, status, burst }): TaskCost => {
    if (status !== 'done' || burst === undefined) return { state: 'without-result', taskId };
    const share = clusters.get(burst)?.tasks.find((one) => one.taskId === taskId);
    return share === undefined
      ? { state: 'unbilled', taskId, burst }
      : { state: 'billed', burst, ...share };
  });
  return { clusters: [...clusters.values()], tasks };
}
