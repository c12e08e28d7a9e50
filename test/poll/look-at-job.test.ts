import { expect, it } from 'vitest';
import { lookAtJob } from '../../lambdas/poll/look-at-job.ts';
import { readBatch } from '../../shared/ledger/batches.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import type { Answer, Value } from '../../shared/ports.ts';
import { aBatch, aJob, aLease, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const { lostAfterMisses, lostAfterSeconds } = settings.looks;

const SILENT: Answer<undefined> = { kind: 'silent', why: 'no answer in time' };
const FORGOT: Answer<undefined> = { kind: 'answered', value: undefined };

/** An answer about a job, and what it makes of worker and batch. */
async function lookedAfter(job: Parameters<typeof aJob>[1], answer: Answer<undefined>) {
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
    get: async () => answer,
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
  const { looked, after } = await lookedAfter({ deadlineAt: at(-60) }, SILENT);
  expect(looked).toMatchObject({ job: { status: 'lost' }, turn: true });
  expect(looked.worker).toBeUndefined();
  expect(after).toMatchObject({ status: 'open', attempts: 1, excludedWorkers: [] });
});

it('a job whose worker was silent for too long costs an attempt, its worker and its place', async () => {
  const silent = { misses: lostAfterMisses - 1, firstMissAt: at(-lostAfterSeconds) };
  const { looked, after } = await lookedAfter(silent, SILENT);
  expect(looked.worker).toEqual({ workerId: workerNamed(1), lost: true });
  expect(after).toMatchObject({ attempts: 1, excludedWorkers: [workerNamed(1)] });
});

const often = { misses: lostAfterMisses - 1, firstMissAt: at(-lostAfterSeconds), started: false };

it.each([
  ['costs an attempt where it was seen running', { ...often, started: true }, 1],
  // Its task may have ended the worker, which its platform then started anew.
  [
    'costs an attempt where nothing was heard of it since it was taken',
    { ...often, reported: undefined },
    1,
  ],
  ['costs none where it still waited for its turn', { ...often, reported: 'queued' }, 0],
] as const)('a job that its worker has forgotten %s', async (_how, job, attempts) => {
  const { looked, after } = await lookedAfter(job, FORGOT);
  expect(looked.worker).toEqual({ workerId: workerNamed(1), lost: false });
  expect(after).toMatchObject({ status: 'open', attempts, excludedWorkers: [] });
});

it('a worker that never took its job until the deadline costs no attempt, and gets no other', async () => {
  const unconfirmed = { status: 'submitting', started: false, deadlineAt: at(-1) } as const;
  const { looked, after } = await lookedAfter(unconfirmed, FORGOT);
  expect(looked.worker).toEqual({ workerId: workerNamed(1), lost: true });
  expect(after).toMatchObject({ attempts: 0, excludedWorkers: [workerNamed(1)] });
});
