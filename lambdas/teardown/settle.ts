import type { Driver } from '../../shared/bursts/drive.ts';
import { leaveProfile } from '../../shared/bursts/leave-profile.ts';
import { returnClaims } from '../../shared/bursts/return-claims.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import { settleHold } from '../../shared/ledger/money.ts';
import { isClusterOver } from '../../shared/model/cluster.ts';
import { usdOf } from '../../shared/model/money.ts';
import type { LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Instant } from '../../shared/model/time.ts';
import type { Ports } from '../../shared/ports.ts';
import { billOf, shareOut } from '../../shared/teardown/bill.ts';
import { teach } from './teach.ts';

type SettlePorts = Pick<Ports, 'ledger' | 'clusters' | 'log'>;

/**
 * Settle: the bill onto the lease, then the holds back, then profile and claims, then the phase. Each step can be
 * repeated, and only the last takes the lease out of the sweep's sight. What the burst teaches comes after it.
 */
export const settle =
  (ports: SettlePorts, settings: Settings): Driver =>
  async (lease, _burst, now) => {
    const billed = await withBill(ports, lease, now);
    if (billed === undefined) return { next: 'superseded' };

    const billedMicroUsd = billed.billedMicroUsd ?? 0;
    for (const { hold, spentMicroUsd } of shareOut(billed.holds, billedMicroUsd, billed.terms)) {
      await settleHold(ports.ledger, settings, { ...billed, ...hold }, spentMicroUsd);
    }
    await leaveProfile(ports.ledger, billed, now);
    // A Run that was given up may have claimed since the burst was closed.
    await returnClaims(ports.ledger, settings, billed, billed.closeReason ?? 'closed', now);
    const done = await changeLease(ports.ledger, billed, { phase: 'settled' });
    if (!done.done) return { next: 'superseded' };
    await teach(ports, done.row, now);
    const reason = `${usdOf(billedMicroUsd)} USD billed; ${billed.closeReason ?? 'closed'}`;
    return billed.failure === undefined
      ? { next: 'done', reason }
      : { next: 'failed', reason, failure: billed.failure };
  };

async function withBill(
  ports: SettlePorts,
  lease: LeaseRow,
  now: Instant,
): Promise<LeaseRow | undefined> {
  if (lease.billedMicroUsd !== undefined) return lease;
  const { clusterId } = lease;
  const view = clusterId === undefined ? undefined : await ports.clusters.get(clusterId);
  const bill = billOf(lease, view, now);
  const others = await endedUnlearned(ports, lease);
  const billed = await changeLease(ports.ledger, lease, {
    ...bill,
    billedMicroUsd: bill.billedMicroUsd + others,
    ...(others > 0 ? { surplusMicroUsd: others } : {}),
  });
  return billed.done ? billed.row : undefined;
}

/**
 * What clusters of the burst's name cost that ended before anybody had learned of them, micro-USD: bought by a
 * call whose answer was lost. Looked for only where there was such a call.
 */
async function endedUnlearned({ clusters }: SettlePorts, lease: LeaseRow): Promise<number> {
  const inDoubt = lease.intents.some(
    ({ kind, missingSince, outcome }) =>
      kind === 'create' && (missingSince !== undefined || outcome === 'unknown'),
  );
  if (!inDoubt) return 0;
  let microUsd = 0;
  for (const { clusterId, name, phase } of await clusters.list()) {
    if (name !== lease.burstId || clusterId === lease.clusterId || !isClusterOver(phase)) continue;
    microUsd += (await clusters.get(clusterId))?.amountPaidMicroUsd ?? 0;
  }
  return microUsd;
}
