import type { TaskId, Tenant, WorkerId } from '../model/ids.ts';
import { VoteRow } from '../model/rows.ts';
import type { Ledger } from '../ports.ts';
import { voteKey, voteRange } from './keys.ts';
import { createRow, readRow } from './rows.ts';

export type NewVote = Pick<
  VoteRow,
  'worker' | 'digest' | 'likeness' | 'job' | 'burst' | 'slotSeconds' | 'at'
>;

export const readVote = (ledger: Ledger, tenant: Tenant, taskId: TaskId, worker: WorkerId) =>
  readRow(ledger, voteKey(tenant, taskId, worker), VoteRow);

/** Writes down what a worker delivered. Its first word stands. @returns that. */
export async function castVote(
  ledger: Ledger,
  tenant: Tenant,
  taskId: TaskId,
  vote: NewVote,
): Promise<VoteRow> {
  const fields = { v: 1 as const, ...vote };
  const cast = await createRow(ledger, VoteRow, voteKey(tenant, taskId, vote.worker), fields);
  return cast.row ?? fields;
}

/** Every vote on a task, in the order they were cast. Consistent. */
export async function votesOf(ledger: Ledger, tenant: Tenant, taskId: TaskId): Promise<VoteRow[]> {
  const rows = await ledger.query(voteRange(tenant, taskId));
  return rows
    .map((row) => VoteRow.parse(row))
    .sort((a, b) => (a.at < b.at || (a.at === b.at && a.worker < b.worker) ? -1 : 1));
}
