import { forgetTask } from '../../shared/bursts/forget-task.ts';
import type { Claim } from '../../shared/kinds/kind.ts';
import { hasSecrets, type KnownTask } from '../../shared/kinds/kinds.ts';
import { claimFact, takeFactOver } from '../../shared/ledger/claims.ts';
import { readTask } from '../../shared/ledger/tasks.ts';
import type { CheckpointMark } from '../../shared/model/checkpoint.ts';
import type { TaskId } from '../../shared/model/ids.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { CollectPorts } from './collect-ports.ts';
import { failTask, finishTask } from './finish-task.ts';
import { type Judged, knownTask } from './uploads.ts';
import { acceptVote } from './votes.ts';

/**
 * accepted: verified and first · refused: verified, but the task had ended · rejected: not what was asked
 * for · voted: good if another worker delivers the same · missing: nothing was uploaded (yet) · failed: it is
 * tried no more · undone: this worker could not, or has delivered before
 */
export const RECEIVED = [
  ...(['accepted', 'refused', 'rejected', 'voted'] as const),
  ...(['missing', 'failed', 'undone'] as const),
];
export type Received = (typeof RECEIVED)[number];

/** `ended`: the task has, by this or before. */
export type Acceptance =
  | { readonly kind: 'accepted' | 'refused' | 'failed'; readonly ended: true }
  | { readonly kind: 'rejected'; readonly ended: boolean; readonly reason: string }
  | { readonly kind: 'voted' | 'missing' | 'undone'; readonly ended: false };

/**
 * Enters what was uploaded for a line: the bytes that were verified are written under `results/`, where no worker may
 * write, and end the task.
 */
export async function enterResult(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  task: ManifestTask,
  judged: Judged,
): Promise<Acceptance> {
  if (judged.is === 'rejected') return { kind: 'rejected', ended: false, reason: judged.reason };
  const known = knownTask(job, task);
  if (judged.is === 'missing') {
    const before = await endedBefore(ports, lease, job, task, known);
    return before?.kind === 'accepted' ? before : { kind: 'missing', ended: false };
  }
  const { files, verdict } = judged;
  if (verdict.verified === 'vote') {
    return acceptVote(ports, settings, lease, job, task, { known, files, verdict });
  }
  const before = await endedBefore(ports, lease, job, task, known);
  if (before !== undefined) return before;
  const taken = await takenClaim(ports, lease, task, verdict.claims ?? []);
  if (taken !== undefined) {
    const reason = `E_RESULT_TAKEN: ${taken.by} rests on the same ${taken.claim.fact.split(':')[0]}`;
    if (taken.claim.ifTaken === 'failed') return failBadInput(ports, lease, job, task, reason);
    return { kind: 'rejected', ended: false, reason };
  }

  return finishTask(ports, lease.tenant, task, known, files, {
    verifiedBy: verdict.verifiedBy,
    evidence: verdict.evidence ?? {},
    burst: lease.burstId,
    job: job.jobId,
    slotSeconds: job.slotSeconds / Math.max(1, job.uploaded.size),
    resumed: resumedBy(job, task),
  });
}

/**
 * What a task that has ended already makes of this job's files: they were accepted before a crash, whose
 * clean-up may have removed the uploads, or they are refused and claim nothing.
 */
async function endedBefore(
  ports: CollectPorts,
  { tenant }: LeaseRow,
  { jobId }: JobRow,
  { taskId }: ManifestTask,
  known: KnownTask,
): Promise<{ readonly kind: 'accepted' | 'refused'; readonly ended: true } | undefined> {
  const row = await readTask(ports.ledger, tenant, taskId);
  if (row === undefined || row.status === 'accepted') return undefined;
  if (hasSecrets(known)) await forgetTask(ports, tenant, taskId);
  return { kind: row.job === jobId ? 'accepted' : 'refused', ended: true };
}

/** Claims every fact for the task. @returns the first that another task has. */
async function takenClaim(
  { ledger, clock }: CollectPorts,
  { tenant }: LeaseRow,
  { taskId }: ManifestTask,
  claims: readonly Claim[],
): Promise<{ claim: Claim; by: TaskId } | undefined> {
  for (const claim of claims) {
    const by = await claimFact(ledger, tenant, taskId, claim.fact, clock.now());
    if (by === taskId) continue;
    // What a task claimed that then ended otherwise is nobody's result.
    const { status } = (await readTask(ledger, tenant, by)) ?? {};
    const free = status === 'cancelled' || status === 'failed';
    const holder = { tenant, taskId: by };
    if (!free || !(await takeFactOver(ledger, holder, claim.fact, taskId, clock.now()))) {
      return { claim, by };
    }
  }
  return undefined;
}

/** The checkpoint the worker says it went on from, if it is the one it was given. */
const resumedBy = (job: JobRow, { line, checkpoint }: ManifestTask): CheckpointMark | undefined => {
  const from = job.checkpoints.find((reported) => reported.line === line)?.resumedFrom;
  const given = checkpoint?.resume;
  if (given === undefined || from !== given.sequence) return undefined;
  return { sequence: given.sequence, stage: given.stage, workSeconds: given.workSeconds };
};

/** A task that no machine can do is never tried again (exit code 64). */
export const failBadInput = (
  ports: CollectPorts,
  lease: LeaseRow,
  job: JobRow,
  task: ManifestTask,
  message: string,
): Promise<Acceptance> => {
  const reason = `bad-input: ${message} (worker ${job.worker})`;
  return failTask(ports, lease.tenant, task, knownTask(job, task), reason);
};
