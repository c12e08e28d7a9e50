import { sha256Of } from '../../shared/model/digest.ts';
import { BatchId, BurstId, jobIdOf, TaskId } from '../../shared/model/ids.ts';
import { type JobRequest, type ManifestTask, manifestText } from '../../shared/model/job.ts';
import { Instant } from '../../shared/model/time.ts';
import type { JobsWorld } from '../contracts/jobs.contract.ts';
import type { Gates } from './gates.ts';
import type { ObjectStore } from './object-store.ts';

const BURST = BurstId.parse('test-0123456789ab');

/** Far enough that no test reaches it. */
const FAR = Instant.parse('9999-01-01T00:00:00.000Z');

export type Work = Pick<ManifestTask, 'kind' | 'spec' | 'timeoutSeconds'>;

export const echo = (say: string): Work => ({ kind: 'test.echo', spec: { say } });

/** Where the file of one line of job `n` is uploaded to. */
export const uploadKey = (n: number, line: number): string => `up/${n}/${line}/out.txt`;

/** Tasks as a manifest lists them, each with one file to upload. */
export const manifestTasks = (
  store: ObjectStore,
  n: number,
  works: readonly Work[],
): ManifestTask[] =>
  works.map((work, line) => ({
    line,
    batchId: BatchId.parse('000000001-00000001'),
    batchFence: 1,
    index: line,
    taskId: TaskId.parse(`task-${line}`),
    attempt: 1,
    ...work,
    uploads: [
      {
        name: 'out.txt',
        url: store.url(uploadKey(n, line)),
        contentType: 'text/plain',
        maxBytes: 1000,
      },
    ],
  }));

/** Puts the manifest of job `n` into the store and gives the request that names it. */
export function prepareJob(
  store: ObjectStore,
  n: number,
  works: readonly Work[],
  { deadlineAt = FAR, tasks = manifestTasks(store, n, works) } = {},
): JobRequest {
  const jobId = jobIdOf(BURST, n);
  const bytes = Buffer.from(manifestText(jobId, tasks));
  const key = `manifests/${n}`;
  store.objects.set(key, { bytes, contentType: 'application/x-ndjson' });
  return { jobId, manifestUrl: store.url(key), manifestSha256: sha256Of(bytes), deadlineAt };
}

/** Jobs of as many echoes as asked for; an endless one waits at a gate in its last. */
export const jobOf =
  (store: ObjectStore, gates: Gates): JobsWorld['job'] =>
  (n, { tasks, endless = false }) => {
    const works = Array.from({ length: tasks }, (_, line) => echo(`task ${line}`));
    return prepareJob(store, n, endless ? [...works.slice(1), gates.work(`endless-${n}`)] : works);
  };
