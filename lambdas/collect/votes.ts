import { forgetTask } from '../../shared/bursts/forget-task.ts';
import { isAlike, type Tally, tally } from '../../shared/collect/tally.ts';
import type { Verdict } from '../../shared/kinds/kind.ts';
import type { KnownTask } from '../../shared/kinds/kinds.ts';
import { readTask } from '../../shared/ledger/tasks.ts';
import { castVote, readVote, votesOf } from '../../shared/ledger/votes.ts';
import { voteFileKey } from '../../shared/model/artifact-keys.ts';
import type { Sha256 } from '../../shared/model/ids.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import { type JobRow, type LeaseRow, type TaskRow, VoteRow } from '../../shared/model/rows.ts';
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
  const { digest, likeness } = delivery.verdict;
  const cast = { digest, ...(likeness === undefined ? {} : { likeness: likeness.hash }) };
  if (row?.status !== 'accepted') {
    await forgetTask(ports, tenant, task.taskId);
    return afterTheEnd(row, job, earlier ?? cast, delivery.verdict.likeness?.mostBits);
  }

  if (earlier === undefined) await keepCopies(ports, lease, task, delivery);
  const slotSeconds = job.slotSeconds / Math.max(1, job.uploaded.size);
  const vote =
    earlier ??
    (await castVote(ledger, tenant, task.taskId, {
      ...{ worker: job.worker, ...cast, job: job.jobId, burst: burstId },
      ...{ slotSeconds, at: clock.now() },
    }));

  const votes = await votesOf(ledger, tenant, task.taskId);
  const counted = tally(
    votes,
    delivery.verdict.votes,
    settings.batches.maxAttempts,
    likeness?.mostBits,
  );
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
      return isAlike(counted, vote, likeness?.mostBits)
        ? ended
        : { kind: 'rejected', ended: true, reason: DIFFERS };
    }
  }
}

const DIFFERS = 'E_RESULT_DIFFERS: other workers agree on another result';

/** The task had ended before this was looked at. A result that differs from the one it has tells on its worker. */
function afterTheEnd(
  row: TaskRow | undefined,
  job: JobRow,
  result: Pick<VoteRow, 'digest' | 'likeness'>,
  mostBits: number | undefined,
): Acceptance {
  const accepted = VoteRow.pick({ digest: true, likeness: true }).safeParse({
    digest: row?.evidence?.outputsSha256,
    likeness: row?.evidence?.likeness,
  });
  const same = accepted.success && isAlike(accepted.data, result, mostBits);
  if (row?.status === 'done' && !same) {
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
  { digest, likeness, deciding, agreeing, dissenting }: Extract<Tally, { is: 'decided' }>,
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
      ...(likeness === undefined ? {} : { likeness }),
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
