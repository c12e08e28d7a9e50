import { createHmac } from 'node:crypto';
import { canonicalJson } from '../model/digest.ts';
import type { TaskId, Tenant } from '../model/ids.ts';

/**
 * Whether other workers must do a task again of which `share` is drawn. It hangs on a secret of the deployment, so
 * that a worker, which knows the task's id, cannot tell, and on nothing else, so that every attempt draws alike.
 *
 * @param share - 0 to 1.
 */
export function isDrawn(secret: string, tenant: Tenant, taskId: TaskId, share: number): boolean {
  const digest = createHmac('sha256', secret)
    .update(canonicalJson(['sample', tenant, taskId]))
    .digest();
  return digest.readUIntBE(0, 6) / 2 ** 48 < share;
}
