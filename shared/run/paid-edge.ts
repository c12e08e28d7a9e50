import type { LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { earlier, type Instant, plusSeconds, secondsBetween } from '../model/time.ts';

/**
 * A job may take this much longer than estimated and still end inside its time; estimates come from
 * priors and strangers' machines differ.
 */
const ESTIMATE_SLACK = 1.5;

/** From here on a lease that was not extended takes no work. */
export const drainAt = (lease: LeaseRow, settings: Settings): Instant | undefined =>
  lease.paidUntil === undefined
    ? undefined
    : plusSeconds(lease.paidUntil, -settings.lease.drainBeforeSeconds);

/** When a job of that size must end; undefined when the paid time left is too short for it. */
export function deadline(
  lease: LeaseRow,
  estimateSeconds: number,
  settings: Settings,
  now: Instant,
): Instant | undefined {
  const edge = drainAt(lease, settings);
  if (edge === undefined) return undefined;
  if (secondsBetween(now, edge) < neededSeconds(estimateSeconds, settings)) return undefined;
  return earlier(plusSeconds(now, settings.lease.jobSeconds), edge);
}

/** Paid time that a job of that size needs. */
export const neededSeconds = (estimateSeconds: number, { lease }: Settings): number =>
  Math.max(1, Math.min(estimateSeconds * ESTIMATE_SLACK, lease.jobSeconds));

/** Until the lease takes no work; nothing where its end is unknown. */
export function secondsLeft(lease: LeaseRow, settings: Settings, now: Instant): number {
  const edge = drainAt(lease, settings);
  return edge === undefined ? 0 : secondsBetween(now, edge);
}
