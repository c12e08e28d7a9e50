import {
  dropCheckpoints,
  isNewer,
  moveCheckpoint,
  readCheckpoints,
} from '../../shared/ledger/checkpoints.ts';
import { checkpointKey, checkpointUploadKey } from '../../shared/model/artifact-keys.ts';
import {
  CHECKPOINT_TYPE,
  MAX_CHECKPOINT_HEADER_BYTES,
  type ParsedCheckpoint,
  parseCheckpoint,
} from '../../shared/model/checkpoint.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import type { TaskId } from '../../shared/model/ids.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { CollectPorts } from './collect-ports.ts';

/** taken: the pointer moved · stale: something newer is known, or the task has ended · rejected: it is none */
export type TakenCheckpoint =
  | { readonly kind: 'taken'; readonly sequence: number }
  | { readonly kind: 'stale' | 'missing' | 'rejected' };

/**
 * One uploaded checkpoint to one the next attempt may go on from: read once with a cap, checked, and those
 * very bytes copied to where no worker may write. The pointer moves only if (fence, sequence) grows; the one
 * before it is kept, the one before that removed.
 */
export async function takeCheckpoint(
  { artifacts, ledger, log }: CollectPorts,
  lease: LeaseRow,
  job: JobRow,
  { taskId, batchFence, checkpoint }: ManifestTask,
): Promise<TakenCheckpoint> {
  const maxBytes = (checkpoint?.maxBytes ?? 0) + MAX_CHECKPOINT_HEADER_BYTES;
  const upload = checkpointUploadKey(lease.tenant, taskId, job.jobId);
  const fetched = await artifacts.get(upload, { maxBytes });
  if (!fetched.found && fetched.why === 'missing') return { kind: 'missing' };
  const bytes = fetched.found ? fetched.object.bytes : new Uint8Array();
  const read = fetched.found ? readFor(taskId, bytes) : tooLarge(maxBytes);
  if (!read.ok) {
    const facts = { burst: lease.burstId, job: job.jobId, task: taskId, reason: read.why };
    log('checkpoint rejected', facts);
    return { kind: 'rejected' };
  }

  const { sequence, stage, workSeconds } = read.header;
  if (sequence > (checkpoint?.resume?.sequence ?? 0) + MAX_PER_ATTEMPT) {
    const reason = `E_CKPT_SEQUENCE: ${sequence} is beyond what one attempt may leave`;
    log('checkpoint rejected', { burst: lease.burstId, job: job.jobId, task: taskId, reason });
    return { kind: 'rejected' };
  }
  const seen = await readCheckpoints(ledger, lease.tenant, taskId);
  if (!isNewer(seen, { fence: batchFence, sequence })) {
    if (seen?.closed) await artifacts.remove(upload);
    return { kind: 'stale' };
  }
  const sha256 = sha256Of(bytes);
  const key = checkpointKey(lease.tenant, taskId, { fence: batchFence, sequence, sha256 });
  await artifacts.put(key, { bytes, contentType: CHECKPOINT_TYPE });
  const moved = await moveCheckpoint(ledger, lease.tenant, taskId, seen, {
    fence: batchFence,
    sequence,
    stage,
    workSeconds,
    key,
    sha256,
    bytes: bytes.length,
  });
  if (!moved.done) {
    const inUse = [moved.row?.newest, moved.row?.previous].some((kept) => kept?.key === key);
    if (!inUse) await artifacts.remove(key);
    return { kind: 'stale' };
  }
  if (seen?.previous !== undefined) await artifacts.remove(seen.previous.key);
  return { kind: 'taken', sequence };
}

/** Checkpoints one attempt may leave: a sequence that jumps to its end would leave no room for the next. */
const MAX_PER_ATTEMPT = 10_000;

function readFor(taskId: TaskId, bytes: Uint8Array): ParsedCheckpoint {
  const read = parseCheckpoint(bytes);
  return !read.ok || read.header.taskId === taskId
    ? read
    : { ok: false, why: 'E_CKPT_TASK: it is of another task' };
}

const tooLarge = (maxBytes: number): ParsedCheckpoint => ({
  ok: false,
  why: `E_CKPT_SIZE: above ${maxBytes} bytes`,
});

/** An attempt that resumed a checkpoint went wrong: nothing of that lineage is trusted any more. */
export async function dropLineage(
  { artifacts, ledger, log }: CollectPorts,
  { tenant, burstId }: LeaseRow,
  { taskId, batchFence, checkpoint }: ManifestTask,
  reason: string,
): Promise<void> {
  if (checkpoint?.resume === undefined) return;
  const row = await readCheckpoints(ledger, tenant, taskId);
  // What a later attempt has begun is not of this lineage.
  if (row?.newest === undefined || row.newest.fence > batchFence) return;
  const dropped = await dropCheckpoints(ledger, row, reason);
  if (!dropped.done) return;
  for (const one of [row.newest, row.previous]) {
    if (one !== undefined) await artifacts.remove(one.key);
  }
  log('checkpoints dropped', { burst: burstId, task: taskId, reason });
}
