import { parseCheckpoint } from '../../../shared/model/checkpoint.ts';
import { sha256Of } from '../../../shared/model/digest.ts';
import type { ManifestTask } from '../../../shared/model/job.ts';
import type { Row } from '../../../shared/ports.ts';
import { type Violation, violation } from './invariant.ts';

/** CHECKPOINT: the order of the newest one ever taken only rises, and no other is ever pointed at. */
export function checkpointWrite(before: Row | undefined, after: Row): Violation | undefined {
  const [was, is] = [Number(before?.order ?? 0), Number(after.order)];
  if (is < was) {
    return violation('CHECKPOINT', `task ${after.taskId} went back from ${was} to ${is}`);
  }
  const [old, now] = [keyOfNewest(before), keyOfNewest(after)];
  return now !== undefined && now !== old && is <= was
    ? violation(
        'CHECKPOINT',
        `task ${after.taskId} points at ${now}, which is not newer than ${old}`,
      )
    : undefined;
}

/** CHECKPOINT: what is pointed at is there, whole, and the task's own. */
export function pointedAt(row: Row, bytes: Uint8Array | undefined): Violation | undefined {
  const wrong = (what: string) =>
    violation('CHECKPOINT', `task ${row.taskId} points at ${keyOfNewest(row)}, which is ${what}`);
  if (bytes === undefined) return wrong('missing');
  if (sha256Of(bytes) !== Reflect.get(Object(row.newest), 'sha256')) return wrong('another one');
  const read = parseCheckpoint(bytes);
  if (!read.ok) return wrong(read.why);
  return read.header.taskId === row.taskId ? undefined : wrong(`of task ${read.header.taskId}`);
}

export function keyOfNewest(row: Row | undefined): string | undefined {
  const key: unknown = Reflect.get(Object(row?.newest), 'key');
  return typeof key === 'string' ? key : undefined;
}

/** The newest checkpoint that was verified when an attempt ended; the next one, under this fence, knows it. */
export interface LeastResume {
  readonly fence: number;
  readonly sequence: number;
}

/** CHECKPOINT: an attempt goes on from what was verified when the one before it ended, or from something newer. */
export function wentOn(
  { taskId, batchFence, checkpoint }: Pick<ManifestTask, 'taskId' | 'batchFence' | 'checkpoint'>,
  least: LeastResume | undefined,
): Violation | undefined {
  if (least === undefined || batchFence < least.fence) return;
  const from = checkpoint?.resume?.sequence ?? 0;
  const what = `task ${taskId} goes on from ${from}, ${least.sequence} was verified`;
  return from < least.sequence ? violation('CHECKPOINT', what) : undefined;
}
