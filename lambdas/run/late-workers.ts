import { healthOf } from '../../shared/bursts/health.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import type { LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Instant } from '../../shared/model/time.ts';
import {
  mayComeLate,
  readyWorkers,
  workersOnOtherHardware,
} from '../../shared/poll/cluster-look.ts';
import type { RunPorts } from './run-ports.ts';

/**
 * Workers that were given up and have no job left to answer for: one that passes the health job again gets
 * work again.
 */
export async function welcomeBack(
  ports: RunPorts,
  settings: Settings,
  lease: LeaseRow,
): Promise<LeaseRow | undefined> {
  const lost = lease.workers.filter(({ lostAt }) => lostAt !== undefined);
  if (lost.length === 0) return lease;
  const health = await healthOf(ports, settings, lease, lost);
  const back = new Set(readyWorkers(lease, health).map(({ workerId }) => workerId));
  if (back.size === 0) return lease;
  const workers = lease.workers.map(({ lostAt, ...worker }) =>
    back.has(worker.workerId) || lostAt === undefined ? worker : { ...worker, lostAt },
  );
  const changed = await changeLease(ports.ledger, lease, { workers });
  return changed.done ? changed.row : undefined;
}

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
  const { clusterId } = lease;
  if (clusterId === undefined || !mayComeLate(lease, settings, now)) return lease;

  const view = await ports.clusters.get(clusterId).catch((error: unknown) => {
    ports.log('late workers not looked for', { burst: lease.burstId, error: String(error) });
    return undefined;
  });
  const known = new Set(lease.workers.map(({ workerId }) => workerId));
  const missing = (view?.workers ?? []).filter(({ workerId }) => !known.has(workerId));
  const health = await healthOf(ports, settings, lease, missing);
  for (const { workerId, delivered } of workersOnOtherHardware(lease, health)) {
    ports.log('late worker left out', { burst: lease.burstId, worker: workerId, delivered });
  }
  const late = readyWorkers(lease, health);
  if (late.length === 0) return lease;
  const admitted = await changeLease(ports.ledger, lease, { workers: [...lease.workers, ...late] });
  return admitted.done ? admitted.row : undefined;
}
