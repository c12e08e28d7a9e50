import { changeLease, readLease } from '../shared/ledger/leases.ts';
import { readProviderView, writeProviderView } from '../shared/ledger/provider.ts';
import { isClusterOver } from '../shared/model/cluster.ts';
import { BurstId } from '../shared/model/ids.ts';
import { termMicroUsdOf } from '../shared/model/limits.ts';
import type { ProviderView } from '../shared/model/rows.ts';
import type { Ports, Stage } from '../shared/ports.ts';
import { isOurs, isOwned, mayDestroy, noteCluster } from '../shared/reap/ownership.ts';

type ReapPorts = Pick<Ports, 'ledger' | 'clusters' | 'clock' | 'log'>;

export interface ReapAnswer {
  readonly listed: number;
  readonly unowned: number;
  readonly destroyed: number;
}

/**
 * Reap: the provider's list against the ledger; the only judge of orphans. The list is read before the
 * ledger, so that a cluster bought in between is not mistaken for one nobody owns; any error while
 * listing skips the pass. Works when every execution has failed.
 */
export const reap: Stage<keyof ReapPorts, ReapAnswer> = (ports, settings) => async () => {
  const { ledger, clusters, clock, log } = ports;
  const before = await readProviderView(ledger);
  const asOf = clock.now();
  const ours = (await clusters.list()).filter(({ name }) => isOurs(name, settings));

  const entries: ProviderView['clusters'] = [];
  const alive = { alive: 0, orphans: 0, surplus: 0, microUsdPerHour: 0 };
  // Those that are over are as good as missing, and a list that names them all grows for ever.
  for (const cluster of ours.filter(({ phase }) => !isClusterOver(phase))) {
    const lease = await readLease(ledger, BurstId.parse(cluster.name));
    const past = before?.clusters.find(({ clusterId }) => clusterId === cluster.clusterId);
    const owned = isOwned(cluster, lease);
    entries.push(noteCluster(cluster, owned, past, asOf));
    alive.alive += 1;
    const termMicroUsd = lease === undefined ? 0 : termMicroUsdOf(lease);
    alive.microUsdPerHour += termMicroUsd / settings.lease.termHours;
    if (!owned) alive.orphans += 1;
    if ((lease?.clusterId ?? cluster.clusterId) !== cluster.clusterId) alive.surplus += 1;
  }
  const newest = await writeProviderView(ledger, before, { asOf, clusters: entries });
  if (!newest) return { listed: ours.length, unowned: 0, destroyed: 0 };

  let destroyed = 0;
  for (const entry of entries.filter((one) => mayDestroy(one, settings, asOf))) {
    try {
      if (await destroyOrphan(ports, entry)) destroyed += 1;
    } catch (error) {
      // One that cannot be destroyed now keeps no other alive; the next pass tries again.
      log('orphan not destroyed', { cluster: entry.clusterId, error: String(error) });
    }
  }
  const unowned = entries.filter(({ unownedSince }) => unownedSince !== undefined).length;
  log('reap', { listed: ours.length, unowned, destroyed, ...alive });
  return { listed: ours.length, unowned, destroyed };
};

/** Last look, then the fence, then the end: whoever still holds the lease can do nothing from here on. */
async function destroyOrphan(
  { ledger, clusters, log }: ReapPorts,
  entry: ProviderView['clusters'][number],
): Promise<boolean> {
  const lease = await readLease(ledger, BurstId.parse(entry.name));
  if (isOwned(entry, lease)) return false;
  if (lease !== undefined && (lease.clusterId ?? entry.clusterId) === entry.clusterId) {
    const fenced = await changeLease(ledger, lease, { leaseFence: lease.leaseFence + 1 });
    if (!fenced.done) return false;
  }
  await clusters.destroy(entry.clusterId);
  log('orphan destroyed', {
    cluster: entry.clusterId,
    burst: entry.name,
    unownedSince: entry.unownedSince,
  });
  return true;
}
