import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { kindNamed } from '../../shared/kinds/kinds.ts';
import { workerCallsContract } from '../contracts/worker-calls.contract.ts';
import { workerLifeContract } from '../contracts/worker-life.contract.ts';
import { workerTasksContract } from '../contracts/worker-tasks.contract.ts';
import { manifestTasks, prepareJob } from '../support/jobs.ts';
import { type ObjectStore, openObjectStore } from '../support/object-store.ts';
import { endOfJob } from '../support/reports.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

workerCallsContract('Node', startWorkerProcess);
workerTasksContract('Node', startWorkerProcess);
workerLifeContract('Node', startWorkerProcess);

let store: ObjectStore;
const workers: WorkerProcess[] = [];
const submit = (worker: WorkerProcess, job: object) => worker.call('POST', '/jobs', job);

beforeAll(async () => {
  store = await openObjectStore();
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
});
afterAll(() => store.close());

describe('the container entry', () => {
  it('renders a token that passes the check of its kind', async () => {
    const worker = await startWorkerProcess({}, { executors: 'real' });
    workers.push(worker);
    const spec = {
      collection: { name: 'Lanterns', seed: 'a seed', supply: 10, size: 64 },
      tokenId: 3,
    };
    const read = kindNamed('nft.generative')?.read(spec);
    if (!read?.ok) throw new Error('the spec of this test is wrong');
    const uploads = read.task.outputs.map((file) => ({
      ...file,
      url: store.url(`nft/${file.name}`),
    }));
    const [task] = manifestTasks(store, 50, [{ kind: 'nft.generative', spec }]);
    const job = prepareJob(store, 50, [], { tasks: task ? [{ ...task, uploads }] : [] });

    await submit(worker, job);
    expect(await endOfJob(worker, job.jobId)).toMatchObject({ status: 'succeeded', failures: [] });
    expect((await worker.call('GET', '/healthz')).body).toMatchObject({ gpuUsed: false, gpus: [] });
    const files = uploads.map(
      ({ name }) => [name, store.objects.get(`nft/${name}`)?.bytes] as const,
    );
    const there = new Map(
      files.flatMap(([name, bytes]) => (bytes ? [[name, bytes] as const] : [])),
    );
    expect(read.task.verify(there)).toMatchObject({ verified: true, verifiedBy: 're-render' });
  });

  it('does not start with a wrong environment: exit code 64', async () => {
    const starting = startWorkerProcess({ BURST_TOKEN: 'short' }, { executors: 'real' });
    await expect(starting).rejects.toThrow('ended with 64');
  });
});
