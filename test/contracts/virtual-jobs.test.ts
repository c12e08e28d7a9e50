import { realTimers } from '../../infra/local/engine/timers.ts';
import { virtualJobs } from '../../infra/virtual/jobs.ts';
import { perform } from '../../infra/virtual/perform.ts';
import { workerModel } from '../../infra/virtual/worker-model.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { BatchId, BurstId, jobIdOf, TaskId, WorkerId } from '../../shared/model/ids.ts';
import { type ManifestTask, manifestText } from '../../shared/model/job.ts';
import { instantOf, plusSeconds } from '../../shared/model/time.ts';
import { jobsContract } from './jobs.contract.ts';

const BURST = BurstId.parse('burst-test-0123456789ab');
const collection = { name: 'Contract', seed: 'jobs', supply: 100, size: 64 };
/** A task with this token never ends. */
const ENDLESS_TOKEN = 100;

jobsContract('modelled workers, a second of theirs in a millisecond', async () => {
  const timers = realTimers({ speed: 1000, originMs: 0 });
  const clock = { now: () => instantOf(timers.now()) };
  const artifacts = memoryArtifacts({ clock });
  const model = workerModel({
    timers,
    artifacts,
    slots: 1,
    gpus: [{ model: 'RTX 4090', vramMb: 24_564 }],
    taskSeconds: ({ spec }) => (spec.tokenId === ENDLESS_TOKEN ? 1e9 : 5),
    produce: perform,
  });
  const worker = { workerId: WorkerId.parse('w-1'), url: 'virtual://w-1', token: 'any' };
  const deadlineAt = plusSeconds(clock.now(), 2e9);
  const url = (line: number) => `t/default/uploads/task-${line}`;

  return {
    jobs: virtualJobs({ workerAt: () => model }),
    worker,
    job(n, { tasks, endless = false }) {
      const jobId = jobIdOf(BURST, n);
      const lines = Array.from(
        { length: tasks },
        (_, line): ManifestTask => ({
          line,
          batchId: BatchId.parse('000000001-00000001'),
          batchFence: 1,
          index: line,
          taskId: TaskId.parse(`task-${line}`),
          attempt: 1,
          kind: 'nft.generative',
          spec: { collection, tokenId: endless && line === tasks - 1 ? ENDLESS_TOKEN : line + 1 },
          uploads: [
            {
              name: 'image.png',
              url: `memory:///${encodeURIComponent(url(line))}?method=PUT&type=image%2Fpng&until=${encodeURIComponent(deadlineAt)}`,
              contentType: 'image/png',
              maxBytes: 1_000_000,
            },
          ],
        }),
      );
      const text = manifestText(jobId, lines);
      const key = `t/default/manifests/${jobId}-${sha256Of(text).slice(0, 8)}`;
      void artifacts.put(key, { bytes: Buffer.from(text), contentType: 'application/x-ndjson' });
      const manifestUrl = `memory:///${encodeURIComponent(key)}?method=GET&until=${encodeURIComponent(deadlineAt)}`;
      return { jobId, manifestUrl, manifestSha256: sha256Of(text), deadlineAt };
    },
    silence: async () => model.kill(),
    close: async () => model.kill(),
  };
});
