import { sha256Of } from '../model/digest.ts';
import type { TaskId, Tenant } from '../model/ids.ts';
import { ClaimRow } from '../model/rows.ts';
import type { Instant } from '../model/time.ts';
import type { Ledger } from '../ports.ts';
import { claimKey } from './keys.ts';
import { assignments, changeRow, createRow } from './rows.ts';

/** Hands a fact on from a task that ended without it. Refused: it is that task's no more. */
export const takeFactOver = async (
  ledger: Ledger,
  { tenant, taskId }: Pick<ClaimRow, 'tenant' | 'taskId'>,
  fact: string,
  to: TaskId,
  at: Instant,
): Promise<boolean> => {
  const taken = await changeRow(ledger, ClaimRow, {
    key: claimKey(tenant, sha256Of(fact)),
    when: [{ is: 'equal', path: 'taskId', value: taskId }],
    set: assignments({ taskId: to, at }),
  });
  return taken.done || taken.row?.taskId === to;
};

/**
 * Gives a fact to one task, for good: the first task of the tenant that claims it.
 *
 * @returns the task that has it.
 */
export async function claimFact(
  ledger: Ledger,
  tenant: Tenant,
  taskId: TaskId,
  fact: string,
  at: Instant,
): Promise<TaskId> {
  const claimed = await createRow(ledger, ClaimRow, claimKey(tenant, sha256Of(fact)), {
    v: 1,
    tenant,
    taskId,
    at,
  });
  return claimed.row?.taskId ?? taskId;
}
