import { createWorkerJobs } from '../../shared/ionet/worker-jobs.ts';
import { createGates } from '../support/gates.ts';
import { echo, prepareJob } from '../support/jobs.ts';
import { openObjectStore } from '../support/object-store.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { jobsContract } from './jobs.contract.ts';

jobsContract('over HTTP, to a worker process', async () => {
  const gates = createGates();
  const store = await openObjectStore();
  const worker = await startWorkerProcess();
  return {
    jobs: createWorkerJobs({ allowLoopback: true, timeoutMilliseconds: 20_000 }),
    worker: worker.address,
    job(n, { tasks, endless = false }) {
      const works = Array.from({ length: tasks }, (_, line) => echo(`task ${line}`));
      return prepareJob(
        store,
        n,
        endless ? [...works.slice(1), gates.work(`endless-${n}`)] : works,
      );
    },
    silence: () => worker.kill(),
    async close() {
      await worker.kill();
      await store.close();
      gates.close();
    },
  };
});
