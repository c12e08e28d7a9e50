import { describe, expect, it } from 'vitest';
import { changeJob, createJob, jobsOf, readJob } from '../../shared/ledger/jobs.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import type { JobRow } from '../../shared/model/rows.ts';
import { aJob, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { putRow } from '../support/put-row.ts';

type Status = JobRow['status'];

const STATUSES: readonly Status[] = ['submitting', 'running', 'lost', 'ended', 'refused'];

/** Every step a job may take; a status may be written twice. */
const FORWARD: readonly (readonly [Status, Status])[] = [
  ['submitting', 'running'],
  ['submitting', 'lost'],
  ['submitting', 'refused'],
  ['running', 'running'],
  ['running', 'lost'],
  ['running', 'ended'],
  ['lost', 'lost'],
  ['ended', 'ended'],
  ['refused', 'refused'],
];

const STEPS = STATUSES.flatMap((from) =>
  (['running', 'lost', 'ended', 'refused'] as const).map((to) => ({
    ...{ from, to },
    done: FORWARD.some(([before, after]) => before === from && after === to),
  })),
);

async function jobThatIs(status: Status) {
  const ledger = memoryLedger();
  const job = aJob(1, { status });
  await putRow(ledger, `L#${job.burstId}`, 'J#000001', job);
  return { ledger, job };
}

describe('a status of a job', () => {
  it.each(STEPS)('goes from $from to $to: $done', async ({ from, to, done }) => {
    const { ledger, job } = await jobThatIs(from);
    const change = await changeJob(ledger, job, { set: { status: to, lostAt: NOW } });
    expect(change.done).toBe(done);
    expect(change.row).toMatchObject({ status: done ? to : from });
    const [after] = await jobsOf(ledger, job.burstId);
    expect(after?.lostAt).toBe(done ? NOW : undefined);
  });

  it('of a job that was given up is not brought back by who still holds it for submitted', async () => {
    const { ledger, job } = await jobThatIs('lost');
    const stale: JobRow = { ...job, status: 'submitting' };
    const late = await changeJob(ledger, stale, { set: { status: 'running' } });
    expect(late).toMatchObject({ done: false, row: { status: 'lost' } });
  });
});

describe('a change that is judged by one answer', () => {
  const missed = { set: { misses: 3 } };

  it.each([
    ['no answer', undefined, undefined, true],
    ['no answer, where one has come since', undefined, NOW, false],
    ['the newest answer', NOW, NOW, true],
    ['an answer before the newest', at(-1), NOW, false],
  ])('%s', async (_, read, stored, done) => {
    const ledger = memoryLedger();
    const job = aJob(1, { answeredAt: stored });
    await putRow(ledger, `L#${job.burstId}`, 'J#000001', job);
    const asRead = aJob(1, { answeredAt: read });
    expect((await changeJob(ledger, asRead, missed, 'this answer')).done).toBe(done);
    expect((await readJob(ledger, job))?.misses).toBe(done ? 3 : 0);
  });
});

it('what grows on a job grows whatever its status is', async () => {
  const { ledger, job } = await jobThatIs('lost');
  await changeJob(ledger, job, { uploaded: new Set([0]) });
  await changeJob(ledger, job, { uploaded: new Set([1]), votes: 2 });
  expect(await jobsOf(ledger, job.burstId)).toMatchObject([
    { status: 'lost', uploaded: new Set([0, 1]), votes: 2 },
  ]);
});

it('the number of a job is taken once', async () => {
  const ledger = memoryLedger();
  const { status: _, ...job } = aJob(1);
  expect(await createJob(ledger, job)).toMatchObject({ done: true, row: { status: 'submitting' } });
  expect(await createJob(ledger, { ...job, worker: workerNamed(2) })).toMatchObject({
    done: false,
    row: { worker: workerNamed(1) },
  });
});
