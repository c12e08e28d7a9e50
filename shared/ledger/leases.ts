import type { BurstId } from '../model/ids.ts';
import { LeaseRow, type LiveBurst, type ProfileRow } from '../model/rows.ts';
import type { Instant } from '../model/time.ts';
import type { Ledger } from '../ports.ts';
import { leaseKey } from './keys.ts';
import { assignments, type Change, changeRow, createRow, readRow } from './rows.ts';

export const readLease = (ledger: Ledger, burstId: BurstId) =>
  readRow(ledger, leaseKey(burstId), LeaseRow);

/** The lease of a burst that its profile has opened. Refused: it is there already, which is fine. */
export const createLease = (
  ledger: Ledger,
  burst: {
    burstId: BurstId;
    profile: ProfileRow;
    slots: number;
    hedge?: LiveBurst['hedge'];
    now: Instant;
    nextLookBy: Instant;
  },
): Promise<Change<LeaseRow>> =>
  createRow(ledger, LeaseRow, leaseKey(burst.burstId), {
    v: 1,
    burstId: burst.burstId,
    tenant: burst.profile.requirement.tenant,
    profile: burst.profile.profile,
    requirement: burst.profile.requirement,
    phase: 'planned',
    wantedSlots: Math.max(1, burst.slots),
    createdAt: burst.now,
    segment: 1,
    leaseFence: 1,
    heardSegment: 0,
    nextLookBy: burst.nextLookBy,
    dueOf: 'lease',
    dueAt: burst.nextLookBy,
    ...(burst.hedge && { hedges: burst.hedge.of, refusedOffers: [burst.hedge.notOffer] }),
  });

/** Changes to a lease; a field set to undefined is removed. */
export type LeaseChange = { readonly [Field in LeaseField]?: LeaseRow[Field] | undefined };

/** Fields of a lease that change after its creation. */
type LeaseField =
  | 'phase'
  | 'segment'
  | 'leaseFence'
  | 'nextLookBy'
  | 'latePasses'
  | 'takeOvers'
  | 'refusedOffers'
  | 'offer'
  | 'intents'
  | 'holds'
  | 'clusterId'
  | 'tokenAttempt'
  | 'createdClusterAt'
  | 'readyBy'
  | 'usualSeconds'
  | 'readyAt'
  | 'workers'
  | 'loaded'
  | 'firstJob'
  | 'terms'
  | 'paidFrom'
  | 'paidUntil'
  | 'paces'
  | 'issuedSeconds'
  | 'duplicateSeconds'
  | 'reviewAt'
  | 'idleSince'
  | 'extendNotBefore'
  | 'extendRefusal'
  | 'goneSince'
  | 'goneLists'
  | 'closeReason'
  | 'failure'
  | 'destroyAskedAt'
  | 'absentLooks'
  | 'confirmLooks'
  | 'confirmedGoneAt'
  | 'endedMicroUsd'
  | 'quotedMicroUsd'
  | 'chargedTermMicroUsd'
  | 'billedMicroUsd'
  | 'surplusMicroUsd'
  | 'aliveSeconds';

/**
 * Changes a lease under the fence its caller holds, as the look its caller has read it in: an invocation that
 * was given up and runs on changes nothing once the next one has reported in.
 * Refused: the burst has another driver now, and the caller must do nothing further.
 *
 * @throws LookOvertaken when the same driver has looked again since; who waits for the caller looks once more.
 */
export async function changeLease(
  ledger: Ledger,
  lease: Pick<LeaseRow, 'burstId' | 'leaseFence' | 'look'>,
  change: LeaseChange,
): Promise<Change<LeaseRow>> {
  const settled = change.phase === 'settled';
  const outcome = await changeRow(ledger, LeaseRow, {
    key: leaseKey(lease.burstId),
    when: [
      { is: 'equal', path: 'leaseFence', value: lease.leaseFence },
      lease.look === undefined
        ? { is: 'absent', path: 'look' }
        : { is: 'equal', path: 'look', value: lease.look },
    ],
    set: [
      ...assignments({ ...change }),
      ...(change.nextLookBy === undefined ? [] : [['dueAt', change.nextLookBy] as const]),
    ],
    remove: [
      ...Object.entries(change).flatMap(([name, value]) => (value === undefined ? [name] : [])),
      ...(settled ? ['dueOf', 'dueAt'] : []),
    ],
  });
  if (outcome.done || outcome.row?.leaseFence !== lease.leaseFence) return outcome;
  throw new LookOvertaken(`look ${lease.look} at ${lease.burstId} has been followed by another`);
}

/** Another invocation of the same driver has reported in since the lease was read. */
export class LookOvertaken extends Error {
  override readonly name = 'LookOvertaken';
}

/**
 * First write of every look: shows that this segment lives and reads the lease in one go.
 * Refused: another segment drives the burst.
 */
export const reportIn = (
  ledger: Ledger,
  segment: { burstId: BurstId; segment: number; leaseFence: number },
  nextLookBy: Instant,
): Promise<Change<LeaseRow>> =>
  changeRow(ledger, LeaseRow, {
    key: leaseKey(segment.burstId),
    when: [
      { is: 'equal', path: 'leaseFence', value: segment.leaseFence },
      { is: 'equal', path: 'segment', value: segment.segment },
      { is: 'oneOf', path: 'phase', values: DRIVEN_PHASES },
    ],
    set: assignments({
      heardSegment: segment.segment,
      nextLookBy,
      dueOf: 'lease',
      dueAt: nextLookBy,
      latePasses: 0,
    }),
    add: [['look', 1]],
  });

/** Phases in which an execution drives the burst. */
const DRIVEN_PHASES = ['planned', 'creating', 'provisioning', 'ready', 'closing', 'tearing-down'];
