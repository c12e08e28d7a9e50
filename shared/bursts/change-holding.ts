import { changeLease, type LeaseChange, LookOvertaken, readLease } from '../ledger/leases.ts';
import { settleHold } from '../ledger/money.ts';
import type { Change } from '../ledger/rows.ts';
import type { LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { Ports } from '../ports.ts';

/**
 * Changes a lease for which this look has just put money aside. Where another look has followed and taken the hold off
 * the lease, nobody else will end it, so it ends here. One that the lease still names may be in use: the change may have
 * been made, and its answer lost.
 *
 * @throws LookOvertaken as `changeLease` does.
 */
export async function changeHolding(
  ledger: Ports['ledger'],
  settings: Settings,
  lease: LeaseRow,
  hold: LeaseRow['holds'][number],
  change: LeaseChange,
): Promise<Change<LeaseRow>> {
  const giveBack = async () => {
    const { holds = [] } = (await readLease(ledger, lease.burstId)) ?? {};
    const isNamed = holds.some(
      ({ term, attempt }) => term === hold.term && attempt === hold.attempt,
    );
    if (!isNamed) await settleHold(ledger, settings, { ...lease, ...hold }, 0);
  };
  try {
    const changed = await changeLease(ledger, lease, change);
    if (!changed.done) await giveBack();
    return changed;
  } catch (error) {
    if (error instanceof LookOvertaken) await giveBack();
    throw error;
  }
}
