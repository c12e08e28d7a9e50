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

/**
 * The bill spread over the holds it was announced by, first term first; the last one of a term that was bought carries
 * any excess. One for a term that was not may be held in some caps and not in others: nothing is spent against it.
 *
 * @param terms - Prepaid terms that were bought.
 */
export function shareOut<Hold extends { readonly term: number; readonly microUsd: number }>(
  holds: readonly Hold[],
  billedMicroUsd: number,
  terms: number,
): { hold: Hold; spentMicroUsd: number }[] {
  const bought = holds.filter(({ term }) => term <= Math.max(1, terms));
  let left = billedMicroUsd;
  return holds.map((hold) => {
    if (!bought.includes(hold)) return { hold, spentMicroUsd: 0 };
    const spentMicroUsd = hold === bought.at(-1) ? left : Math.min(left, hold.microUsd);
    left -= spentMicroUsd;
    return { hold, spentMicroUsd };
  });
}
