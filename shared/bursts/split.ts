import { closeSplit, openHalves } from '../ledger/batches.ts';
import { readProfile, updateProfile } from '../ledger/profiles.ts';
import { halvesOf } from '../model/ids.ts';
import type { BatchRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds } from '../model/time.ts';
import type { Ports } from '../ports.ts';
import { older } from './open.ts';

/**
 * What follows once a batch is marked split: its halves, then their profile, which must know that they wait,
 * then an end to looking. A crash after any of them is repaired by doing it again: the sweep finds the row due.
 */
export async function finishSplit(
  ledger: Ports['ledger'],
  { looks }: Settings,
  whole: BatchRow,
  now: Instant,
): Promise<void> {
  await openHalves(ledger, whole, plusSeconds(whole.notBefore ?? now, looks.graceSeconds));
  const profile = await readProfile(ledger, whole.tenant, whole.profile);
  if (profile === undefined) throw new Error(`profile ${whole.profile} of a split batch is gone`);
  const [first] = halvesOf(whole.batchId);
  await updateProfile(ledger, profile, (seen) => {
    const oldestOpen = older(seen.oldestOpen, first);
    return { ...(oldestOpen === undefined ? {} : { oldestOpen }), dueAt: plusSeconds(now, 1) };
  });
  await closeSplit(ledger, whole);
}
