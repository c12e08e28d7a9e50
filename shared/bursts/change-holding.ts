import { changeLease, type LeaseChange, LookOvertaken } from '../ledger/leases.ts';
import { settleHold } from '../ledger/money.ts';
import type { Change } from '../ledger/rows.ts';
import type { LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { Ports } from '../ports.ts';

/**
 * Changes a lease for which this look has just put money aside. Where another look has followed, that one knows
 * nothing of the hold, so it ends here.
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
  const giveBack = () => settleHold(ledger, settings, { ...lease, ...hold }, 0);
  try {
    const changed = await changeLease(ledger, lease, change);
    if (!changed.done) await giveBack();
    return changed;
  } catch (error) {
    if (error instanceof LookOvertaken) await giveBack();
    throw error;
  }
}
