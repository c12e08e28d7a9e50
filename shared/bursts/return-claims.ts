import { liveBatches } from '../ledger/batches.ts';
import { jobsOf } from '../ledger/jobs.ts';
import { readProfile } from '../ledger/profiles.ts';
import type { LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { Instant } from '../model/time.ts';
import type { Ports } from '../ports.ts';
import { giveBack, wasStarted } from './give-back.ts';

/** Every batch a burst that is over still holds goes back; an attempt counts where its job was seen running. */
export async function returnClaims(
  ledger: Ports['ledger'],
  settings: Settings,
  lease: LeaseRow,
  reason: string,
  now: Instant,
): Promise<void> {
  const profile = await readProfile(ledger, lease.tenant, lease.profile);
  if (profile === undefined) return;
  const jobs = await jobsOf(ledger, lease.burstId, lease.firstJob);
  for (const batch of await liveBatches(ledger, { ...lease, oldestOpen: profile.oldestOpen })) {
    if (batch.burst !== lease.burstId) continue;
    const end = { class: 'burst-closed', reason, started: wasStarted(batch, jobs) } as const;
    await giveBack(ledger, settings, batch, end, now);
  }
}
