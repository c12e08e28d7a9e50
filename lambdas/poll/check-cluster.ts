import type { Driver } from '../../shared/bursts/drive.ts';
import { healthOf } from '../../shared/bursts/health.ts';
import { learn, provisioningOf } from '../../shared/ledger/knowledge.ts';
import { changeLease, type LeaseChange } from '../../shared/ledger/leases.ts';
import type { LeaseRow, LeaseWorker } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { type Instant, plusSeconds, secondsBetween } from '../../shared/model/time.ts';
import { judgeCluster } from '../../shared/poll/cluster-look.ts';
import { lookAgainSeconds } from '../../shared/poll/next-look.ts';
import type { ClusterView, Ports } from '../../shared/ports.ts';

type CheckPorts = Pick<Ports, 'ledger' | 'clusters' | 'jobs' | 'ids' | 'log'>;

/** Check cluster: asks the provider where the workers are, and the workers whether they are ready. */
export const checkCluster =
  (ports: CheckPorts, settings: Settings): Driver =>
  async (lease, burst, now) => {
    if (lease.phase === 'ready') return { next: 'run' };
    // A look that was given up and runs on: what it sees must not bring back a burst that is closing.
    if (lease.phase !== 'provisioning') return { next: 'close', reason: `phase ${lease.phase}` };
    if (lease.clusterId === undefined) return { next: 'superseded', reason: 'no cluster to check' };
    const view = await ports.clusters.get(lease.clusterId);
    const current = await noteMissing(ports, lease, view, now);
    if (current === undefined) return { next: 'superseded' };

    const health =
      view?.phase === 'RUNNING' ? await healthOf(ports, settings, current, view.workers) : [];
    const verdict = judgeCluster(current, view, health, settings, now);
    if (verdict.next === 'run' && view !== undefined) {
      const ready = await markReady(ports, settings, current, view, verdict.workers, now);
      return ready === undefined
        ? { next: 'superseded' }
        : { next: 'run', reason: `${ready.workers.length} workers ready`, lease: ready };
    }
    if (verdict.next === 'close') {
      const failure = { Error: 'ClusterNotReady', Cause: verdict.reason };
      if (verdict.otherHardware !== undefined) {
        const { burstId, clusterId } = current;
        ports.log('other hardware', { burst: burstId, clusterId, ...verdict.otherHardware });
      }
      return { next: 'close', reason: verdict.reason, failure };
    }
    return {
      next: 'check-cluster',
      waitSeconds: lookAgainSeconds(burst.quietLooks, settings.looks, ports.ids.random()),
      quietLooks: burst.quietLooks + 1,
      reason: view?.phase ?? 'not listed',
    };
  };

/** Remembers since when the provider has not known the cluster; forgets it when it knows it again. */
async function noteMissing(
  { ledger }: CheckPorts,
  lease: LeaseRow,
  view: ClusterView | undefined,
  now: Instant,
): Promise<LeaseRow | undefined> {
  const missing = view === undefined;
  if (missing === (lease.goneSince !== undefined)) return lease;
  const noted = await changeLease(ledger, lease, { goneSince: missing ? now : undefined });
  return noted.done ? noted.row : undefined;
}

async function markReady(
  { ledger }: CheckPorts,
  settings: Settings,
  lease: LeaseRow,
  view: ClusterView,
  workers: readonly LeaseWorker[],
  now: Instant,
): Promise<LeaseRow | undefined> {
  const paidFrom = view.startedAt ?? lease.createdClusterAt ?? now;
  const termSeconds = settings.lease.hourSeconds * settings.lease.termHours;
  const ready = await changeLease(ledger, lease, {
    phase: 'ready',
    readyAt: now,
    workers: [...workers],
    paidFrom,
    paidUntil: plusSeconds(paidFrom, Math.max(view.paidSeconds, termSeconds)),
    ...asCharged(lease, view, termSeconds),
    takeOvers: 0,
  });
  if (!ready.done) return undefined;
  if (lease.offer !== undefined && lease.createdClusterAt !== undefined) {
    await learn(
      ledger,
      provisioningOf(lease.offer),
      now,
      secondsBetween(lease.createdClusterAt, now),
    );
  }
  return ready.row;
}

/**
 * A price that rose after it was last asked for shows in what was paid: the next term is held money for at that
 * price, and a bill that cannot be read comes to it. A figure below the offer says nothing, since it may still grow.
 */
function asCharged(
  { offer }: LeaseRow,
  { amountPaidMicroUsd, paidSeconds }: ClusterView,
  termSeconds: number,
): LeaseChange {
  const termMicroUsd = Math.ceil(amountPaidMicroUsd / Math.max(1, paidSeconds / termSeconds));
  return offer === undefined || termMicroUsd <= offer.termMicroUsd
    ? {}
    : { chargedTermMicroUsd: termMicroUsd, quotedMicroUsd: termMicroUsd };
}
