import { type BillRule, paidSeconds } from './bill.ts';
import type { PolicyRun, RunLease } from './policy-run.ts';

/** What is said of one policy under one seed. Waits are from arrival to start. */
export interface Measures {
  readonly clusterHours: number;
  readonly gpuHours: number;
  readonly waitP50Seconds: number;
  readonly waitP95Seconds: number;
  readonly waitP99Seconds: number;
  readonly waitMaxSeconds: number;
  readonly leases: number;
  /** Times a slot loaded another model than it had, per task. */
  readonly loadsPerTask: number;
}

export function measured(run: PolicyRun, rule: BillRule): Measures {
  const waits = run.tasks
    .map(({ task, startSeconds }) => startSeconds - task.arrivalSeconds)
    .sort((a, b) => a - b);
  const paid = (of: (lease: RunLease) => number) =>
    run.leases.reduce((sum, lease) => sum + of(lease) * paidOf(lease, rule), 0) / 3600;
  return {
    clusterHours: paid(() => 1),
    gpuHours: paid(({ gpus }) => gpus),
    waitP50Seconds: quantile(waits, 0.5),
    waitP95Seconds: quantile(waits, 0.95),
    waitP99Seconds: quantile(waits, 0.99),
    waitMaxSeconds: quantile(waits, 1),
    leases: run.leases.length,
    loadsPerTask: run.modelLoads / Math.max(1, run.tasks.length),
  };
}

export const paidOf = ({ startSeconds, endSeconds }: RunLease, rule: BillRule): number =>
  paidSeconds(rule, endSeconds - startSeconds);

/** The smallest value that at least this share of the values does not exceed. Of sorted values. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)));
  return sorted[place - 1] ?? 0;
}

/** Middle and worst of several seeds; of all measures more is worse. */
export interface OverSeeds {
  readonly median: number;
  readonly worst: number;
}

export function overSeeds(values: readonly number[]): OverSeeds {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), worst: quantile(sorted, 1) };
}
