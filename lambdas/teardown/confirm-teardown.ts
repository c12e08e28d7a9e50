import type { Driver } from '../../shared/bursts/drive.ts';
import { leaveProfile } from '../../shared/bursts/leave-profile.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import type { LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { lookAgainSeconds } from '../../shared/poll/next-look.ts';
import type { ClusterSummary, Ports } from '../../shared/ports.ts';
import { judgeEnd } from '../../shared/teardown/confirmation.ts';

type ConfirmPorts = Pick<Ports, 'ledger' | 'clusters' | 'ids'>;

/**
 * Confirm teardown: looks whether the cluster is over; whatever still lives under the burst's name is asked
 * to end again. When patience is spent the lease is left `teardown-owed` and the reaper goes on.
 */
export const confirmTeardown =
  ({ ledger, clusters, ids }: ConfirmPorts, settings: Settings): Driver =>
  async (lease, burst, now) => {
    const { clusterId } = lease;
    const view = clusterId === undefined ? undefined : await clusters.get(clusterId);
    const named = await clusters.findByName(lease.burstId);
    const verdict = judgeEnd(lease, { view, named }, settings, now);
    if (verdict.kind === 'gone') {
      const gone = await changeLease(ledger, lease, {
        ...{ confirmedGoneAt: now, takeOvers: 0 },
        endedMicroUsd: view?.amountPaidMicroUsd ?? lease.endedMicroUsd,
      });
      return gone.done
        ? { next: 'settle', reason: 'gone', lease: gone.row }
        : { next: 'superseded' };
    }
    if (lease.confirmLooks >= settings.limits.confirmLooks) {
      const owed = await changeLease(ledger, lease, { phase: 'teardown-owed' });
      if (!owed.done) return { next: 'superseded' };
      await leaveProfile(ledger, owed.row, now);
      return { next: 'owed', reason: verdict.kind };
    }
    if (verdict.kind === 'alive') {
      for (const id of verdict.askAgain) await clusters.destroy(id);
    }
    const noted = await changeLease(ledger, lease, {
      // A cluster whose id was never learned: from here on its bill can be read.
      ...(clusterId === undefined && named[0] !== undefined ? learned(lease, named[0]) : {}),
      confirmLooks: lease.confirmLooks + 1,
      absentLooks: verdict.kind === 'absent' ? verdict.looks : 0,
      goneSince: verdict.kind === 'absent' ? (lease.goneSince ?? now) : undefined,
    });
    if (!noted.done) return { next: 'superseded' };
    return {
      next: 'confirm',
      waitSeconds:
        verdict.kind === 'in-doubt'
          ? verdict.waitSeconds
          : lookAgainSeconds(burst.quietLooks, settings.looks, ids.random()),
      quietLooks: burst.quietLooks + 1,
      reason: verdict.kind,
      lease: noted.row,
    };
  };

/** What the lease says once the cluster of a create nobody knew the outcome of has shown itself. */
const learned = (lease: LeaseRow, { clusterId }: ClusterSummary) => ({
  clusterId,
  intents: lease.intents.map((intent) =>
    intent.kind === 'create' && intent.outcome === 'unknown'
      ? { ...intent, outcome: 'granted' as const }
      : intent,
  ),
});
