import { quarantineWorker } from '../../shared/ledger/provider.ts';
import type { WorkerId } from '../../shared/model/ids.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { plusSeconds } from '../../shared/model/time.ts';
import type { CollectPorts } from './collect-ports.ts';

/** What this worker delivered was wrong: it gets no work for a while. */
export async function putAside(
  { ledger, clock }: CollectPorts,
  { limits }: Settings,
  workerId: WorkerId,
  reason: string,
): Promise<void> {
  const quarantinedUntil = plusSeconds(clock.now(), limits.quarantineSeconds);
  await quarantineWorker(ledger, { workerId, quarantinedUntil, reason });
}
