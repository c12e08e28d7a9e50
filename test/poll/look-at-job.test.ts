import { expect, it } from 'vitest';
import { lookAtJob } from '../../lambdas/poll/look-at-job.ts';
import { readBatch } from '../../shared/ledger/batches.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import type { Value } from '../../shared/ports.ts';
import { aBatch, aJob, aLease, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const { lostAfterMisses, lostAfterSeconds } = settings.looks;

/** A silent answer about a job that was seen running, and what it makes of worker and batch. */
async function silenceOf(job: Parameters<typeof aJob>[1]) {
  const ledger = memoryLedger();
  const lease = aLease();
  const row = aJob(1, job);
  const batch = aBatch(1, { status: 'claimed', batchFence: 1, burst: lease.burstId });
  const put = (pk: string, sk: string, fields: object) =>
    ledger.write({
      key: { pk, sk },
      when: [],
      set: Object.entries(fields).filter(
        (entry): entry is [string, Value] => entry[1] !== undefined && !(entry[1] instanceof Set),
      ),
    });
  await put(`L#${lease.burstId}`, 'J#000001', row);
  await put(`P#default#${lease.profile}`, `B#${batch.batchId}`, batch);
  const unannounced = () => Promise.reject(new Error('not announced'));
  const jobs = {
    get: async () => ({ kind: 'silent' as const, why: 'no answer in time' }),
    ...{ health: unannounced, submit: unannounced, cancel: unannounced, drain: unannounced },
  };
  const looked = await lookAtJob(
    { ledger, jobs, log: () => undefined },
    ...([settings, lease, row, NOW] as const),
  );
  const after = await readBatch(ledger, lease.tenant, lease.profile, batch.batchId);
  return { looked, after };
}

it('a job whose one answer was lost after its deadline costs an attempt, and neither its worker nor its place', async () => {
  const { looked, after } = await silenceOf({ deadlineAt: at(-60) });
  expect(looked).toMatchObject({ job: { status: 'lost' }, turn: true });
  expect(looked.worker).toBeUndefined();
  expect(after).toMatchObject({ status: 'open', attempts: 1, excludedWorkers: [] });
});

it('a job whose worker was silent for too long costs an attempt, its worker and its place', async () => {
  const silent = { misses: lostAfterMisses - 1, firstMissAt: at(-lostAfterSeconds) };
  const { looked, after } = await silenceOf(silent);
  expect(looked.worker).toEqual({ workerId: workerNamed(1), lost: true });
  expect(after).toMatchObject({ attempts: 1, excludedWorkers: [workerNamed(1)] });
});
