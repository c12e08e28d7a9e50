import { inputKey } from '../../shared/model/artifact-keys.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { JobRow, LeaseRow } from '../../shared/model/rows.ts';
import { type Acceptance, failBadInput } from './accept-result.ts';
import { dropLineage } from './checkpoints.ts';
import type { CollectPorts } from './collect-ports.ts';

/**
 * A line the worker says it could not do. Only two of its reasons end the task: a specification that no
 * machine can run, and an input that our own look finds missing or changed. An executor that failed after it
 * resumed a checkpoint may have been poisoned by it: the next attempt starts over.
 */
export async function acceptFailure(
  ports: CollectPorts,
  lease: LeaseRow,
  job: JobRow,
  task: ManifestTask,
  failure: { readonly class: string; readonly message: string },
): Promise<Acceptance> {
  if (failure.class === 'bad-spec') return failBadInput(ports, lease, job, task, failure.message);
  if (failure.class === 'input') {
    const wrong = await wrongInput(ports, lease, task);
    if (wrong !== undefined) return failBadInput(ports, lease, job, task, wrong);
  }
  if (failure.class === 'executor') await dropLineage(ports, lease, task, failure.message);
  return { kind: 'undone', ended: false };
}

/** What our own look at the task's files finds; undefined: nothing, so the worker was wrong. */
async function wrongInput(
  { artifacts }: CollectPorts,
  { tenant }: LeaseRow,
  { taskId, inputs = [] }: ManifestTask,
): Promise<string | undefined> {
  for (const { name, sha256, bytes } of inputs) {
    const fetched = await artifacts.get(inputKey(tenant, taskId, { name, sha256 }), {
      maxBytes: bytes,
    });
    if (!fetched.found) {
      return fetched.why === 'missing'
        ? `E_INPUT_MISSING: inputs - ${name} is gone`
        : `E_INPUT_HASH: inputs - ${name} is longer than announced`;
    }
    if (sha256Of(fetched.object.bytes) !== sha256) {
      return `E_INPUT_HASH: inputs - ${name} is not the file that was announced`;
    }
  }
  return undefined;
}
