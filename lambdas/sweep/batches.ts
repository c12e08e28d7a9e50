import { giveBack } from '../../shared/bursts/give-back.ts';
import { openIfNeeded } from '../../shared/bursts/open.ts';
import { deferBatch } from '../../shared/ledger/batches.ts';
import { readLease } from '../../shared/ledger/leases.ts';
import { readProfile } from '../../shared/ledger/profiles.ts';
import { BatchRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { type Instant, plusSeconds } from '../../shared/model/time.ts';
import { ROWS_PER_PASS, type SweepPorts } from './sweep-ports.ts';

/**
 * Batches that were not heard of for long: open ones are announced to their profile again (intake may have
 * died before it did), claims of bursts that are over go back. @returns how many went back.
 */
export async function sweepBatches(
  ports: SweepPorts,
  settings: Settings,
  now: Instant,
): Promise<number> {
  let returned = 0;
  const due = await ports.ledger.due({ of: 'batch', until: now, limit: ROWS_PER_PASS });
  for (const key of due) {
    const row = await ports.ledger.read(key);
    if (row === undefined) continue;
    const batch = BatchRow.parse(row);
    if (batch.status !== 'open' && batch.status !== 'claimed') continue;
    if (await isStranded(ports, batch)) {
      const end = { class: 'burst-closed' as const, reason: 'its burst is over', started: true };
      if (await giveBack(ports.ledger, settings, batch, end, now)) returned += 1;
      continue;
    }
    if (batch.status === 'open') await announce(ports, settings, batch);
    await deferBatch(ports.ledger, batch, plusSeconds(now, settings.looks.graceSeconds));
  }
  return returned;
}

async function isStranded({ ledger }: SweepPorts, batch: BatchRow): Promise<boolean> {
  if (batch.status !== 'claimed') return false;
  const lease = batch.burst === undefined ? undefined : await readLease(ledger, batch.burst);
  return lease === undefined || lease.phase === 'settled' || lease.phase === 'teardown-owed';
}

async function announce(ports: SweepPorts, settings: Settings, batch: BatchRow): Promise<void> {
  const profile = await readProfile(ports.ledger, batch.tenant, batch.profile);
  if (profile !== undefined) await openIfNeeded(ports, settings, profile, batch.batchId);
}
