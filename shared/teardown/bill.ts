import type { LeaseRow } from '../model/rows.ts';
import { type Instant, secondsBetween } from '../model/time.ts';
import type { ClusterView } from '../ports.ts';

/**
 * What a burst cost. The provider's own figure is the bill, as it is now or, where it no longer knows the cluster,
 * as it was when the end was confirmed. Where it was never read the prepaid terms are charged in full, because such
 * a bill must not look like a saving.
 */
export function billOf(
  lease: LeaseRow,
  view: ClusterView | undefined,
  now: Instant,
): { billedMicroUsd: number; aliveSeconds: number } {
  if (lease.clusterId === undefined) return { billedMicroUsd: 0, aliveSeconds: 0 };
  const from = view?.startedAt ?? lease.createdClusterAt ?? now;
  const to = view?.endedAt ?? lease.confirmedGoneAt ?? now;
  return {
    billedMicroUsd: view?.amountPaidMicroUsd ?? lease.endedMicroUsd ?? lease.quotedMicroUsd,
    aliveSeconds: Math.max(0, Math.round(secondsBetween(from, to))),
  };
}

/** The bill spread over the holds it was announced by, first term first; the last carries any excess. */
export function shareOut<Hold extends { readonly microUsd: number }>(
  holds: readonly Hold[],
  billedMicroUsd: number,
): { hold: Hold; spentMicroUsd: number }[] {
  let left = billedMicroUsd;
  return holds.map((hold, index) => {
    const spentMicroUsd = index === holds.length - 1 ? left : Math.min(left, hold.microUsd);
    left -= spentMicroUsd;
    return { hold, spentMicroUsd };
  });
}
