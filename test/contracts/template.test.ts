import { createWorkerJobs } from '../../shared/ionet/worker-jobs.ts';
import { createGates } from '../support/gates.ts';
import { aClusterRequest, aRequirement, IMAGE } from '../support/ionet-world.ts';
import { jobOf } from '../support/jobs.ts';
import { openObjectStore } from '../support/object-store.ts';
import { tinyProvider } from '../support/tiny-provider.ts';
import { startWorkerProcess, TOKEN } from '../support/worker-process.ts';
import { clustersContract } from './clusters.contract.ts';
import { jobsContract } from './jobs.contract.ts';

clustersContract('the template against the smallest provider', async () => ({
  ...(await tinyProvider()),
  image: IMAGE,
  settleSeconds: 300,
}));

jobsContract('over HTTP, to a worker rented through the template', async () => {
  const gates = createGates();
  const store = await openObjectStore();
  const worker = await startWorkerProcess();
  const provider = await tinyProvider(() => worker.url);
  const [offer] = await provider.clusters.offers(aRequirement());
  if (offer === undefined) throw new Error('no offer');
  const secretEnv = { BURST_TOKEN: TOKEN };
  const clusterId = await provider.clusters.create(aClusterRequest(offer, { secretEnv }));
  await provider.advance(300);
  const [rented] = (await provider.clusters.get(clusterId))?.workers ?? [];
  if (rented?.url === undefined) throw new Error('no worker');
  return {
    jobs: createWorkerJobs({ allowLoopback: true, timeoutMilliseconds: 20_000 }),
    worker: { workerId: rented.workerId, url: rented.url, token: TOKEN },
    job: jobOf(store, gates),
    silence: () => worker.kill(),
    async close() {
      await worker.kill();
      await provider.close();
      await store.close();
      gates.close();
    },
  };
});
