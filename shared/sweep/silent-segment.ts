import { isClusterOver } from '../model/cluster.ts';
import type { LeaseRow, ProviderView } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds } from '../model/time.ts';

/** What the sweep does about a lease whose sign of life is late. */
export type SegmentVerdict =
  /** Started or looked at recently enough. */
  | { readonly do: 'leave' }
  /** Its newest segment was never heard: start it again, under its own name. */
  | { readonly do: 'start' }
  /** Late, and noted so; one late pass proves nothing. */
  | { readonly do: 'note' }
  /** Silent twice: the next segment takes the lease fence. */
  | { readonly do: 'take-over' }
  /** Taken over too often without progress: its cluster is the reaper's. */
  | { readonly do: 'give-to-reaper' }
  /** Owed to the reaper, and gone from the provider's list: a last segment confirms and settles. */
  | { readonly do: 'settle' };

/** Sweep passes that must find a segment late. */
const LATE_PASSES = 2;

/** Judges one due lease from the ledger alone. */
export function judgeSegment(
  lease: LeaseRow,
  view: ProviderView | undefined,
  settings: Settings,
  now: Instant,
): SegmentVerdict {
  if (lease.phase === 'settled') return { do: 'leave' };
  if (lease.phase === 'teardown-owed') {
    const since = lease.destroyAskedAt ?? lease.nextLookBy;
    const listed = view?.clusters.some(
      ({ clusterId, name, phase }) =>
        !isClusterOver(phase) && (clusterId === lease.clusterId || name === lease.burstId),
    );
    return view !== undefined && view.asOf > since && listed === false
      ? { do: 'settle' }
      : { do: 'leave' };
  }
  if (now < plusSeconds(lease.nextLookBy, settings.looks.graceSeconds)) {
    const heard = lease.heardSegment >= lease.segment;
    return heard || now < lease.nextLookBy ? { do: 'leave' } : { do: 'start' };
  }
  if (lease.latePasses + 1 < LATE_PASSES) return { do: 'note' };
  return lease.takeOvers >= settings.limits.takeOvers
    ? { do: 'give-to-reaper' }
    : { do: 'take-over' };
}
