import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256Of } from '../../shared/model/digest.ts';
import { BurstId, jobIdOf } from '../../shared/model/ids.ts';
import type { JobReport, JobRequest } from '../../shared/model/job.ts';
import type { Answer, Jobs, WorkerAddress } from '../../shared/ports.ts';
import { until } from '../support/until.ts';

/** One worker with one slot, and the adapter that talks to it. */
export interface JobsWorld {
  readonly jobs: Jobs;
  readonly worker: WorkerAddress;
  /** Job `n` of that many tasks. They all succeed; with `endless`, the last one never ends. */
  job(n: number, work: { readonly tasks: number; readonly endless?: boolean }): JobRequest;
  /** From now on the worker answers nothing. */
  silence(): Promise<void>;
  close(): Promise<void>;
}

/** What every adapter of the port `Jobs` does. */
export function jobsContract(adapter: string, open: () => Promise<JobsWorld>): void {
  const worldOf = () => {
    let world: JobsWorld;
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());
    return () => world;
  };

  const accepted = { kind: 'answered', value: { accepted: true } };
  const refused = { kind: 'answered', value: { accepted: false, reason: expect.any(String) } };
  const done = { kind: 'answered', value: undefined };

  const reportWhen = (
    world: JobsWorld,
    { jobId }: JobRequest,
    wanted: (report: JobReport) => boolean,
  ) =>
    until(`${jobId} is as wanted`, async () => {
      const answer: Answer<JobReport | undefined> = await world.jobs.get(world.worker, jobId);
      return answer.kind === 'answered' && answer.value && wanted(answer.value)
        ? answer.value
        : undefined;
    });

  describe(`Jobs: ${adapter}`, () => {
    describe('a worker that works', () => {
      const world = worldOf();

      it('answers its health job with what it speaks and stands on', async () => {
        const { jobs, worker } = world();
        expect(await jobs.health(worker)).toMatchObject({
          kind: 'answered',
          value: { contract: 1, status: 'ready', slots: 1 },
        });
      });

      it('runs a submitted job and reports each of its lines', async () => {
        const job = world().job(1, { tasks: 3 });
        expect(await world().jobs.submit(world().worker, job)).toEqual(accepted);
        const report = await reportWhen(world(), job, ({ status }) => status === 'succeeded');
        expect(report).toMatchObject({
          jobId: job.jobId,
          manifestSha256: job.manifestSha256,
          uploaded: [0, 1, 2],
          failures: [],
        });
      });

      it('accepts a repeat, before the job has ended and after', async () => {
        const { jobs, worker } = world();
        const job = world().job(2, { tasks: 1 });
        expect(await jobs.submit(worker, job)).toEqual(accepted);
        expect(await jobs.submit(worker, job)).toEqual(accepted);
        await reportWhen(world(), job, ({ status }) => status === 'succeeded');
        expect(await jobs.submit(worker, job)).toEqual(accepted);
        expect(await jobs.get(worker, job.jobId)).toMatchObject({ value: { uploaded: [0] } });
      });

      it('refuses other work under the same id', async () => {
        const { jobs, worker } = world();
        const job = world().job(3, { tasks: 1 });
        await jobs.submit(worker, job);
        const other = { ...job, manifestSha256: sha256Of('other work') };
        expect(await jobs.submit(worker, other)).toEqual(refused);
      });

      it('knows nothing about a job it was never given, and cancels it without complaint', async () => {
        const { jobs, worker } = world();
        const jobId = jobIdOf(BurstId.parse('other-0123456789ab'), 1);
        expect(await jobs.get(worker, jobId)).toEqual(done);
        expect(await jobs.cancel(worker, jobId)).toEqual(done);
      });

      it('cancels a running and a queued job; what was uploaded stays reported', async () => {
        const { jobs, worker } = world();
        const running = world().job(4, { tasks: 2, endless: true });
        const queued = world().job(5, { tasks: 1 });
        await jobs.submit(worker, running);
        await jobs.submit(worker, queued);
        await reportWhen(world(), running, ({ uploaded }) => uploaded.length === 1);

        expect(await jobs.cancel(worker, queued.jobId)).toEqual(done);
        expect(await jobs.cancel(worker, running.jobId)).toEqual(done);
        const isCancelled = ({ status }: JobReport) => status === 'cancelled';
        expect((await reportWhen(world(), queued, isCancelled)).uploaded).toEqual([]);
        expect((await reportWhen(world(), running, isCancelled)).uploaded).toEqual([0]);
      });

      it('leaves an ended job as it ended when it is cancelled', async () => {
        const { jobs, worker } = world();
        const job = world().job(6, { tasks: 1 });
        await jobs.submit(worker, job);
        await reportWhen(world(), job, ({ status }) => status === 'succeeded');
        expect(await jobs.cancel(worker, job.jobId)).toEqual(done);
        expect(await jobs.get(worker, job.jobId)).toMatchObject({ value: { status: 'succeeded' } });
      });
    });

    describe('a worker that drains', () => {
      const world = worldOf();

      it('refuses new jobs, says so in its health, and finishes what it has', async () => {
        const { jobs, worker } = world();
        const known = world().job(1, { tasks: 2 });
        await jobs.submit(worker, known);
        expect(await jobs.drain(worker)).toEqual(done);
        expect(await jobs.drain(worker)).toEqual(done);
        expect(await jobs.health(worker)).toMatchObject({ value: { status: 'draining' } });
        expect(await jobs.submit(worker, world().job(2, { tasks: 1 }))).toEqual(refused);
        expect(await jobs.submit(worker, known)).toEqual(accepted);
        await reportWhen(world(), known, ({ status }) => status === 'succeeded');
      });
    });

    describe('a worker that answers nothing', () => {
      const world = worldOf();

      it('is silent to every question, and no question throws', async () => {
        const { jobs, worker } = world();
        const job = world().job(1, { tasks: 1 });
        await world().silence();
        const silent = { kind: 'silent', why: expect.any(String) };
        expect(await jobs.health(worker)).toEqual(silent);
        expect(await jobs.submit(worker, job)).toEqual(silent);
        expect(await jobs.get(worker, job.jobId)).toEqual(silent);
        expect(await jobs.cancel(worker, job.jobId)).toEqual(silent);
        expect(await jobs.drain(worker)).toEqual(silent);
      });
    });
  });
}
