import { isClusterOver } from '../model/cluster.ts';
import type { ClusterId } from '../model/ids.ts';
import type { LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, secondsBetween } from '../model/time.ts';
import type { ClusterSummary, ClusterView } from '../ports.ts';
import { beforeCalling } from '../provision/intents.ts';

/** What the provider showed in one look at the end of a cluster. */
export interface EndLook {
  /** By its id; undefined: it knows none, or no id was ever learned. */
  readonly view: ClusterView | undefined;
  /** Living clusters of the burst's name in the full list. */
  readonly named: readonly ClusterSummary[];
}

export type EndVerdict =
  | { readonly kind: 'gone' }
  /** Not listed, but one absence proves nothing. */
  | { readonly kind: 'absent'; readonly looks: number }
  /** A call that may have bought a cluster is still in doubt. */
  | { readonly kind: 'in-doubt'; readonly waitSeconds: number }
  /** `askAgain`: those that do not even say they are on their way out. */
  | { readonly kind: 'alive'; readonly askAgain: readonly ClusterId[] };

/** Looks in a row that must not show a cluster the provider no longer knows by id; over `goneSeconds`. */
const ABSENT_LOOKS = 2;

/**
 * Whether a cluster is gone. Gone is what the provider itself calls over, or what it neither knows nor
 * lists, twice in a row and for `goneSeconds`: time and count, because lists blink. Where the id was never
 * learned, that begins after the quarantine of the last create.
 */
export function judgeEnd(
  lease: LeaseRow,
  look: EndLook,
  settings: Settings,
  now: Instant,
): EndVerdict {
  const before = beforeCalling(lease, 'create', settings, now);
  if (before.kind === 'wait') return { kind: 'in-doubt', waitSeconds: before.waitSeconds };
  const living = [...look.named, ...(look.view === undefined ? [] : [look.view])].filter(
    ({ phase }) => !isClusterOver(phase),
  );
  if (living.length > 0) {
    const stubborn = living.filter(({ phase }) => phase !== 'DELETING');
    return { kind: 'alive', askAgain: [...new Set(stubborn.map(({ clusterId }) => clusterId))] };
  }
  if (look.view !== undefined) return { kind: 'gone' };
  const looks = lease.absentLooks + 1;
  const seconds = lease.goneSince === undefined ? 0 : secondsBetween(lease.goneSince, now);
  return looks >= ABSENT_LOOKS && seconds >= settings.looks.goneSeconds
    ? { kind: 'gone' }
    : { kind: 'absent', looks };
}
