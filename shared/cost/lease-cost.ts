import type { BurstId, TaskId } from '../model/ids.ts';
import type { BatchRow, JobRow, LeaseRow, TaskRow } from '../model/rows.ts';
import { secondsBetween } from '../model/time.ts';
import { apportion } from './apportion.ts';
import { spentOn } from './spent.ts';

/** What a bill was spent on; all but `work` and `redundancy` is waste. */
export const COST_LINES = [
  'work',
  'redundancy',
  'provisioning',
  'idle',
  'failed-attempts',
  'duplicates',
  'hedges',
  'cancelled',
  'surplus',
] as const;
export type CostLine = (typeof COST_LINES)[number];

/** What one cluster cost, in micro-USD. The lines add up to the bill. */
export interface LeaseCost {
  readonly burst: BurstId;
  /** Price of the prepaid terms it bought. */
  readonly quotedMicroUsd: number;
  /** What the provider charged. */
  readonly billedMicroUsd: number;
  readonly lines: Readonly<Record<CostLine, number>>;
  /** Tasks whose results it made. Together they bear the whole bill, and the whole quote. */
  readonly tasks: readonly TaskShare[];
}

export interface TaskShare {
  readonly taskId: TaskId;
  /** For the slot time its result took. */
  readonly workMicroUsd: number;
  /** That and its part of all other lines. */
  readonly billedMicroUsd: number;
  readonly quotedMicroUsd: number;
}

/** The rows a lease's cost is derived from: its jobs, their batches, the tasks of these. */
export interface LeaseHistory {
  readonly lease: LeaseRow;
  readonly jobs: readonly JobRow[];
  readonly batches: readonly BatchRow[];
  readonly tasks: readonly TaskRow[];
}

/**
 * Divides the provider's bill for a settled lease by the slot time it paid for. What surplus clusters cost is known
 * exactly; the rest is spread over all slots from the first paid second to the last, in proportion to what they
 * did, whole micro-USD by largest remainder. What a second order stood by for is a hedge.
 *
 * @returns undefined while there is no bill.
 */
export function leaseCost({ lease, jobs, batches, tasks }: LeaseHistory): LeaseCost | undefined {
  const { burstId: burst, quotedMicroUsd, billedMicroUsd } = lease;
  if (billedMicroUsd === undefined) return undefined;
  const spent = spentOn(jobs, batches, new Map(tasks.map((task) => [task.taskId, task])));
  const slots = slotsOf(lease);
  const provisioning = slots * provisioningSeconds(lease);
  const busy = {
    work: [...spent.work.values()].reduce((sum, seconds) => sum + seconds, 0),
    redundancy: spent.redundancy,
    'failed-attempts': spent.failedAttempts,
    duplicates: spent.duplicates,
    hedges: spent.hedges,
    cancelled: spent.cancelled,
  };
  const used = Object.values(busy).reduce((sum, seconds) => sum + seconds, provisioning);
  const idle = Math.max(0, slots * paidSeconds(lease) - used);
  const weights =
    lease.hedges === undefined
      ? { idle, provisioning, ...busy }
      : { ...busy, hedges: busy.hedges + idle + provisioning };

  const surplus = Math.min(lease.surplusMicroUsd ?? 0, billedMicroUsd);
  const parts = apportion(billedMicroUsd - surplus, Object.values(weights).map(milliseconds));
  const lines: Record<CostLine, number> = {
    ...{ work: 0, redundancy: 0, provisioning: 0, idle: 0, 'failed-attempts': 0 },
    ...{ duplicates: 0, hedges: 0, cancelled: 0, surplus },
    ...Object.fromEntries(Object.keys(weights).map((line, index) => [line, parts[index] ?? 0])),
  };
  return { burst, quotedMicroUsd, billedMicroUsd, lines, tasks: shares(lease, lines, spent.work) };
}

function shares(
  { quotedMicroUsd, billedMicroUsd = 0 }: LeaseRow,
  lines: LeaseCost['lines'],
  work: ReadonlyMap<TaskId, number>,
): TaskShare[] {
  const weights = [...work.values()].map(milliseconds);
  if (weights.length === 0) return [];
  const [own, quoted] = [apportion(lines.work, weights), apportion(quotedMicroUsd, weights)];
  const others = apportion(billedMicroUsd - lines.work, weights);
  return [...work.keys()].map((taskId, index) => ({
    taskId,
    workMicroUsd: own[index] ?? 0,
    billedMicroUsd: (own[index] ?? 0) + (others[index] ?? 0),
    quotedMicroUsd: quoted[index] ?? 0,
  }));
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1000);

/** Slots that were paid for, whether their workers came or not. */
function slotsOf({ offer, workers, requirement }: LeaseRow): number {
  const came = workers.reduce((sum, worker) => sum + worker.slots, 0);
  const perWorker = Math.floor((offer?.gpusPerWorker ?? 0) / requirement.need.gpus);
  return Math.max(1, came, (offer?.workers ?? 0) * perWorker);
}

/** Seconds of cluster life the bill covers: what was lived, or what was charged for without being lived. */
function paidSeconds({
  aliveSeconds = 0,
  paidFrom,
  paidUntil,
  quotedMicroUsd,
  billedMicroUsd = 0,
  surplusMicroUsd = 0,
}: LeaseRow): number {
  if (paidFrom === undefined || paidUntil === undefined || quotedMicroUsd === 0) {
    return aliveSeconds;
  }
  const share = Math.min(1, Math.max(0, billedMicroUsd - surplusMicroUsd) / quotedMicroUsd);
  return Math.max(aliveSeconds, secondsBetween(paidFrom, paidUntil) * share);
}

/** Paid seconds before the cluster could be used; all of them where it never could. */
function provisioningSeconds(lease: LeaseRow): number {
  const { paidFrom, readyAt } = lease;
  const paid = paidSeconds(lease);
  if (readyAt === undefined) return Math.max(paid, 1);
  return paidFrom === undefined
    ? 0
    : Math.min(paid, Math.max(0, secondsBetween(paidFrom, readyAt)));
}
