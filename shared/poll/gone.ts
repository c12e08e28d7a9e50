import { isClusterOver } from '../model/cluster.ts';
import type { LeaseRow, ProviderView } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, secondsBetween } from '../model/time.ts';

export interface Gone {
  /** What to remember on the lease; absent: nothing changed. */
  readonly changed?: { readonly goneSince: Instant | undefined; readonly goneLists: number };
  /** Why the cluster is given up; absent: it is not. */
  readonly gone?: string;
}

/** Lists that must agree before a cluster is called gone. */
const LISTS = 2;

/**
 * Whether the shared view of the provider shows that a running cluster is gone: missing or over in two
 * lists, at least `goneSeconds` apart. A view older than `viewSeconds`, or one taken before the cluster
 * was ready, is no evidence either way.
 */
export function goneFromView(
  view: ProviderView | undefined,
  lease: LeaseRow,
  { looks }: Settings,
  now: Instant,
): Gone {
  if (view === undefined || secondsBetween(view.asOf, now) > looks.viewSeconds) return {};
  if (lease.readyAt === undefined || view.asOf <= lease.readyAt) return {};
  const listed = view.clusters.find(({ clusterId }) => clusterId === lease.clusterId);
  if (listed !== undefined && !isClusterOver(listed.phase)) {
    return lease.goneSince === undefined ? {} : { changed: { goneSince: undefined, goneLists: 0 } };
  }
  const how = listed === undefined ? 'missing from the list' : listed.phase.toLowerCase();
  if (lease.goneSince === undefined) return { changed: { goneSince: view.asOf, goneLists: 1 } };
  if (view.asOf <= lease.goneSince) return {};
  const lists = lease.goneLists + 1;
  const seconds = secondsBetween(lease.goneSince, view.asOf);
  return lists >= LISTS && seconds >= looks.goneSeconds
    ? { gone: `cluster ${how} for ${seconds} s in ${lists} lists` }
    : { changed: { goneSince: lease.goneSince, goneLists: lists } };
}
