import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobRequest, ManifestTask } from '../../shared/model/job.ts';
import { executorsOf } from '../../worker/executors.ts';
import { aContainerSpec } from '../kinds/container/make.ts';
import { manifestTasks, prepareJob } from '../support/jobs.ts';
import { type Lifelines, openLifelines } from '../support/lifelines.ts';
import { type ObjectStore, openObjectStore } from '../support/object-store.ts';
import { endOfJob } from '../support/reports.ts';
import { until } from '../support/until.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';

describe('a worker whose image brings a program', () => {
  let store: ObjectStore;
  let lifelines: Lifelines;
  let worker: WorkerProcess;
  let next = 2;

  /** The program calls in and stays, or writes its second argument and ends. */
  beforeAll(async () => {
    store = await openObjectStore();
    lifelines = await openLifelines();
    const script =
      'if [ "$4" = stay ]; then exec "$1" "$2" "$3"; fi; printf %s "$5 on $CUDA_VISIBLE_DEVICES" > out/result.bin';
    const program = ['/bin/sh', '-c', script, 'program', ...lifelines.program];
    worker = await startWorkerProcess(
      { BURST_PROGRAM: JSON.stringify(program), CUDA_VISIBLE_DEVICES: '4,5' },
      { executors: 'real' },
    );
  });
  afterAll(async () => {
    await worker.kill();
    lifelines.close();
    await store.close();
  });

  /** One container task, whose file is uploaded to `up/<n>`. */
  async function submit(n: number, args: readonly string[]): Promise<JobRequest> {
    const file = { name: 'result.bin', contentType: 'a/b', maxBytes: 64 };
    const uploads = [{ ...file, url: store.url(`up/${n}`) }];
    const works = [{ kind: 'container', spec: aContainerSpec({ args }) }];
    const tasks = manifestTasks(store, n, works).map(
      (task): ManifestTask => ({ ...task, uploads }),
    );
    const job = prepareJob(store, n, [], { tasks });
    await worker.call('POST', '/jobs', job);
    return job;
  }

  it('runs it for each task, uploads what it leaves, tells it its GPUs, and calls it a use of them', async () => {
    const job = await submit(1, ['write', 'lantern']);
    expect(await endOfJob(worker, job.jobId)).toMatchObject({ status: 'succeeded', failures: [] });
    expect(store.objects.get('up/1')?.bytes.toString()).toBe('lantern on 4,5');
    expect((await worker.call('GET', '/healthz')).body).toMatchObject({ gpuUsed: true });
  });

  it.each<[string, (job: JobRequest) => unknown]>([
    ['its job is stopped', ({ jobId }) => worker.call('POST', `/jobs/${jobId}/cancel`)],
    // The last test: there is no worker after it.
    ['the worker itself is killed', () => worker.kill()],
  ])('ends it, and removes its folder, when %s', async (_how, stop) => {
    const job = await submit(next++, ['stay']);
    const { folder, dead } = await lifelines.caller();
    expect(existsSync(folder)).toBe(true);
    await stop(job);
    await dead;
    await until('the folder is removed', () => !existsSync(folder));
  });
});

it('a worker whose image brings no program has no executor for container tasks', () => {
  expect(Object.keys(executorsOf({ zkProver: undefined, program: undefined }))).not.toContain(
    'container',
  );
});
