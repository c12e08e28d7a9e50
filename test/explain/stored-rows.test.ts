import { describe, expect, it } from 'vitest';
import { readStoredRows } from '../../shared/explain/stored-rows.ts';
import { batchKey, jobKey, leaseKey, profileKey, taskKey } from '../../shared/ledger/keys.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import type { BatchRow, JobRow, LeaseRow, ProfileRow, TaskRow } from '../../shared/model/rows.ts';
import type { Key, Ledger, Value } from '../../shared/ports.ts';
import {
  BURST,
  batchRow,
  claimedBatch,
  jobRow,
  leaseRow,
  NOW,
  profileRow,
  taskRow,
} from './rows.ts';

interface Stored {
  readonly task?: TaskRow;
  readonly batches?: readonly BatchRow[];
  readonly profile?: ProfileRow;
  readonly lease?: LeaseRow;
  readonly jobs?: readonly JobRow[];
}

async function ledgerOf({
  task,
  batches = [],
  profile,
  lease,
  jobs = [],
}: Stored): Promise<Ledger> {
  const ledger = memoryLedger();
  const put = (key: Key, row: Readonly<Record<string, unknown>>) =>
    ledger.write({ key, when: [], set: Object.entries(row) as [string, Value][] });
  const { tenant, profile: profileId } = batchRow();
  if (task !== undefined) await put(taskKey(tenant, task.taskId), task);
  for (const batch of batches) await put(batchKey(tenant, profileId, batch.batchId), batch);
  if (profile !== undefined) await put(profileKey(tenant, profileId), profile);
  if (lease !== undefined) await put(leaseKey(lease.burstId), lease);
  for (const job of jobs) await put(jobKey(job.burstId, job.n), job);
  return ledger;
}

const named = { tenant: taskRow().tenant, taskId: taskRow().taskId };

describe('the rows behind an explanation', () => {
  it('count the batches that come before: those running, and those open and older', async () => {
    const id = (n: number) => `0mjuohvuw-0000000${n}`;
    const ledger = await ledgerOf({
      task: taskRow({ batch: id(5) }),
      batches: [
        claimedBatch({ batchId: id(1) }),
        batchRow({ batchId: id(2), status: 'done' }),
        batchRow({ batchId: id(3) }),
        batchRow({ batchId: id(4) }),
        batchRow({ batchId: id(5) }),
        batchRow({ batchId: id(6) }),
        claimedBatch({ batchId: id(7) }),
      ],
      profile: profileRow({ oldestOpen: id(1) }),
    });
    expect((await readStoredRows(ledger, named, NOW)).ahead).toEqual({ running: 2, waiting: 2 });
  });

  it('hold the very job and burst that have the batch', async () => {
    const ledger = await ledgerOf({
      task: taskRow(),
      batches: [claimedBatch({ job: `${BURST}-12` })],
      lease: leaseRow(),
      jobs: [
        jobRow({ n: 1 }),
        jobRow({ n: 2, jobId: `${BURST}-2` }),
        jobRow({ n: 12, jobId: `${BURST}-12` }),
      ],
    });
    const { job, lease } = await readStoredRows(ledger, named, NOW);
    expect([job?.n, lease?.burstId]).toEqual([12, BURST]);
  });

  it('leave out a burst that is closing', async () => {
    const burst = { burstId: BURST, state: 'closing', slots: 1, openedAt: NOW };
    const stored = { task: taskRow(), batches: [batchRow()], lease: leaseRow() };
    const closing = await ledgerOf({ ...stored, profile: profileRow({ bursts: [burst] }) });
    expect((await readStoredRows(closing, named, NOW)).lease).toBeUndefined();
    const open = { ...burst, state: 'open' };
    const serving = await ledgerOf({ ...stored, profile: profileRow({ bursts: [open] }) });
    expect((await readStoredRows(serving, named, NOW)).lease?.burstId).toBe(BURST);
  });

  it('are read again when the task ended between two reads', async () => {
    const ledger = await ledgerOf({
      task: taskRow({ status: 'done', endedAt: NOW }),
      batches: [batchRow({ status: 'done', settled: new Set([0]) })],
    });
    let reads = 0;
    const racing: Ledger = {
      ...ledger,
      read: async (key) => {
        const row = await ledger.read(key);
        return key.pk.startsWith('T#') && reads++ === 0 ? { ...taskRow() } : row;
      },
    };
    expect((await readStoredRows(racing, named, NOW)).task?.status).toBe('done');
  });
});
