import { isClusterOver } from '../model/cluster.ts';
import type { LeaseRow, ProviderView } from '../model/rows.ts';
import { quarantineSeconds, type Settings } from '../model/settings.ts';
import { type Instant, secondsBetween } from '../model/time.ts';
import type { ClusterSummary } from '../ports.ts';

type Entry = ProviderView['clusters'][number];

/** Lists that must show a cluster unowned before it is destroyed. */
const UNOWNED_LISTS = 2;

/**
 * A cluster is owned while its lease lives and records its id, or records none yet: then the name is
 * enough, because a create of that lease may be the one that bought it.
 */
export const isOwned = (cluster: Pick<ClusterSummary, 'clusterId'>, lease: LeaseRow | undefined) =>
  lease !== undefined &&
  lease.phase !== 'settled' &&
  lease.phase !== 'teardown-owed' &&
  (lease.clusterId === undefined || lease.clusterId === cluster.clusterId);

/** What a pass remembers of a listed cluster: since when, and in how many lists, nobody owns it. */
export function noteCluster(
  cluster: ClusterSummary,
  owned: boolean,
  before: Entry | undefined,
  asOf: Instant,
): Entry {
  const { clusterId, name, phase } = cluster;
  return owned
    ? { clusterId, name, phase, unownedLists: 0 }
    : {
        clusterId,
        name,
        phase,
        unownedSince: before?.unownedSince ?? asOf,
        unownedLists: (before?.unownedLists ?? 0) + 1,
      };
}

/**
 * Whether an unowned cluster is destroyed in this pass: seen unowned twice and for longer than a create may
 * stay unrecorded. One that is over, or on its way out, is left alone.
 */
export function mayDestroy(entry: Entry, settings: Settings, asOf: Instant): boolean {
  if (entry.unownedSince === undefined || isClusterOver(entry.phase)) return false;
  if (entry.phase === 'DELETING' || entry.unownedLists < UNOWNED_LISTS) return false;
  return secondsBetween(entry.unownedSince, asOf) >= quarantineSeconds(settings);
}

/** Whether a cluster bears this stack's name: anything else in the account is none of our business. */
export const isOurs = (name: string, { stackName }: Settings): boolean =>
  name.startsWith(`${stackName}-`) && /^[0-9a-f]{12}$/.test(name.slice(stackName.length + 1));
