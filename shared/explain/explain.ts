import type { RejectionRow, TaskRow } from '../model/rows.ts';
import type { Instant } from '../model/time.ts';
import { explainClaimed } from './claimed.ts';
import { because, counted, type Explanation, type StoredRows } from './explanation.ts';
import { explainOpen } from './open.ts';

/**
 * Why a task is where it is, from stored rows alone. Pure and total: rows read a moment apart from each
 * other may disagree, and still give an answer.
 */
export function explain(rows: StoredRows, now: Instant): Explanation {
  const { task, batch, rejection } = rows;
  if (task === undefined) return rejection === undefined ? unseen() : explainRefusal(rejection);
  if (task.status !== 'accepted') return ended(task);
  if (batch === undefined || !batch.tasks.some(({ taskId }) => taskId === task.taskId)) {
    return because('placing', 'The task is known and is being put into a batch.', {
      acceptedAt: task.acceptedAt,
    });
  }
  return batch.status === 'open'
    ? explainOpen({ ...rows, batch }, now)
    : explainClaimed({ ...rows, batch });
}

const unseen = (): Explanation =>
  because('placing', 'The task is on its way through the queue; intake has not read it yet.');

/** A message that was refused, by intake or before it was sent. */
export function explainRefusal({
  code,
  field,
  reason,
}: Pick<RejectionRow, 'code' | 'field' | 'reason'>): Explanation {
  const where = field === '' ? '' : ` in ${field}`;
  return because('bad-input', `The message was refused with ${code}${where}: ${reason}.`, {
    code,
    field,
    reason,
  });
}

function ended(task: TaskRow): Explanation {
  const facts = { endedAt: task.endedAt, attempts: task.attempts, reason: task.reason };
  switch (task.status) {
    case 'done': {
      const files = task.files?.length ?? 0;
      const sentence = `The task is done: ${counted(files, 'file', 'files')}, verified by ${task.verifiedBy ?? 'nobody'}.`;
      return because('done', sentence, { ...facts, files, verifiedBy: task.verifiedBy });
    }
    case 'cancelled':
      return because(
        'cancelled',
        task.reason === undefined
          ? 'The task was cancelled.'
          : `The task was cancelled: ${task.reason}.`,
        facts,
      );
    default:
      return because('failed', `The task failed: ${task.reason ?? 'no reason was kept'}.`, facts);
  }
}
