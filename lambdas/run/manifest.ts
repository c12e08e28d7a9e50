import { inParallel } from '../../shared/concurrency.ts';
import { type KnownTask, kindNamed } from '../../shared/kinds/kinds.ts';
import { settleTasks } from '../../shared/ledger/batches.ts';
import { dropCheckpoints, noteResume, readCheckpoints } from '../../shared/ledger/checkpoints.ts';
import { readTask } from '../../shared/ledger/tasks.ts';
import { readVote } from '../../shared/ledger/votes.ts';
import {
  assetKey,
  checkpointUploadKey,
  inputKey,
  uploadKey,
} from '../../shared/model/artifact-keys.ts';
import { CHECKPOINT_TYPE } from '../../shared/model/checkpoint.ts';
import type { JobId, TaskId, Tenant, WorkerId } from '../../shared/model/ids.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { BatchRow, CheckpointRow, StoredCheckpoint } from '../../shared/model/rows.ts';
import type { TaskEnvelope } from '../../shared/model/task.ts';
import { readBodies } from './bodies.ts';
import type { RunPorts } from './run-ports.ts';

/** Task rows read and URLs signed at a time. */
const AT_ONCE = 16;

/** Whose job it is, and what every URL of it is signed for. */
interface Signing {
  readonly jobId: JobId;
  readonly worker: WorkerId;
  readonly seconds: number;
}

/**
 * The tasks of claimed batches that have not ended, with the URLs their files come from and go to. Of those
 * decided by votes, only the ones this worker has no vote on yet.
 */
export async function manifestTasks(
  ports: RunPorts,
  claims: readonly BatchRow[],
  job: { readonly jobId: JobId; readonly worker: WorkerId; readonly urlSeconds: number },
): Promise<ManifestTask[]> {
  const { jobId, worker, urlSeconds } = job;
  const signing = { jobId, worker, seconds: Math.ceil(urlSeconds) };
  const tasks: Omit<ManifestTask, 'line'>[] = [];
  for (const batch of claims) {
    const bodies = await readBodies(ports, batch);
    const rows = await inParallel(batch.tasks, AT_ONCE, ({ taskId }, index) =>
      batch.settled.has(index)
        ? Promise.resolve(undefined)
        : readTask(ports.ledger, batch.tenant, taskId),
    );
    const ended = rows.flatMap((row, index) =>
      row !== undefined && row.status !== 'accepted' ? [index] : [],
    );
    if (ended.length > 0) await settleTasks(ports.ledger, batch, new Set(ended));
    const open = batch.tasks.flatMap((_, index) =>
      rows[index]?.status === 'accepted' ? [index] : [],
    );
    const lines = await inParallel(open, AT_ONCE, (index) =>
      manifestTask(ports, batch, index, bodies, signing),
    );
    tasks.push(...lines.filter((line) => line !== undefined));
  }
  return tasks.map((task, line) => ({ line, ...task }));
}

async function manifestTask(
  ports: RunPorts,
  batch: BatchRow,
  index: number,
  bodies: ReadonlyMap<number, TaskEnvelope>,
  signing: Signing,
): Promise<Omit<ManifestTask, 'line'> | undefined> {
  const entry = batch.tasks[index];
  const envelope = entry === undefined ? undefined : bodies.get(entry.line);
  const read = envelope === undefined ? undefined : kindNamed(batch.kind)?.read(envelope.spec);
  if (entry === undefined || envelope === undefined || read?.ok !== true) {
    throw new Error(`batch ${batch.batchId} has no readable body for its task ${index}`);
  }
  const { jobId, worker, seconds } = signing;
  if (read.task.workers > 1) {
    const vote = await readVote(ports.ledger, batch.tenant, entry.taskId, worker);
    if (vote !== undefined) return undefined;
  }
  const uploads = await inParallel(read.task.outputs, AT_ONCE, async (output) => ({
    ...output,
    url: await ports.artifacts.writeUrl(uploadKey(batch.tenant, entry.taskId, jobId, output.name), {
      seconds,
      contentType: output.contentType,
    }),
  }));
  return {
    batchId: batch.batchId,
    batchFence: batch.batchFence,
    index,
    taskId: entry.taskId,
    attempt: batch.attempts + 1,
    kind: batch.kind,
    spec: envelope.spec,
    ...(envelope.timeoutSeconds === undefined ? {} : { timeoutSeconds: envelope.timeoutSeconds }),
    ...(await filesOf(ports, batch, envelope, read.task, signing)),
    ...(await checkpointOf(ports, batch, entry.taskId, read.task, signing)),
    uploads,
  };
}

/** The files a task reads, each under a URL of its own. */
async function filesOf(
  { artifacts }: RunPorts,
  { tenant }: BatchRow,
  { taskId, inputs = [] }: TaskEnvelope,
  { assets }: KnownTask,
  { seconds }: Signing,
): Promise<Pick<ManifestTask, 'inputs' | 'assets'>> {
  const own = await inParallel(inputs, AT_ONCE, async (file) => ({
    ...file,
    url: await artifacts.readUrl(inputKey(tenant, taskId, file), { seconds }),
  }));
  const shared = await inParallel(assets, AT_ONCE, async (file) => ({
    ...file,
    url: await artifacts.readUrl(assetKey(tenant, file.sha256), { seconds }),
  }));
  return {
    ...(own.length > 0 ? { inputs: own } : {}),
    ...(shared.length > 0 ? { assets: shared } : {}),
  };
}

/** Jobs that may go on from one checkpoint in vain: after them it is taken to be what ends or holds them up. */
const MOST_RESUMES = 3;

/** Where the task leaves its checkpoints, and the newest good one to go on from. */
async function checkpointOf(
  { artifacts, ledger }: RunPorts,
  { tenant }: BatchRow,
  taskId: TaskId,
  { maxCheckpointBytes }: KnownTask,
  { jobId, seconds }: Signing,
): Promise<Pick<ManifestTask, 'checkpoint'>> {
  if (maxCheckpointBytes === undefined) return {};
  const putUrl = await artifacts.writeUrl(checkpointUploadKey(tenant, taskId, jobId), {
    seconds,
    contentType: CHECKPOINT_TYPE,
  });
  const target = { putUrl, maxBytes: maxCheckpointBytes };
  const row = await readCheckpoints(ledger, tenant, taskId);
  const newest = row?.newest && (await newestOrDrop(ledger, row));
  if (newest === undefined) return { checkpoint: target };
  const { key, sha256, bytes, sequence, stage, workSeconds } = newest;
  const url = await artifacts.readUrl(key, { seconds });
  return {
    checkpoint: { ...target, resume: { url, sha256, bytes, sequence, stage, workSeconds } },
  };
}

/** The newest checkpoint, unless too many jobs went on from it in vain: then it is dropped. */
async function newestOrDrop(
  ledger: RunPorts['ledger'],
  row: CheckpointRow,
): Promise<StoredCheckpoint | undefined> {
  if ((row.resumes ?? 0) < MOST_RESUMES) return row.newest;
  const why = `${row.resumes} jobs went on from it and got no further`;
  // Not dropped: a job that was given up has uploaded a newer one meanwhile.
  return (await dropCheckpoints(ledger, row, why)).row?.newest;
}

/**
 * Counts the jobs that went on from a checkpoint, once a worker has the job or may have it. One whose Run died just
 * before is not counted: better than to count one that no worker ever saw.
 */
export async function noteResumes(
  { ledger }: Pick<RunPorts, 'ledger'>,
  tenant: Tenant,
  tasks: readonly ManifestTask[],
): Promise<void> {
  await inParallel(tasks, AT_ONCE, async ({ taskId, checkpoint }) => {
    if (checkpoint?.resume === undefined) return;
    await noteResume(ledger, tenant, taskId, checkpoint.resume.sequence);
  });
}
