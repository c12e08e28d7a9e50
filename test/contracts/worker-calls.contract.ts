import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGates } from '../support/gates.ts';
import { echo, prepareJob } from '../support/jobs.ts';
import { type ObjectStore, openObjectStore } from '../support/object-store.ts';
import { endOfJob, reportOfJob } from '../support/reports.ts';
import { until } from '../support/until.ts';
import { type StartWorker, TOKEN, type WorkerProcess } from '../support/worker-process.ts';

/** What every worker answers to the calls of its job server. */
export function workerCallsContract(name: string, start: StartWorker): void {
  describe(`Worker, ${name}`, () => {
    const gates = createGates();
    let store: ObjectStore;
    let worker: WorkerProcess;

    beforeAll(async () => {
      store = await openObjectStore();
      worker = await start({
        BURST_SLOTS: '2',
        BURST_GPUS: '[{"model":"NVIDIA GeForce RTX 4090","vramMb":24564}]',
      });
    });

    afterAll(async () => {
      await worker.kill();
      await store.close();
      gates.close();
    });

    const post = (body: unknown) => worker.call('POST', '/jobs', body);

    const report = (jobId: string) => reportOfJob(worker, jobId);
    const ended = (jobId: string) => endOfJob(worker, jobId);

    describe('who may ask', () => {
      it.each([
        { name: 'no token', headers: {} },
        { name: 'another token', headers: { authorization: 'Bearer another-token-of-22' } },
        { name: 'a token cut short', headers: { authorization: `Bearer ${TOKEN.slice(0, -1)}` } },
        { name: 'a longer token', headers: { authorization: `Bearer ${TOKEN}x` } },
        { name: 'the token without its scheme', headers: { authorization: TOKEN } },
      ])('answers 401 to $name on every path', async ({ headers }) => {
        const job = prepareJob(store, 1, [echo('a')]);
        for (const [method, path, body] of [
          ['GET', '/healthz', undefined],
          ['POST', '/jobs', job],
          ['GET', `/jobs/${job.jobId}`, undefined],
          ['POST', `/jobs/${job.jobId}/cancel`, undefined],
          ['POST', '/drain', undefined],
          ['GET', '/nothing', undefined],
        ] as const) {
          expect((await worker.call(method, path, body, { ...headers })).status).toBe(401);
        }
        expect((await worker.call('GET', `/jobs/${job.jobId}`)).status).toBe(404);
      });
    });

    describe('GET /healthz', () => {
      it('says what it speaks and what it stands on', async () => {
        expect((await worker.call('GET', '/healthz')).body).toEqual({
          contract: 1,
          status: 'ready',
          slots: 2,
          gpus: [{ model: 'NVIDIA GeForce RTX 4090', vramMb: 24_564 }],
          gpusFrom: 'BURST_GPUS',
          gpuUsed: true,
        });
      });

      it('is still 200 after a failed job', async () => {
        const job = {
          ...prepareJob(store, 2, [echo('a')]),
          manifestUrl: store.url('no-such-object'),
        };
        await post(job);
        expect(await ended(job.jobId)).toMatchObject({ status: 'failed', uploaded: [] });
        expect((await worker.call('GET', '/healthz')).status).toBe(200);
      });
    });

    describe('POST /jobs', () => {
      it('takes a job once: a repeat is harmless and runs nothing again', async () => {
        const job = prepareJob(store, 10, [echo('once')]);
        expect(await post(job)).toMatchObject({ status: 202, body: { jobId: job.jobId } });
        expect((await post(job)).status).toBe(200);
        await ended(job.jobId);
        expect((await post(job)).status).toBe(200);
        expect(await report(job.jobId)).toMatchObject({ status: 'succeeded', uploaded: [0] });
        expect(store.puts.filter((key) => key.startsWith('up/10/'))).toEqual(['up/10/0/out.txt']);
        expect(store.objects.get('up/10/0/out.txt')).toEqual({
          bytes: Buffer.from('once'),
          contentType: 'text/plain',
        });
      });

      it('refuses other work under a known id', async () => {
        const job = prepareJob(store, 11, [echo('a')]);
        await post(job);
        const other = await post(prepareJob(store, 11, [echo('b')]));
        expect(other).toMatchObject({ status: 409, body: { error: expect.any(String) } });
      });

      it.each([
        { name: 'no JSON', body: 'hello' },
        { name: 'a list', body: [] },
        { name: 'a field too many', body: { ...prepared(), extra: 1 } },
        { name: 'a digest in capitals', body: { ...prepared(), manifestSha256: 'A'.repeat(64) } },
        {
          name: 'a date without a zone',
          body: { ...prepared(), deadlineAt: '2026-01-01T00:00:00' },
        },
        { name: 'an id that is a path', body: { ...prepared(), jobId: '../../etc/passwd' } },
      ])('refuses $name', async ({ body }) => {
        expect(await post(body)).toMatchObject({
          status: 400,
          body: { error: expect.any(String) },
        });
      });

      it.each([
        { bytes: 65_536, status: 400 },
        { bytes: 65_537, status: 413 },
      ])('answers $status to a body of $bytes bytes of nonsense', async ({ bytes, status }) => {
        expect((await post('x'.repeat(bytes))).status).toBe(status);
      });
    });

    describe('other calls', () => {
      it.each([
        ['GET', '/jobs/test-0123456789ab-999'],
        ['POST', '/jobs/test-0123456789ab-999/cancel'],
        ['GET', '/jobs/__proto__'],
        ['GET', '/jobs'],
        ['GET', '/'],
        ['DELETE', '/healthz'],
        ['GET', '/healthz/deeper'],
      ])('answers 404 in JSON to %s %s', async (method, path) => {
        expect(await worker.call(method, path)).toMatchObject({
          status: 404,
          body: { error: expect.any(String) },
        });
      });
    });

    describe('slots', () => {
      it('runs one job per slot, keeps the rest in order, and answers while its slots are busy', async () => {
        const jobs = ['a', 'b', 'c', 'd'].map((name, i) =>
          prepareJob(store, 20 + i, [gates.work(name)]),
        );
        for (const job of jobs) await post(job);
        await Promise.all([gates.begun('a'), gates.begun('b')]);
        const statuses = () =>
          Promise.all(jobs.map(async ({ jobId }) => (await report(jobId)).status));
        expect(await statuses()).toEqual(['running', 'running', 'queued', 'queued']);

        gates.open('b');
        await gates.begun('c');
        expect(await statuses()).toEqual(['running', 'succeeded', 'running', 'queued']);
        for (const name of ['a', 'c', 'd']) gates.open(name);
        for (const { jobId } of jobs) expect((await ended(jobId)).status).toBe('succeeded');
      });
    });

    describe('POST /jobs/{id}/cancel', () => {
      it('ends a queued job at once and a running one in the middle of its task', async () => {
        const running = ['e', 'f'].map((name, i) =>
          prepareJob(store, 30 + i, [gates.work(name), echo('x')]),
        );
        const queued = prepareJob(store, 32, [echo('never')]);
        for (const job of [...running, queued]) await post(job);
        await Promise.all([gates.begun('e'), gates.begun('f')]);

        const cancelled = await worker.call('POST', `/jobs/${queued.jobId}/cancel`);
        expect(cancelled).toMatchObject({
          status: 200,
          body: { status: 'cancelled', slotSeconds: 0 },
        });
        for (const { jobId } of running) {
          expect((await worker.call('POST', `/jobs/${jobId}/cancel`)).status).toBe(200);
          expect(await ended(jobId)).toMatchObject({
            status: 'cancelled',
            uploaded: [],
            failures: [],
          });
        }
        expect(store.puts.filter((key) => /^up\/3\d\//.test(key))).toEqual([]);
      });

      it('frees the slot for the next job, and changes nothing about an ended one', async () => {
        const next = prepareJob(store, 33, [echo('next')]);
        await post(next);
        await ended(next.jobId);
        await worker.call('POST', `/jobs/${next.jobId}/cancel`);
        expect((await report(next.jobId)).status).toBe('succeeded');
      });

      it('stops an upload that hangs, and hears no answer of it afterwards', async () => {
        store.stuck.add('up/34/0/out.txt');
        const job = prepareJob(store, 34, [echo('stuck')]);
        await post(job);
        await until('the job runs', async () => (await report(job.jobId)).status === 'running');
        await worker.call('POST', `/jobs/${job.jobId}/cancel`);
        expect(await ended(job.jobId)).toMatchObject({ status: 'cancelled', uploaded: [] });
        const next = prepareJob(store, 35, [echo('next'), echo('and next')]);
        await post(next);
        expect(await ended(next.jobId)).toMatchObject({ status: 'succeeded', uploaded: [0, 1] });
      });
    });
  });
}

function prepared() {
  return {
    jobId: 'test-0123456789ab-40',
    manifestUrl: 'http://127.0.0.1:1/m',
    manifestSha256: '0'.repeat(64),
    deadlineAt: '2199-01-01T00:00:00.000Z',
  };
}
