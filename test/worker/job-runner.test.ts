import { expect, it } from 'vitest';
import { sha256Of } from '../../shared/model/digest.ts';
import { BurstId, jobIdOf } from '../../shared/model/ids.ts';
import type { JobRequest } from '../../shared/model/job.ts';
import { Instant } from '../../shared/model/time.ts';
import { createJobRunner } from '../../worker/job-runner.ts';
import type { Slot } from '../../worker/slot.ts';
import { TransferFailed, type Transfers } from '../../worker/transfer.ts';
import { until } from '../support/until.ts';

const BURST = BurstId.parse('test-0123456789ab');
const NOW = Instant.parse('2026-11-22T12:00:00.000Z');

const aJob = (n: number): JobRequest => ({
  jobId: jobIdOf(BURST, n),
  manifestUrl: 'https://storage.example/manifest',
  manifestSha256: sha256Of('manifest'),
  deadlineAt: NOW,
});

const idleSlot: Slot = {
  run: () => Promise.reject(new Error('unexpected call: slot.run')),
  close: async () => {},
};

/** Nothing can be downloaded, so that each job ends as soon as it runs. */
const deadTransfers: Transfers = {
  download: () => Promise.reject(new TransferFailed('download: HTTP 404')),
  upload: () => Promise.reject(new Error('unexpected call: transfers.upload')),
};

/** Time stands still: no deadline and no wait ever comes to its end. */
const stoppedClock = {
  now: () => NOW,
  at: () => () => {},
  wait: (_seconds: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => void signal.addEventListener('abort', () => resolve())),
};

const aRunner = (transfers: Transfers = deadTransfers) =>
  createJobRunner({ slots: [idleSlot], clock: stoppedClock, transfers, log: () => {} });

it('keeps the reports of the last 1,000 ended jobs and forgets older ones', async () => {
  const runner = aRunner();
  for (let n = 1; n <= 1002; n += 1) expect(runner.submit(aJob(n))).toBe('new');
  await until('the last job ends', () => runner.report(aJob(1002).jobId)?.status === 'failed');
  expect([1, 2, 3, 1002].map((n) => runner.report(aJob(n).jobId)?.status)).toEqual([
    undefined,
    undefined,
    'failed',
    'failed',
  ]);
});

it('never forgets a job that has not ended', async () => {
  const stuck = { ...deadTransfers, download: () => new Promise<never>(() => {}) };
  const runner = aRunner(stuck);
  runner.submit(aJob(1));
  for (let n = 2; n <= 1100; n += 1) {
    runner.submit(aJob(n));
    runner.cancel(aJob(n).jobId);
  }
  expect(runner.report(aJob(1).jobId)?.status).toBe('running');
  expect(runner.report(aJob(2).jobId)).toBeUndefined();
  expect(runner.report(aJob(1100).jobId)?.status).toBe('cancelled');
});

it('hands nothing back when it has nothing left to do', async () => {
  const runner = aRunner();
  runner.submit(aJob(1));
  await until('the job ends', () => runner.report(aJob(1).jobId)?.status === 'failed');
  expect(await runner.shutDown()).toEqual([]);
  expect(runner.submit(aJob(2))).toBe('draining');
});
