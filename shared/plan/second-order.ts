import type { BurstId } from '../model/ids.ts';
import type { LeaseRow, ProfileRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { Instant } from '../model/time.ts';
import { whyNoneOpens } from './opening.ts';
import { isLate, isOverdue } from './usual-wait.ts';

/** A burst that stands in for one whose cluster is overdue: as large, of another offer. */
export interface SecondOrder {
  readonly of: BurstId;
  /** What the first one ordered: the second is not to wait in the same queue. */
  readonly notOffer: string;
  readonly slots: number;
}

export type Hedging =
  | { readonly order: SecondOrder }
  | { readonly order: undefined; readonly reason: string };

/**
 * Whether a profile orders a second cluster beside one that takes longer than nine in ten like it did.
 *
 * Only while nothing of the profile can take work and something waits, once for each order, and only where the
 * operator has set money aside for it (`caps.hedgeDayMicroUsd`): one order in ten is that late, most of them come
 * soon after, and the first hour of either is paid in any case. One that is so late that it is no longer counted on
 * has no second order: the opening decision replaces it. The profile remembers the last order that had one; behind it
 * no other has one until it is over.
 *
 * Pure. Taken in the sweep, just before a compare-and-set on the profile.
 */
export function secondOrder(
  profile: Pick<ProfileRow, 'bursts' | 'hedged' | 'cooldownUntil' | 'cooldownReason'>,
  leases: readonly LeaseRow[],
  openBatches: number,
  settings: Settings,
  now: Instant,
): Hedging {
  const none = (reason: string): Hedging => ({ order: undefined, reason });
  if (settings.caps.hedgeDayMicroUsd === 0) return none('no money is set aside for second orders');
  if (openBatches === 0) return none('nothing is waiting');
  const ruledOut = whyNoneOpens(profile, settings, now);
  if (ruledOut !== undefined) return none(ruledOut);
  if (leases.some(({ phase }) => phase === 'ready')) return none('a cluster is there');
  if (profile.bursts.some(({ hedge }) => hedge !== undefined)) {
    return none('a second order is placed already');
  }
  const overdue = leases.filter((lease) => isOverdue(lease, now) && !isLate(lease, now));
  for (const { burstId, offer } of overdue) {
    const slots = profile.bursts.find((live) => live.burstId === burstId)?.slots ?? 0;
    if (offer === undefined || slots === 0) continue;
    if (profile.hedged === burstId) return none('a second order was placed for it before');
    return { order: { of: burstId, notOffer: offer.offerId, slots } };
  }
  return none('no order is overdue');
}
