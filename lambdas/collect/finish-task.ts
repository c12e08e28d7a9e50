import { forgetTask } from '../../shared/bursts/forget-task.ts';
import { hasSecrets, type KnownTask } from '../../shared/kinds/kinds.ts';
import { type Ending, endTask } from '../../shared/ledger/tasks.ts';
import { resultKey } from '../../shared/model/artifact-keys.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import type { JobId, Tenant } from '../../shared/model/ids.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { ResultFile } from '../../shared/model/rows.ts';
import type { CollectPorts } from './collect-ports.ts';

/** What is said of a task beside its files. */
interface Credit
  extends Omit<Extract<Ending, { status: 'done' }>, 'status' | 'files' | 'attempts'> {
  readonly job: JobId;
}

/**
 * Writes verified bytes where no worker may write, and ends the task with them.
 *
 * @returns refused: it had ended otherwise, and nothing of these bytes is kept.
 */
export async function finishTask(
  ports: CollectPorts,
  tenant: Tenant,
  task: Pick<ManifestTask, 'taskId' | 'attempt'>,
  known: KnownTask,
  files: ReadonlyMap<string, Uint8Array>,
  credit: Credit,
): Promise<{ readonly kind: 'accepted' | 'refused'; readonly ended: true }> {
  const kept: ResultFile[] = [];
  for (const { name, contentType } of known.outputs) {
    const bytes = files.get(name) ?? new Uint8Array();
    const sha256 = sha256Of(bytes);
    const key = resultKey(tenant, task.taskId, { jobId: credit.job, sha256 }, name);
    await ports.artifacts.put(key, { bytes, contentType });
    kept.push({ name, key, contentType, bytes: bytes.length, sha256 });
  }
  const ending = { status: 'done' as const, ...credit, files: kept, attempts: task.attempt };
  const outcome = await endTask(ports.ledger, tenant, task.taskId, ending, ports.clock.now());
  const accepted = outcome.done || outcome.row?.job === credit.job;
  // The same job may have uploaded other bytes, as good, to a Collect that was quicker.
  const stored = new Set(outcome.row?.files?.map(({ key }) => key));
  for (const { key } of kept) if (!stored.has(key)) await ports.artifacts.remove(key);
  if (hasSecrets(known)) await forgetTask(ports, tenant, task.taskId);
  return { kind: accepted ? 'accepted' : 'refused', ended: true };
}

/** Ends a task that is tried no more. */
export async function failTask(
  ports: CollectPorts,
  tenant: Tenant,
  task: ManifestTask,
  known: KnownTask,
  reason: string,
): Promise<{ readonly kind: 'failed'; readonly ended: true }> {
  const ending = { status: 'failed' as const, reason, attempts: task.attempt };
  await endTask(ports.ledger, tenant, task.taskId, ending, ports.clock.now());
  if (hasSecrets(known)) await forgetTask(ports, tenant, task.taskId);
  return { kind: 'failed', ended: true };
}
