import { closeCheckpoints } from '../ledger/checkpoints.ts';
import { secretPrefixes } from '../model/artifact-keys.ts';
import type { TaskId, Tenant } from '../model/ids.ts';
import type { Ports } from '../ports.ts';

/**
 * Deletes whatever of an ended task could tell its secrets: inputs, checkpoints, uploads. The pointer is
 * closed first, so that no late checkpoint is taken behind it. A repeat is harmless.
 */
export async function forgetTask(
  { ledger, artifacts }: Pick<Ports, 'ledger' | 'artifacts'>,
  tenant: Tenant,
  taskId: TaskId,
): Promise<void> {
  await closeCheckpoints(ledger, tenant, taskId);
  for (const prefix of secretPrefixes(tenant, taskId)) await artifacts.removeAll(prefix);
}
