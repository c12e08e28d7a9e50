import { expect, it } from 'vitest';
import { checkJobs } from '../../lambdas/poll/check-jobs.ts';
import { memoryIds } from '../../shared/memory/memory-ids.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { BurstDocument } from '../../shared/model/burst.ts';
import type { Value } from '../../shared/ports.ts';
import { aJob, aLease, aReport, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const { drainBeforeSeconds, lastCallSeconds } = settings.lease;

/** A look at two jobs, of which one has just ended with an upload nobody has read; the other does as it is told. */
async function lookBefore(drainSeconds: number, other: 'running' | 'succeeded') {
  const ledger = memoryLedger();
  const lease = aLease({ paidUntil: at(drainBeforeSeconds + drainSeconds) });
  const put = (sk: string, row: object) =>
    ledger.write({
      key: { pk: `L#${lease.burstId}`, sk },
      when: [],
      set: Object.entries(row).filter(
        (entry): entry is [string, Value] => entry[1] !== undefined && !(entry[1] instanceof Set),
      ),
    });
  await put('#', lease);
  const jobs = [1, 2].map((n) => aJob(n, { tasks: 1, worker: workerNamed(n) }));
  for (const job of jobs) await put(`J#00000${job.n}`, job);
  const clock = { now: () => NOW };
  const unannounced = () => Promise.reject(new Error('not announced'));
  const look = checkJobs(
    {
      ...{ ledger, clock, ids: memoryIds(1, clock), log: () => undefined },
      jobs: {
        get: async (_worker, jobId) => {
          const status = jobId === jobs[0]?.jobId ? 'succeeded' : other;
          const uploaded = status === 'succeeded' ? [0] : [];
          return { kind: 'answered', value: aReport({ jobId, status, uploaded }) };
        },
        ...{ health: unannounced, submit: unannounced, cancel: unannounced, drain: unannounced },
      },
    },
    settings,
  );
  const burst = { v: 1, burstId: lease.burstId, segment: 1, leaseFence: 1, lookUntil: at(9999) };
  return look(lease, BurstDocument.parse(burst), NOW);
}

it.each([
  [lastCallSeconds + 1, 'running', 'collect'],
  [lastCallSeconds, 'running', 'run'],
  [1, 'running', 'run'],
  [0, 'running', 'collect'],
  [lastCallSeconds, 'succeeded', 'collect'],
] as const)(
  '%i s before the drain, beside a job that has %s, an upload to verify leads to %s: a cluster at work is extended first',
  async (seconds, other, next) => {
    expect(await lookBefore(seconds, other)).toMatchObject({ next });
  },
);
