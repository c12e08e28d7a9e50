import type { TaskId, Tenant } from '../model/ids.ts';
import { CheckpointRow, type StoredCheckpoint } from '../model/rows.ts';
import type { Ledger } from '../ports.ts';
import { checkpointRowKey } from './keys.ts';
import { assignments, type Change, changeRow, readRow } from './rows.ts';

export const readCheckpoints = (ledger: Ledger, tenant: Tenant, taskId: TaskId) =>
  readRow(ledger, checkpointRowKey(tenant, taskId), CheckpointRow);

/** Sequences stay below this (`CheckpointMark`), so that one number orders (fence, sequence). */
const SEQUENCES = 2 ** 20;

const orderOf = ({ fence, sequence }: Pick<StoredCheckpoint, 'fence' | 'sequence'>): number =>
  fence * SEQUENCES + sequence;

/** Whether (fence, sequence) is above everything the row has taken, and the task still runs. */
export const isNewer = (
  row: CheckpointRow | undefined,
  at: Pick<StoredCheckpoint, 'fence' | 'sequence'>,
): boolean => row === undefined || (row.closed !== true && orderOf(at) > row.order);

/**
 * Points at a newer checkpoint; the one it replaces becomes the previous. Refused: another was taken since
 * `seen` was read, or the task has ended.
 */
export const moveCheckpoint = (
  ledger: Ledger,
  tenant: Tenant,
  taskId: TaskId,
  seen: CheckpointRow | undefined,
  newest: StoredCheckpoint,
): Promise<Change<CheckpointRow>> =>
  changeRow(ledger, CheckpointRow, {
    key: checkpointRowKey(tenant, taskId),
    when:
      seen === undefined
        ? [{ is: 'absent' }]
        : [
            { is: 'equal', path: 'order', value: seen.order },
            { is: 'absent', path: 'closed' },
          ],
    set: assignments({
      v: 1,
      tenant,
      taskId,
      order: orderOf(newest),
      newest,
      previous: seen?.newest,
      best:
        newest.sequence > (seen?.best?.sequence ?? 0)
          ? { fence: newest.fence, sequence: newest.sequence }
          : seen?.best,
    }),
    remove: ['droppedReason', 'resumes', ...(seen?.newest === undefined ? ['previous'] : [])],
  });

/** Forgets what there is to go on from, and how far it went stays known: nothing older is ever taken again. */
export const dropCheckpoints = (
  ledger: Ledger,
  seen: CheckpointRow,
  reason: string,
): Promise<Change<CheckpointRow>> =>
  changeRow(ledger, CheckpointRow, {
    key: checkpointRowKey(seen.tenant, seen.taskId),
    when: [{ is: 'equal', path: 'order', value: seen.order }],
    set: [['droppedReason', reason.slice(0, 300)]],
    remove: ['newest', 'previous', 'resumes'],
  });

/** One more job goes on from the newest one. Refused: it is another by now. */
export const noteResume = (
  ledger: Ledger,
  tenant: Tenant,
  taskId: TaskId,
  sequence: number,
): Promise<Change<CheckpointRow>> =>
  changeRow(ledger, CheckpointRow, {
    key: checkpointRowKey(tenant, taskId),
    when: [
      { is: 'equal', path: ['newest', 'sequence'], value: sequence },
      { is: 'absent', path: 'closed' },
    ],
    add: [['resumes', 1]],
  });

/** The task has ended: from here on no checkpoint of it is taken, whoever brings it. */
export const closeCheckpoints = (ledger: Ledger, tenant: Tenant, taskId: TaskId) =>
  changeRow(ledger, CheckpointRow, {
    key: checkpointRowKey(tenant, taskId),
    when: [],
    set: assignments({ v: 1, tenant, taskId, closed: true }),
    add: [['order', 0]],
    remove: ['newest', 'previous'],
  });
