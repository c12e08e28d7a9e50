import { forgetTask } from '../../shared/bursts/forget-task.ts';
import { type Tally, tally } from '../../shared/collect/tally.ts';
import type { Verdict } from '../../shared/kinds/kind.ts';
import type { KnownTask } from '../../shared/kinds/kinds.ts';
import { readTask } from '../../shared/ledger/tasks.ts';
import { castVote, readVote, votesOf } from '../../shared/ledger/votes.ts';
import { voteFileKey } from '../../shared/model/artifact-keys.ts';
import type { Sha256 } from '../../shared/model/ids.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { JobRow, LeaseRow, TaskRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Acceptance } from './accept-result.ts';
import type { CollectPorts } from './collect-ports.ts';
import { failTask, finishTask } from './finish-task.ts';
import { putAside } from './put-aside.ts';

/** What was uploaded, and that it counts as a vote. */
interface Delivery {
  readonly known: KnownTask;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly verdict: Extract<Verdict, { readonly verified: 'vote' }>;
}

/**
 * A result nobody can judge alone. The bytes are copied to where no worker may write, under their own hash;
 * then the worker's vote is written, once; then all votes are counted. Whoever counts enough of them ends the
 * task, and a crash after any of these writes is repaired by looking again: the copies are named by their
 * content, the vote is there already, and the task ends once.
 */
export async function acceptVote(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  task: ManifestTask,
  delivery: Delivery,
): Promise<Acceptance> {
  const { ledger, clock } = ports;
  const { tenant, burstId } = lease;
  const row = await readTask(ledger, tenant, task.taskId);
  const earlier = await readVote(ledger, tenant, task.taskId, job.worker);
  if (row?.status !== 'accepted') {
    await forgetTask(ports, tenant, task.taskId);
    return afterTheEnd(row, job, earlier?.digest ?? delivery.verdict.digest);
  }

  if (earlier === undefined) await keepCopies(ports, lease, task, delivery);
  const { digest } = delivery.verdict;
  const slotSeconds = job.slotSeconds / Math.max(1, job.uploaded.size);
  const vote =
    earlier ??
    (await castVote(ledger, tenant, task.taskId, {
      ...{ worker: job.worker, digest, job: job.jobId, burst: burstId },
      ...{ slotSeconds, at: clock.now() },
    }));

  const votes = await votesOf(ledger, tenant, task.taskId);
  const counted = tally(votes, delivery.verdict.votes, settings.batches.maxAttempts);
  switch (counted.is) {
    case 'open':
      return { kind: vote.job === job.jobId ? 'voted' : 'undone', ended: false };
    case 'hopeless': {
      const reason = `verification-failed: ${counted.votes} workers delivered ${counted.results} different results, ${delivery.verdict.votes} must agree`;
      return failTask(ports, tenant, task, delivery.known, reason);
    }
    case 'decided': {
      const slotSecondsOfAll = votes.reduce((sum, one) => sum + one.slotSeconds, 0);
      const ended = await finish(ports, settings, lease, task, delivery, counted, slotSecondsOfAll);
      return vote.digest === counted.digest
        ? ended
        : { kind: 'rejected', ended: true, reason: DIFFERS };
    }
  }
}

const DIFFERS = 'E_RESULT_DIFFERS: other workers agree on another result';

/** The task had ended before this was looked at. A result that differs from the one it has tells on its worker. */
function afterTheEnd(row: TaskRow | undefined, job: JobRow, digest: Sha256): Acceptance {
  if (row?.status === 'done' && row.evidence?.outputsSha256 !== digest) {
    return { kind: 'rejected', ended: true, reason: DIFFERS };
  }
  return { kind: row?.job === job.jobId ? 'accepted' : 'refused', ended: true };
}

async function keepCopies(
  { artifacts }: CollectPorts,
  { tenant }: LeaseRow,
  { taskId }: ManifestTask,
  { known, files, verdict }: Delivery,
): Promise<void> {
  for (const { name, contentType } of known.outputs) {
    const bytes = files.get(name) ?? new Uint8Array();
    await artifacts.put(voteFileKey(tenant, taskId, verdict.digest, name), { bytes, contentType });
  }
}

/** Enough workers agree: those that differ are put aside, and the task ends with what the others delivered. */
async function finish(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  task: ManifestTask,
  delivery: Delivery,
  { digest, deciding, agreeing, dissenting }: Extract<Tally, { is: 'decided' }>,
  slotSeconds: number,
): Promise<Acceptance> {
  for (const { worker } of dissenting) await putAside(ports, settings, worker, DIFFERS);
  const files =
    delivery.verdict.digest === digest
      ? delivery.files
      : await copiesOf(ports, lease, task, delivery.known, digest);
  if (files === undefined) return { kind: 'refused', ended: true };
  return finishTask(ports, lease.tenant, task, delivery.known, files, {
    verifiedBy: delivery.verdict.verifiedBy,
    evidence: {
      outputsSha256: digest,
      votes: String(agreeing.length),
      dissenters: String(dissenting.length),
    },
    burst: deciding.burst,
    job: deciding.job,
    slotSeconds,
  });
}

/** Our copy of what was agreed on; undefined: the task has ended meanwhile, and with it the copy. */
async function copiesOf(
  { artifacts, ledger }: CollectPorts,
  { tenant }: LeaseRow,
  { taskId }: ManifestTask,
  { outputs }: KnownTask,
  digest: Sha256,
): Promise<Map<string, Uint8Array> | undefined> {
  const files = new Map<string, Uint8Array>();
  for (const { name, maxBytes } of outputs) {
    const fetched = await artifacts.get(voteFileKey(tenant, taskId, digest, name), { maxBytes });
    if (fetched.found) files.set(name, fetched.object.bytes);
    else if ((await readTask(ledger, tenant, taskId))?.status !== 'accepted') return undefined;
    else
      throw new Error(`the copy of ${name} that workers agreed on for ${taskId} is ${fetched.why}`);
  }
  return files;
}
