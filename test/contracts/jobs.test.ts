import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';
import { createWorkerJobs } from '../../shared/ionet/worker-jobs.ts';
import { createGates } from '../support/gates.ts';
import { aClusterRequest, aRequirement, DIGEST, ionetWorld } from '../support/ionet-world.ts';
import { jobOf } from '../support/jobs.ts';
import { openObjectStore } from '../support/object-store.ts';
import { PYTHON, startPythonWorker } from '../support/python-worker.ts';
import { startWorkerProcess, TOKEN, type WorkerProcess } from '../support/worker-process.ts';
import { type JobsWorld, jobsContract } from './jobs.contract.ts';

async function worldOf(starting: Promise<WorkerProcess>): Promise<JobsWorld> {
  const gates = createGates();
  const store = await openObjectStore();
  const worker = await starting;
  return {
    jobs: createWorkerJobs({ allowLoopback: true, timeoutMilliseconds: 20_000 }),
    worker: worker.address,
    job: jobOf(store, gates),
    silence: () => worker.kill(),
    async close() {
      await worker.kill();
      await store.close();
      gates.close();
    },
  };
}

jobsContract('over HTTP, to a worker process', () => worldOf(startWorkerProcess()));

describe.skipIf(PYTHON === undefined)('with python3 of 3.11 or newer', () => {
  jobsContract('over HTTP, to a Python worker process', () => worldOf(startPythonWorker()));
});

const WORKER_MAIN = fileURLToPath(new URL('../support/worker-main.ts', import.meta.url));

jobsContract('over the /clusters flavour, to a worker of the simulator', async () => {
  const gates = createGates();
  const store = await openObjectStore();
  const { flavour, simulator, advance, close } = await ionetWorld({
    images: { [DIGEST]: [process.execPath, '--import', 'tsx', WORKER_MAIN] },
    workerEnv: { BURST_END_WITH_STDIN: 'true' },
    relayMilliseconds: 20_000,
  });
  const [offer] = await flavour.clusters.offers(aRequirement());
  if (offer === undefined) throw new Error('no offer');
  const request = { termMicroUsd: 1_000_000, secretEnv: { BURST_TOKEN: TOKEN } };
  const clusterId = await flavour.clusters.create(aClusterRequest(offer, request));
  await advance(1500);
  const [worker] = (await flavour.clusters.get(clusterId))?.workers ?? [];
  if (worker?.url === undefined) throw new Error('no worker');
  return {
    jobs: flavour.jobs,
    worker: { workerId: worker.workerId, url: worker.url, token: TOKEN },
    job: jobOf(store, gates),
    async silence() {
      const [container] = simulator.market.find(clusterId).containers;
      container?.worker.signal('SIGKILL');
      await container?.worker.gone;
    },
    async close() {
      await close();
      await store.close();
      gates.close();
    },
  };
});
