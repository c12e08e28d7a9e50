import { type BillRule, paidSeconds } from './bill.ts';
import type { TraceTask } from './trace.ts';

/**
 * Fewest paid cluster-seconds that any policy could reach that knew the whole trace and let no task wait
 * longer than `maxWaitSeconds`:
 *
 *     f(n+1) = 0
 *     f(i)   = min over j >= i of  paid(max over k in i..j of (a_k + s_k)  -  (a_i + D))  +  f(j+1)
 *     bound  = max(f(1), sum(s · gpus) / g)
 *
 * Tasks sorted by arrival a, service s, D the longest wait, g GPUs of a cluster. Capacity inside a window,
 * provisioning and failures are left out, so it lies below what is possible: a ratio of 1.00 is not always
 * within reach. A policy that lets a task wait longer than D may even fall below it.
 */
export function clairvoyantBound(
  tasks: readonly TraceTask[],
  rule: BillRule,
  {
    clusterGpus,
    maxWaitSeconds,
  }: { readonly clusterGpus: number; readonly maxWaitSeconds: number },
): number {
  const arrivals = Float64Array.from(tasks, ({ arrivalSeconds }) => arrivalSeconds);
  const ends = Float64Array.from(
    tasks,
    ({ arrivalSeconds, serviceSeconds }) => arrivalSeconds + serviceSeconds,
  );
  const dearestSplitSeconds =
    2 * (rule.minBilledSeconds + rule.granularitySeconds + maxWaitSeconds);
  const least = new Float64Array(tasks.length + 1);
  for (let i = tasks.length - 1; i >= 0; i -= 1) {
    const openAt = (arrivals[i] ?? 0) + maxWaitSeconds;
    let [best, end] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let j = i; j < tasks.length; j += 1) {
      end = Math.max(end, ends[j] ?? 0);
      const paid = paidSeconds(rule, end - openAt);
      // Later windows only grow, and what follows them costs nothing at best.
      if (paid >= best) break;
      best = Math.min(best, paid + (least[j + 1] ?? 0));
      // Across a hole like this two windows are never dearer than one.
      if ((arrivals[j + 1] ?? 0) + maxWaitSeconds - end >= dearestSplitSeconds) break;
    }
    least[i] = best;
  }
  const work = tasks.reduce((sum, { serviceSeconds, gpus }) => sum + serviceSeconds * gpus, 0);
  return Math.max(least[0] ?? 0, work / clusterGpus);
}
