import type { ManifestTask } from '../../../shared/model/job.ts';
import type { Row } from '../../../shared/ports.ts';
import { checkpointWrite, type LeastResume, wentOn } from '../invariants/checkpoints.ts';
import type { Violation } from '../invariants/invariant.ts';

/** What attempts go on from, held against what was verified when the one before them ended. */
export function watchResumption(report: (violation: Violation | undefined) => void) {
  const verified = new Map<string, number>();
  const leastResume = new Map<string, LeastResume>();
  return {
    /** What later attempts at the tasks of a batch must not fall behind. */
    onNewFence({ tasks, batchFence }: Row): void {
      if (verified.size === 0 || !Array.isArray(tasks)) return;
      for (const task of tasks) {
        const taskId = String(Reflect.get(Object(task), 'taskId'));
        const sequence = verified.get(taskId);
        if (sequence !== undefined) {
          leastResume.set(taskId, { fence: Number(batchFence), sequence });
        }
      }
    },
    onCheckpoint(before: Row | undefined, row: Row): void {
      report(checkpointWrite(before, row));
      const taskId = String(row.taskId);
      if (row.newest === undefined) {
        verified.delete(taskId);
        leastResume.delete(taskId);
      } else verified.set(taskId, Number(Reflect.get(Object(row.newest), 'sequence')));
    },
    onBegin: (task: ManifestTask): void => report(wentOn(task, leastResume.get(task.taskId))),
  };
}
