import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '../../shared/model/digest.ts';
import type { JobRequest, ManifestTask } from '../../shared/model/job.ts';
import { createGates } from '../support/gates.ts';
import { echo, manifestTasks, prepareJob, uploadKey } from '../support/jobs.ts';
import { type ObjectStore, openObjectStore } from '../support/object-store.ts';
import { endOfJob, reportOfJob } from '../support/reports.ts';
import { until } from '../support/until.ts';
import type { StartWorker, WorkerProcess } from '../support/worker-process.ts';

/** What every worker makes of a manifest and its tasks. */
export function workerTasksContract(name: string, start: StartWorker): void {
  describe(`Worker, ${name}`, () => {
    const gates = createGates();
    let store: ObjectStore;
    let worker: WorkerProcess;
    let n = 0;

    beforeAll(async () => {
      store = await openObjectStore();
      worker = await start();
    });

    beforeEach(() => {
      n += 1;
    });

    afterAll(async () => {
      await worker.kill();
      await store.close();
      gates.close();
    });

    async function run(job: JobRequest) {
      expect((await worker.call('POST', '/jobs', job)).status).toBe(202);
      return endOfJob(worker, job.jobId);
    }

    describe('the manifest', () => {
      it('is used only if its bytes have the announced digest', async () => {
        const job = prepareJob(store, n, [echo('a')]);
        const ended = await run({ ...job, manifestSha256: sha256Of('other bytes') });
        expect(ended).toMatchObject({ status: 'failed', uploaded: [] });
        expect(store.puts).not.toContain(uploadKey(n, 0));
      });

      it('is fetched again when storage is busy', async () => {
        store.faults.set(`manifests/${n}`, [503, 500]);
        expect((await run(prepareJob(store, n, [echo('a')]))).status).toBe('succeeded');
      });

      it('is not followed to another place', async () => {
        const job = prepareJob(store, n, [echo('a')]);
        const manifest = store.objects.get(`manifests/${n}`);
        if (manifest) store.objects.set('elsewhere', manifest);
        store.faults.set(`manifests/${n}`, [302]);
        expect((await run(job)).status).toBe('failed');
      });

      it.each<{ name: string; change: (text: string) => string }>([
        { name: 'text', change: () => 'hello' },
        { name: 'nothing', change: () => '' },
        { name: 'fewer tasks than announced', change: (text) => `${text.split('\n')[0]}\n` },
        {
          name: 'of another job',
          change: (text) => text.replace('"jobId":"test', '"jobId":"else'),
        },
        {
          name: 'with a line number twice',
          change: (text) => text.replace('"line":1', '"line":0'),
        },
        { name: 'with line 10,000', change: (text) => text.replace('"line":1', '"line":10000') },
        {
          name: 'with no time for a task',
          change: (text) => text.replace('"line":1', '"line":1,"timeoutSeconds":0'),
        },
        {
          name: 'with an unknown field',
          change: (text) => text.replace('"line":1', '"line":1,"x":1'),
        },
      ])('fails the job when it is $name', async ({ change }) => {
        const job = prepareJob(store, n, [echo('a'), echo('b')]);
        const text = store.objects.get(`manifests/${n}`)?.bytes.toString() ?? '';
        const bytes = Buffer.from(change(text));
        expect(bytes.toString()).not.toBe(text);
        store.objects.set(`manifests/${n}`, { bytes, contentType: '' });
        const ended = await run({ ...job, manifestSha256: sha256Of(bytes) });
        expect(ended).toMatchObject({ status: 'failed', uploaded: [], failures: [] });
      });
    });

    describe('a task that fails', () => {
      it('is reported with its class, and the job goes on', async () => {
        const works = [
          echo('first'),
          { kind: 'test.bad-spec', spec: {} },
          { kind: 'test.echo', spec: { say: 7 } },
          { kind: 'test.throw', spec: { message: 'out of "memory"\n\u0000é' } },
          { kind: 'test.crash', spec: {} },
          { kind: 'test.unknown', spec: {} },
          echo('last'),
        ];
        expect(await run(prepareJob(store, n, works))).toMatchObject({
          status: 'failed',
          uploaded: [0, 6],
          failures: [
            { line: 1, class: 'bad-spec', message: 'nobody can do this' },
            { line: 2, class: 'bad-spec', message: expect.stringContaining('spec.say') },
            { line: 3, class: 'executor', message: 'out of ?memory????' },
            {
              line: 4,
              class: 'executor',
              message: expect.stringMatching(/^executor (thread|process) ended: exit code 3$/),
            },
            { line: 5, class: 'executor', message: expect.stringContaining('test.unknown') },
          ],
        });
      });

      it('is one that takes longer than its own time, and is ended; the next one begins', async () => {
        const works = [
          { ...echo('in time'), timeoutSeconds: 86_400 },
          { ...gates.work(`endless-${n}`), timeoutSeconds: 1 },
          echo('after'),
        ];
        expect(await run(prepareJob(store, n, works))).toMatchObject({
          status: 'failed',
          uploaded: [0, 2],
          failures: [{ line: 1, class: 'timeout', message: 'took longer than its 1 s' }],
        });
        expect(store.puts).not.toContain(uploadKey(n, 1));
      });

      it('is one whose file is larger than the manifest has room for', async () => {
        const ended = await run(
          prepareJob(store, n, [echo('x'.repeat(1000)), echo('x'.repeat(1001))]),
        );
        expect(ended).toMatchObject({ uploaded: [0], failures: [{ line: 1, class: 'executor' }] });
        expect(store.puts).not.toContain(uploadKey(n, 1));
      });

      it('is one that did not make a file the manifest asks for', async () => {
        const [task] = manifestTasks(store, n, [echo('a')]);
        const uploads = [
          { name: 'other.txt', url: store.url('o'), contentType: 'a/b', maxBytes: 9 },
        ];
        const tasks = [{ ...task, uploads }] as ManifestTask[];
        expect(await run(prepareJob(store, n, [], { tasks }))).toMatchObject({
          failures: [{ line: 0, class: 'executor', message: 'the executor made no other.txt' }],
        });
      });
    });

    describe('an upload', () => {
      it('is tried again when storage is busy', async () => {
        store.faults.set(uploadKey(n, 0), [500, 503, 429]);
        expect(await run(prepareJob(store, n, [echo('a')]))).toMatchObject({ uploaded: [0] });
        expect(store.puts.filter((key) => key === uploadKey(n, 0))).toHaveLength(1);
      });

      it('that is refused fails its task alone, and says no URL', async () => {
        store.faults.set(uploadKey(n, 0), [403]);
        expect(await run(prepareJob(store, n, [echo('a'), echo('b')]))).toMatchObject({
          status: 'failed',
          uploaded: [1],
          failures: [{ line: 0, class: 'upload', message: 'upload of out.txt: HTTP 403' }],
        });
      });

      it('is made as soon as its task has ended', async () => {
        const job = prepareJob(store, n, [echo('a'), gates.work('second')]);
        await worker.call('POST', '/jobs', job);
        await gates.begun('second');
        expect(store.puts).toContain(uploadKey(n, 0));
        expect(await reportOfJob(worker, job.jobId)).toMatchObject({
          status: 'running',
          uploaded: [0],
        });
        gates.open('second');
        expect((await endOfJob(worker, job.jobId)).uploaded).toEqual([0, 1]);
      });
    });

    describe('what the worker writes', () => {
      it('is one JSON object per line without URLs, specs or the token', async () => {
        store.faults.set(uploadKey(n, 1), [403]);
        await run(prepareJob(store, n, [echo('a-secret-witness'), echo('b')]));
        const written = await until('the end is logged', () => {
          const lines = worker.lines.filter((line) => line.includes(`-${n}"`));
          return lines.some((line) => line.includes('job ended')) && worker.lines;
        });
        for (const line of written) expect(JSON.parse(line)).toBeTypeOf('object');
        expect(written.join('\n')).not.toMatch(/http:|secret|token/);
      });
    });
  });
}
