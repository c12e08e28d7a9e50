import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { JobReport } from '../../shared/model/job.ts';
import { Instant, plusSeconds } from '../../shared/model/time.ts';
import { createGates } from '../support/gates.ts';
import { echo, manifestTasks, prepareJob, uploadKey } from '../support/jobs.ts';
import { type ObjectStore, openObjectStore } from '../support/object-store.ts';
import { endOfJob, reportOfJob } from '../support/reports.ts';
import { until } from '../support/until.ts';
import type { StartWorker, WorkerProcess } from '../support/worker-process.ts';

/** A clock far from the real one on which a hundred seconds pass in one. */
const HUNDREDFOLD = {
  BURST_CLOCK: JSON.stringify({
    originAt: '2000-01-01T00:00:00.000Z',
    realOriginAt: '2026-01-01T00:00:00.000Z',
    speed: 100,
  }),
};

/** How every worker ends: lost, drained, told to go, at a deadline. */
export function workerLifeContract(name: string, startWorker: StartWorker): void {
  describe(`Worker, ${name}`, () => {
    const gates = createGates();
    let store: ObjectStore;
    const workers: WorkerProcess[] = [];
    let n = 0;

    beforeAll(async () => {
      store = await openObjectStore();
    });

    afterEach(async () => {
      await Promise.all(workers.splice(0).map((worker) => worker.kill()));
    });

    afterAll(async () => {
      await store.close();
      gates.close();
    });

    async function start(
      environment: Readonly<Record<string, string | undefined>> = {},
    ): Promise<WorkerProcess> {
      const worker = await startWorker(environment);
      workers.push(worker);
      return worker;
    }

    const submit = (worker: WorkerProcess, job: object) => worker.call('POST', '/jobs', job);

    describe('a worker that is lost', () => {
      it('leaves the uploads of the tasks it had finished', async () => {
        const worker = await start();
        await submit(
          worker,
          prepareJob(store, 1, [echo('a'), echo('b'), gates.work('lost'), echo('c')]),
        );
        await gates.begun('lost');
        await worker.kill();
        expect(store.puts.filter((key) => key.startsWith('up/1/'))).toEqual([
          'up/1/0/out.txt',
          'up/1/1/out.txt',
        ]);
        expect(store.objects.get(uploadKey(1, 1))?.bytes.toString()).toBe('b');
      });

      it('goes on where it was when it was only frozen', async () => {
        const worker = await start();
        const job = prepareJob(store, 2, [gates.work('frozen'), echo('after')]);
        await submit(worker, job);
        await gates.begun('frozen');
        worker.process.kill('SIGSTOP');
        gates.open('frozen');
        worker.process.kill('SIGCONT');
        expect(await endOfJob(worker, job.jobId)).toMatchObject({
          status: 'succeeded',
          uploaded: [0, 1],
        });
      });
    });

    describe('POST /drain', () => {
      it('turns new jobs down and lets known ones run to their end', async () => {
        const worker = await start();
        const running = prepareJob(store, 10, [gates.work('drained'), echo('a')]);
        const waiting = prepareJob(store, 11, [echo('b')]);
        await submit(worker, running);
        await submit(worker, waiting);
        await gates.begun('drained');

        expect(await worker.call('POST', '/drain')).toMatchObject({ status: 200 });
        expect((await submit(worker, prepareJob(store, 12, [echo('c')]))).status).toBe(503);
        expect((await submit(worker, running)).status).toBe(200);
        expect((await worker.call('GET', '/healthz')).body).toMatchObject({ status: 'draining' });

        gates.open('drained');
        expect((await endOfJob(worker, running.jobId)).status).toBe('succeeded');
        expect((await endOfJob(worker, waiting.jobId)).status).toBe('succeeded');
      });
    });

    describe('SIGTERM', () => {
      it('ends an idle worker with exit code 0', async () => {
        const worker = await start();
        const job = prepareJob(store, 20, [echo('a')]);
        await submit(worker, job);
        await endOfJob(worker, job.jobId);
        worker.process.kill('SIGTERM');
        expect(await worker.ended).toBe(0);
      });

      it('lets the task at hand end, hands the rest back and ends with exit code 75', async () => {
        const worker = await start();
        const running = prepareJob(store, 21, [gates.work('last task'), echo('not begun')]);
        const queued = prepareJob(store, 22, [echo('not begun')]);
        await submit(worker, running);
        await submit(worker, queued);
        await gates.begun('last task');
        worker.process.kill('SIGTERM');

        await until('the queued job is handed back', async () => {
          const { status } = await reportOfJob(worker, queued.jobId);
          return status === 'interrupted';
        });
        expect((await submit(worker, prepareJob(store, 23, [echo('late')]))).status).toBe(503);
        gates.open('last task');

        expect(await worker.ended).toBe(75);
        expect(store.puts.filter((key) => /^up\/2[123]\//.test(key))).toEqual(['up/21/0/out.txt']);
      });

      it('ends with exit code 0 when the task at hand was the last one', async () => {
        const worker = await start();
        await submit(worker, prepareJob(store, 24, [gates.work('very last')]));
        await gates.begun('very last');
        worker.process.kill('SIGTERM');
        await until('it drains', async () => {
          const { body } = await worker.call('GET', '/healthz');
          return JSON.stringify(body).includes('draining');
        });
        gates.open('very last');
        expect(await worker.ended).toBe(0);
        expect(store.puts).toContain('up/24/0/out.txt');
      });

      it('does not wait for ever for a task that goes on', async () => {
        const worker = await start(HUNDREDFOLD);
        await submit(worker, prepareJob(store, 25, [gates.work('endless')]));
        await gates.begun('endless');
        worker.process.kill('SIGTERM');
        expect(await worker.ended).toBe(75);
      });
    });

    describe('the deadline of a job', () => {
      it('ends it, queueing included, and leaves unfinished tasks without a word', async () => {
        const worker = await start(HUNDREDFOLD);
        const soon = { deadlineAt: plusSeconds(await timeOf(worker), 800) };
        const running = prepareJob(store, 30, [echo('a'), gates.work('too long'), echo('b')], soon);
        const queued = prepareJob(store, 31, [echo('c')], soon);
        const patient = prepareJob(store, 32, [echo('d')]);
        for (const job of [running, queued, patient]) await submit(worker, job);
        await gates.begun('too long');

        expect(await endOfJob(worker, running.jobId)).toMatchObject({
          status: 'interrupted',
          uploaded: [0],
          failures: [],
        });
        expect(await endOfJob(worker, queued.jobId)).toMatchObject({
          status: 'interrupted',
          slotSeconds: 0,
        });
        expect((await endOfJob(worker, patient.jobId)).status).toBe('succeeded');
      });

      it('that has passed already ends a job that was just taken', async () => {
        const worker = await start();
        const past = { deadlineAt: Instant.parse('2020-01-01T00:00:00.000Z') };
        const job = prepareJob(store, 33, [gates.work('past')], past);
        expect((await submit(worker, job)).status).toBe(202);
        expect((await endOfJob(worker, job.jobId)).status).toBe('interrupted');
      });
    });

    describe('a job of 10,000 tasks', () => {
      it('is reported in at most 64 KiB, all failures included', async () => {
        const worker = await start();
        const fails = (i: number) => ({
          kind: 'test.throw',
          spec: { message: `"${i}"`.padEnd(400, 'é"\\') },
        });
        const works = Array.from({ length: 10_000 }, (_, i) => (i < 200 ? fails(i) : echo('')));
        // Without files to upload, so that the test is about the report.
        const tasks = manifestTasks(store, 40, works).map((task) => ({ ...task, uploads: [] }));
        const job = prepareJob(store, 40, works, { tasks });
        await submit(worker, job);
        // Asking for it all the time would cost more than the job itself.
        await until('the job ends', () => worker.lines.some((line) => line.includes('job ended')));
        const { bytes, body } = await worker.call('GET', `/jobs/${job.jobId}`);
        const ended = JobReport.parse(body);
        expect(bytes).toBeLessThanOrEqual(65_536);
        expect(ended.uploaded).toHaveLength(9800);
        expect(ended.failures).toHaveLength(200);
      });
    });

    describe('the GPUs of a slot', () => {
      const four = Array.from({ length: 4 }, () => ({ model: 'NVIDIA L40S', vramMb: 46_068 }));

      it.each([
        { gpus: four, visible: undefined, seen: ['0,1', '2,3'] },
        { gpus: four, visible: 'GPU-a1,GPU-b2', seen: ['GPU-a1', 'GPU-b2'] },
        { gpus: [], visible: undefined, seen: ['all', 'all'] },
      ])(
        'are $seen of two slots, with $gpus.length GPUs and $visible visible',
        async ({ gpus, visible, seen }) => {
          const worker = await start({
            ...{ BURST_SLOTS: '2', BURST_GPUS: JSON.stringify(gpus) },
            CUDA_VISIBLE_DEVICES: visible,
          });
          n += 1;
          const names = [`gpus ${n} a`, `gpus ${n} b`];
          // At a gate each, so that no slot does both.
          const jobs = names.map((name, index) =>
            prepareJob(store, 100 + 10 * n + index, [
              gates.work(name),
              { kind: 'test.gpus', spec: {} },
            ]),
          );
          for (const job of jobs) await submit(worker, job);
          await Promise.all(names.map(gates.begun));
          names.forEach(gates.open);
          await Promise.all(jobs.map(({ jobId }) => endOfJob(worker, jobId)));
          const said = jobs.map((_, index) =>
            store.objects.get(uploadKey(100 + 10 * n + index, 1))?.bytes.toString(),
          );
          expect(said.toSorted()).toEqual(seen);
        },
      );
    });

    describe('a worker that is told nothing of its GPUs', () => {
      const health = async (path: string) => {
        const worker = await start({ BURST_GPUS: undefined, PATH: path });
        return (await worker.call('GET', '/healthz')).body;
      };
      const folder = mkdtempSync(join(tmpdir(), 'burst-driver-'));
      afterAll(() => rmSync(folder, { recursive: true }));

      it('asks the driver and tells all of what it says', async () => {
        const said = 'NVIDIA L40S, 46068, 550.54.15, 3, Disabled';
        writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\necho '${said}'\n`, { mode: 0o755 });
        expect(await health(folder)).toMatchObject({
          gpus: [
            {
              model: 'NVIDIA L40S',
              vramMb: 46_068,
              driver: '550.54.15',
              utilizationPercent: 3,
              mig: false,
            },
          ],
          gpusFrom: 'nvidia-smi',
        });
      });

      it('says so where there is no driver', async () => {
        expect(await health(join(folder, 'nothing'))).toMatchObject({
          gpus: [],
          gpusFrom: 'none: there is no nvidia-smi',
        });
      });
    });

    /** The worker's own time, as its log shows it. */
    async function timeOf(worker: WorkerProcess): Promise<Instant> {
      const probe = prepareJob(store, 99, [echo('probe')]);
      await submit(worker, probe);
      await endOfJob(worker, probe.jobId);
      const line = await until('a line with a time', () =>
        worker.lines.findLast((text) => text.includes('"at"')),
      );
      return Instant.parse(JSON.parse(line).at);
    }
  });
}
