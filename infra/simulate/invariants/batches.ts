import type { Row } from '../../../shared/ports.ts';
import { type Violation, violation, type Writer } from './invariant.ts';

/** FENCE: a claimed batch is moved by the burst that claimed it, or by the sweep; its fence only rises. */
export function batchWrite(before: Row | undefined, after: Row, by: Writer): Violation | undefined {
  if (before === undefined) return;
  const [was, is] = [Number(before.batchFence), Number(after.batchFence)];
  if (is < was) {
    return violation('FENCE', `the fence of batch ${after.batchId} went back from ${was} to ${is}`);
  }
  const moved = before.status !== after.status || is !== was;
  if (!moved || after.status === 'done') return;
  if (before.status === 'done' || before.status === 'split') {
    return violation(
      'ONCE',
      `batch ${after.batchId} became ${after.status} after ${before.status}`,
    );
  }
  if (is === was && before.status === 'claimed') {
    return violation('FENCE', `batch ${after.batchId} became ${after.status} under the same fence`);
  }
  if (before.status === 'claimed' && by.burst !== undefined && by.burst.burstId !== before.burst) {
    return violation(
      'FENCE',
      `${by.burst.burstId} moved batch ${after.batchId} of ${before.burst}`,
    );
  }
  return;
}

/** What of a profile's batches its change must be held against. */
export interface ListedBatch {
  readonly row: Row;
  /** Whether it was there when the profile was changed for the last time. */
  readonly wasThere: boolean;
}

/** WATERMARK: each change of a profile follows the last one, and passes no batch that has tasks left. */
export function profileWrite(
  before: Row | undefined,
  after: Row,
  batches: readonly ListedBatch[],
): Violation | undefined {
  if (before === undefined) return;
  if (Number(after.seq) !== Number(before.seq) + 1) {
    const what = `profile ${after.profile} went from change ${before.seq} to ${after.seq}`;
    return violation('WATERMARK', what);
  }
  const passed = batches.find(
    ({ row, wasThere }) =>
      wasThere && isWaiting(row) && isCovered(row, before) && !isCovered(row, after),
  );
  return passed === undefined
    ? undefined
    : violation('WATERMARK', `profile ${after.profile} passed batch ${passed.row.batchId}`);
}

const isCovered = ({ batchId }: Row, { oldestOpen }: Row): boolean =>
  oldestOpen !== undefined && String(oldestOpen) <= String(batchId);

/** WATERMARK: a split batch is not closed before its halves are written and their profile knows of them. */
export function splitClosed(
  whole: Row,
  halves: readonly (Row | undefined)[],
  profile: Row | undefined,
): Violation | undefined {
  if (whole.status !== 'split' || whole.dueOf !== undefined) return;
  const lost = halves.some(
    (half) =>
      half === undefined || (isWaiting(half) && profile !== undefined && !isCovered(half, profile)),
  );
  return lost
    ? violation('WATERMARK', `a half of batch ${whole.batchId} is known to nobody`)
    : undefined;
}

/** Open or claimed, with tasks left. */
export const isWaiting = ({ status, settled, tasks }: Row): boolean =>
  (status === 'open' || status === 'claimed') &&
  Array.isArray(tasks) &&
  (settled instanceof Set ? settled.size : 0) < tasks.length;
