import { BILLS } from './bill.ts';
import { clairvoyantBound } from './bound.ts';
import { NO_CHURN } from './churn.ts';
import { measured } from './measures.ts';
import type { OursOptions } from './ours.ts';
import type { PolicyRun } from './policy-run.ts';
import type { TraceTask } from './trace.ts';

/** Paid time over the least that could have been paid for a row of short tasks this far apart. */
export interface GapRatio {
  readonly gapSeconds: number;
  readonly tasks: number;
  readonly paidHours: number;
  readonly optimalHours: number;
  readonly ratio: number;
}

/** Of two tasks, what comes after the first matters alone; of many, what is done again and again. */
const TASKS = [2, 12];
const SERVICE_SECONDS = 1;
export const PROVISIONING_SECONDS = 120;
export const CLUSTER_GPUS = 8;

/** Around where a cluster is let go: its edge, and the idle time behind it. */
const GAPS_SECONDS = [
  ...[60, 300, 460, 900, 1800, 2700, 3300, 3500, 3590, 3610, 3700, 3900],
  ...[4100, 4300, 4800, 5400, 7200, 10_800],
];

/**
 * Tasks that take no time, at equal gaps: all that is paid is for waiting. The optimum knows the gaps, makes no
 * task wait and is never without a cluster where it wants one (ski rental: a deterministic rule that does not know
 * them comes to twice of it at best, as the gap may end as soon as it lets go).
 */
export async function benchGaps(
  runOurs: (options: OursOptions) => Promise<PolicyRun>,
  gaps: readonly number[] = GAPS_SECONDS,
  counts: readonly number[] = TASKS,
): Promise<GapRatio[]> {
  const ratios: GapRatio[] = [];
  for (const gapSeconds of gaps) {
    for (const count of counts) {
      const tasks = Array.from({ length: count }, (_, n) => taskAt(n, n * gapSeconds));
      const run = await runOurs({
        ...{ seed: 1, tasks, churn: NO_CHURN },
        provisioningSeconds: () => PROVISIONING_SECONDS,
        settings: { clusters: { maxWorkers: 8, sizes: [CLUSTER_GPUS], patienceSeconds: 1 } },
      });
      const paidHours = measured(run, BILLS.ionet).clusterHours;
      const optimalHours =
        clairvoyantBound(tasks, BILLS.ionet, {
          ...{ clusterGpus: CLUSTER_GPUS, maxWaitSeconds: 0 },
        }) / 3600;
      const ratio = paidHours / optimalHours;
      ratios.push({ gapSeconds, tasks: count, paidHours, optimalHours, ratio });
    }
  }
  return ratios;
}

const taskAt = (n: number, arrivalSeconds: number): TraceTask => ({
  ...{ name: `t${n}`, arrivalSeconds, serviceSeconds: SERVICE_SECONDS, gpus: 1 },
  ...{ kind: 'gap', model: '' },
});
