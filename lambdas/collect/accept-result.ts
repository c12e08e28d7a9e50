import { kindNamed } from '../../shared/kinds/kinds.ts';
import { endTask } from '../../shared/ledger/tasks.ts';
import { resultKey, uploadKey } from '../../shared/model/artifact-keys.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { JobRow, LeaseRow, ResultFile } from '../../shared/model/rows.ts';
import type { CollectPorts } from './collect-ports.ts';

/**
 * accepted: verified and first · refused: verified, but the task had ended · rejected: not what was asked
 * for · missing: nothing was uploaded (yet) · failed: the worker says that no machine can do it
 */
export const RECEIVED = ['accepted', 'refused', 'rejected', 'missing', 'failed'] as const;
export type Received = (typeof RECEIVED)[number];

export type Acceptance =
  | { readonly kind: 'accepted' | 'refused' | 'failed'; readonly ended: true }
  | { readonly kind: 'rejected'; readonly ended: false; readonly reason: string }
  | { readonly kind: 'missing'; readonly ended: false };

/**
 * One upload to one result: every file is read once, with a cap; those very bytes are verified, and those
 * very bytes are written under `results/`, where no worker may write. What is uploaded later changes nothing.
 */
export async function acceptResult(
  ports: CollectPorts,
  lease: LeaseRow,
  job: JobRow,
  task: ManifestTask,
): Promise<Acceptance> {
  const read = kindNamed(task.kind)?.read(task.spec);
  if (read?.ok !== true) throw new Error(`manifest of ${job.jobId} has a task of no known kind`);
  const files = new Map<string, Uint8Array>();
  for (const { name, maxBytes } of read.task.outputs) {
    const key = uploadKey(lease.tenant, task.taskId, job.jobId, name);
    const fetched = await ports.artifacts.get(key, { maxBytes });
    if (fetched.found) files.set(name, fetched.object.bytes);
    else if (fetched.why === 'missing') return { kind: 'missing', ended: false };
    else {
      const reason = `E_RESULT_SIZE: ${name} is above ${maxBytes} bytes`;
      const { burstId: burst } = lease;
      ports.log('result rejected', { burst, job: job.jobId, task: task.taskId, reason });
      return { kind: 'rejected', ended: false, reason };
    }
  }
  const verdict = read.task.verify(files);
  if (!verdict.verified) {
    const facts = {
      burst: lease.burstId,
      job: job.jobId,
      task: task.taskId,
      reason: verdict.reason,
    };
    ports.log('result rejected', facts);
    return { kind: 'rejected', ended: false, reason: verdict.reason };
  }

  const kept: ResultFile[] = [];
  for (const { name, contentType } of read.task.outputs) {
    const bytes = files.get(name) ?? new Uint8Array();
    const key = resultKey(lease.tenant, task.taskId, job.jobId, name);
    await ports.artifacts.put(key, { bytes, contentType });
    kept.push({ name, key, contentType, bytes: bytes.length, sha256: sha256Of(bytes) });
  }
  const outcome = await endTask(
    ports.ledger,
    lease.tenant,
    task.taskId,
    {
      status: 'done',
      verifiedBy: verdict.verifiedBy,
      files: kept,
      evidence: verdict.evidence ?? {},
      burst: lease.burstId,
      job: job.jobId,
      slotSeconds: job.slotSeconds / Math.max(1, job.uploaded.size),
      attempts: task.attempt,
    },
    ports.clock.now(),
  );
  if (outcome.done || outcome.row?.job === job.jobId) return { kind: 'accepted', ended: true };
  for (const { key } of kept) await ports.artifacts.remove(key);
  return { kind: 'refused', ended: true };
}

/** A task whose specification an executor refused is never tried again (exit code 64). */
export async function failTask(
  { ledger, clock }: CollectPorts,
  lease: LeaseRow,
  job: JobRow,
  task: ManifestTask,
  message: string,
): Promise<Acceptance> {
  const reason = `bad-input: ${message} (worker ${job.worker})`;
  const ending = { status: 'failed' as const, reason, attempts: task.attempt };
  await endTask(ledger, lease.tenant, task.taskId, ending, clock.now());
  return { kind: 'failed', ended: true };
}
