import { isClusterOver } from '../../../shared/model/cluster.ts';
import type { Row } from '../../../shared/ports.ts';
import type { Cluster } from '../../virtual/market.ts';
import { owns } from '../invariants/clusters.ts';

/** A stretch of time in which a cluster lived and nobody owned it. */
export interface Unowned {
  readonly clusterId: string;
  readonly sinceMs: number;
  /** When it was last asked to end for the first time, or ended. */
  untilMs: number | undefined;
}

/** Which clusters have no owner, and since when. */
export function watchOwnership(now: () => number, leaseOf: (burstId: string) => Row | undefined) {
  const unowned = new Map<string, Unowned>();
  const over: Unowned[] = [];
  return {
    /** Starts and ends the stretches in which a cluster has no owner. */
    note(cluster: Cluster): void {
      const since = unowned.get(cluster.id);
      const lives = !isClusterOver(cluster.phase) && cluster.phase !== 'DELETING';
      const orphan = lives && !owns(leaseOf(cluster.request.name), cluster.id);
      if (orphan && since === undefined) {
        unowned.set(cluster.id, { clusterId: cluster.id, sinceMs: now(), untilMs: undefined });
      }
      if (!orphan && since !== undefined) {
        since.untilMs ??= now();
        over.push(since);
        unowned.delete(cluster.id);
      }
    },
    /** One that does not listen must be asked again within the same bound. */
    askedAgain(clusterId: string): void {
      const since = unowned.get(clusterId);
      if (since === undefined) return;
      over.push({ ...since, untilMs: now() });
      unowned.set(clusterId, { clusterId, sinceMs: now(), untilMs: undefined });
    },
    all: (): Unowned[] => [...over, ...unowned.values()],
  };
}
