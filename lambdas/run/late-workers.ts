import { healthOf } from '../../shared/bursts/health.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import type { LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { type Instant, secondsBetween } from '../../shared/model/time.ts';
import { readyWorkers } from '../../shared/poll/cluster-look.ts';
import type { RunPorts } from './run-ports.ts';

/**
 * A quorum made the cluster ready; workers still missing may come until the second deadline. A provider
 * that cannot be asked now delays nothing: the workers at hand go on.
 */
export async function admitLateWorkers(
  ports: RunPorts,
  settings: Settings,
  lease: LeaseRow,
  now: Instant,
): Promise<LeaseRow | undefined> {
  const { offer, clusterId, readyAt } = lease;
  if (offer === undefined || clusterId === undefined || readyAt === undefined) return lease;
  const waiting = secondsBetween(readyAt, now) < settings.clusters.stragglerSeconds;
  if (lease.workers.length >= offer.workers || !waiting) return lease;

  const view = await ports.clusters.get(clusterId).catch((error: unknown) => {
    ports.log('late workers not looked for', { burst: lease.burstId, error: String(error) });
    return undefined;
  });
  const known = new Set(lease.workers.map(({ workerId }) => workerId));
  const missing = (view?.workers ?? []).filter(({ workerId }) => !known.has(workerId));
  const late = readyWorkers(lease, await healthOf(ports, settings, lease, missing));
  if (late.length === 0) return lease;
  const admitted = await changeLease(ports.ledger, lease, { workers: [...lease.workers, ...late] });
  return admitted.done ? admitted.row : undefined;
}
