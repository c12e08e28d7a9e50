import type { Row } from '../../../shared/ports.ts';
import { type Violation, violation } from './invariant.ts';

/** CAP: nothing is held that a scope has not. A bill may be dearer than its hold. */
export function moneyWrite(before: Row | undefined, after: Row): Violation | undefined {
  const left = Number(after.available);
  const held = new Set(Object.keys(Object(before?.holds)));
  if (left >= 0 || Object.keys(Object(after.holds)).every((hold) => held.has(hold))) return;
  // A function of before a deploy knows the lower cap of then: it lowers the cap, and takes nothing.
  if (Number(after.capMicroUsd) < Number(before?.capMicroUsd ?? 0)) return;
  return violation('CAP', `${-left} micro-USD too much are held or spent in ${after.scope}`);
}

/** The newest hold of a lease, micro-USD; 0: it has none. */
export function newestHoldMicroUsdOf(lease: Row | undefined): number {
  const holds = Array.isArray(lease?.holds) ? lease.holds : [];
  return Number(Reflect.get(Object(holds.at(-1)), 'microUsd') ?? 0);
}

/** CAP: what is ordered is covered by the newest hold of its lease. */
export function coveredByHold(
  clusterId: string,
  costMicroUsd: number,
  lease: Row | undefined,
): Violation | undefined {
  const held = newestHoldMicroUsdOf(lease);
  return costMicroUsd <= held
    ? undefined
    : violation('CAP', `${clusterId} was bought for ${costMicroUsd} with ${held} held`);
}
