import type { Row } from '../../../shared/ports.ts';
import { type Violation, violation } from './invariant.ts';

/** ONCE: what has ended stays as it ended. */
export function taskWrite(before: Row | undefined, after: Row): Violation | undefined {
  if (before === undefined || before.status === 'accepted') return;
  const same = ['status', 'job', 'endedAt'].every((field) => before[field] === after[field]);
  return same
    ? undefined
    : violation(
        'ONCE',
        `task ${after.taskId} was ${before.status} by ${before.job} and became ${after.status} by ${after.job}`,
      );
}

/** What ended attempts of which nobody knows whose fault it was. */
const CUT_SHORT = /^(worker-lost|interrupted|burst-closed):/;

/** ISOLATION: no task is failed by an attempt that it shared with others. */
export function failedTask(task: Row, neighbours: number): Violation | undefined {
  if (task.status !== 'failed' || !CUT_SHORT.test(String(task.reason)) || neighbours === 0) return;
  const what = `task ${task.taskId} failed with ${neighbours} neighbours: ${task.reason}`;
  return violation('ISOLATION', what);
}
