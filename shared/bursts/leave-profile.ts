import { readProfile, updateProfile } from '../ledger/profiles.ts';
import type { LeaseRow } from '../model/rows.ts';
import { type Instant, plusSeconds } from '../model/time.ts';
import type { Ports } from '../ports.ts';

/** Takes a burst that is over off its profile, and has the sweep look at what it leaves behind. */
export async function leaveProfile(
  ledger: Ports['ledger'],
  lease: LeaseRow,
  now: Instant,
): Promise<void> {
  const profile = await readProfile(ledger, lease.tenant, lease.profile);
  if (profile === undefined) return;
  await updateProfile(ledger, profile, (seen) =>
    seen.bursts.some(({ burstId }) => burstId === lease.burstId)
      ? {
          bursts: seen.bursts.filter(({ burstId }) => burstId !== lease.burstId),
          dueAt: plusSeconds(now, 1),
        }
      : undefined,
  );
}
