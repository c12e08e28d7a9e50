import type { Verdict } from '../../shared/kinds/kind.ts';
import { type KnownTask, kindNamed } from '../../shared/kinds/kinds.ts';
import { readQuarantine } from '../../shared/ledger/provider.ts';
import { uploadKey } from '../../shared/model/artifact-keys.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { CollectPorts } from './collect-ports.ts';

/** What a worker uploaded for one line of a job. */
export type Uploads =
  | { readonly are: 'there'; readonly files: ReadonlyMap<string, Uint8Array> }
  | { readonly are: 'missing' }
  | { readonly are: 'too large'; readonly reason: string };

/** Reads every file of a line once, with a cap: what is uploaded later changes nothing. */
export async function fetchUploads(
  { artifacts }: CollectPorts,
  { tenant }: LeaseRow,
  { jobId }: JobRow,
  { taskId }: ManifestTask,
  { outputs }: KnownTask,
): Promise<Uploads> {
  const files = new Map<string, Uint8Array>();
  for (const { name, maxBytes } of outputs) {
    const key = uploadKey(tenant, taskId, jobId, name);
    const fetched = await artifacts.get(key, { maxBytes });
    if (fetched.found) files.set(name, fetched.object.bytes);
    else if (fetched.why === 'missing') return { are: 'missing' };
    else {
      return { are: 'too large', reason: `E_RESULT_SIZE: ${name} is above ${maxBytes} bytes` };
    }
  }
  return { are: 'there', files };
}

/** What a line's uploads are worth, on their own. */
export type Judged =
  | { readonly is: 'missing' }
  | { readonly is: 'rejected'; readonly reason: string }
  | {
      readonly is: 'good';
      readonly files: ReadonlyMap<string, Uint8Array>;
      readonly verdict: Exclude<Verdict, { readonly verified: false }>;
      /** False: it was taken on the sample, by its form. */
      readonly inSample: boolean;
    };

/** Verifies the very bytes that were read. One after the other: what one line tells of its worker counts for the next. */
export async function judgeUploads(
  ports: CollectPorts,
  { burstId: burst }: LeaseRow,
  job: JobRow,
  task: ManifestTask,
  known: KnownTask,
  uploads: Uploads,
): Promise<Judged> {
  if (uploads.are === 'missing') return { is: 'missing' };
  const rejected = (reason: string): Judged => {
    ports.log('result rejected', { burst, job: job.jobId, task: task.taskId, reason });
    return { is: 'rejected', reason };
  };
  if (uploads.are === 'too large') return rejected(uploads.reason);
  const { files } = uploads;
  const inSample =
    known.sample >= 1 || job.drawn.includes(task.line) || (await isSuspect(ports, job));
  const verdict = known.verify(files, inSample);
  return verdict.verified ? { is: 'good', files, verdict, inSample } : rejected(verdict.reason);
}

/** Nothing of a worker that was caught is taken on a sample any more. */
const isSuspect = async ({ ledger }: CollectPorts, { worker }: JobRow): Promise<boolean> =>
  (await readQuarantine(ledger, worker)) !== undefined;

export function knownTask(job: JobRow, { kind, spec }: ManifestTask): KnownTask {
  const read = kindNamed(kind)?.read(spec);
  if (read?.ok !== true) throw new Error(`manifest of ${job.jobId} has a task of no known kind`);
  return read.task;
}
