import { describe, expect, it } from 'vitest';
import {
  claimBatch,
  deferBatch,
  liveBatches,
  openBatch,
  readBatch,
  returnBatch,
  settleTasks,
} from '../../shared/ledger/batches.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import type { BatchRow } from '../../shared/model/rows.ts';
import type { Ledger } from '../../shared/ports.ts';
import {
  aBatch,
  batchNumbered,
  burstNumbered,
  jobNumbered,
  later,
  NOW,
  PROFILE,
  TENANT,
  WORKER,
} from './make.ts';

const by = (n: number) => ({ burst: burstNumbered(n), job: jobNumbered(n), dueAt: later(600) });
const back = {
  attempts: 1,
  notBefore: later(30),
  excludedWorkers: [WORKER],
  reason: 'worker-lost',
  now: NOW,
  dueAt: later(300),
};

async function opened(ledger: Ledger, tasks = 2, n = 1): Promise<BatchRow> {
  const { row } = await openBatch(ledger, aBatch(tasks, n));
  if (row === undefined) throw new Error('not opened');
  return row;
}
async function claimed(ledger: Ledger, tasks = 2): Promise<BatchRow> {
  const claim = await claimBatch(ledger, await opened(ledger, tasks), by(1));
  if (!claim.done) throw new Error('not claimed');
  return claim.row;
}
const now = (ledger: Ledger) => readBatch(ledger, TENANT, PROFILE, batchNumbered(1));

describe('an open batch', () => {
  it('is written once', async () => {
    const ledger = memoryLedger();
    const first = await opened(ledger, 2);
    const again = await openBatch(ledger, aBatch(5));
    expect(again.done).toBe(false);
    expect(await now(ledger)).toEqual(first);
    expect(first).toMatchObject({ status: 'open', batchFence: 0, attempts: 0, dueOf: 'batch' });
  });

  it('is claimed by one burst of many at once, and its fence rises', async () => {
    const ledger = memoryLedger();
    const batch = await opened(ledger);
    const claims = await Promise.all(
      Array.from({ length: 16 }, (_, n) => claimBatch(ledger, batch, by(n))),
    );
    const won = claims.filter(({ done }) => done);
    expect(won).toHaveLength(1);
    expect(await now(ledger)).toEqual(won[0]?.row);
    expect(await now(ledger)).toMatchObject({ status: 'claimed', batchFence: 1 });
  });

  it('is not claimed on an older sight of it, although it is open again', async () => {
    const ledger = memoryLedger();
    const seen = await opened(ledger);
    const claim = await claimBatch(ledger, seen, by(1));
    if (!claim.done) throw new Error('not claimed');
    await returnBatch(ledger, claim.row, back);
    expect(await claimBatch(ledger, seen, by(2))).toMatchObject({ done: false });
    const fresh = await now(ledger);
    if (fresh === undefined) throw new Error('no batch');
    expect(await claimBatch(ledger, fresh, by(2))).toMatchObject({
      done: true,
      row: { batchFence: 3, burst: burstNumbered(2) },
    });
  });
});

describe('a claimed batch', () => {
  it('goes back under a new fence, with what its next attempt must know', async () => {
    const ledger = memoryLedger();
    expect((await returnBatch(ledger, await claimed(ledger), back)).done).toBe(true);
    const row = await now(ledger);
    expect(row).toMatchObject({
      status: 'open',
      batchFence: 2,
      attempts: 1,
      notBefore: later(30),
      excludedWorkers: [WORKER],
      lastReason: 'worker-lost',
      lastReasonAt: NOW,
    });
    expect(row).not.toHaveProperty('burst');
    expect(row).not.toHaveProperty('job');
  });

  it('goes back without a pause when none is asked for', async () => {
    const ledger = memoryLedger();
    const first = await returnBatch(ledger, await claimed(ledger), back);
    if (!first.done) throw new Error('not returned');
    const second = await claimBatch(ledger, first.row, by(2));
    if (!second.done) throw new Error('not claimed');
    await returnBatch(ledger, second.row, { ...back, notBefore: undefined });
    expect(await now(ledger)).not.toHaveProperty('notBefore');
  });

  it('goes back once: a repeat and an old attempt are refused', async () => {
    const ledger = memoryLedger();
    const attempt = await claimed(ledger);
    const first = await returnBatch(ledger, attempt, back);
    if (!first.done) throw new Error('not returned');
    expect((await returnBatch(ledger, attempt, back)).done).toBe(false);
    const second = await claimBatch(ledger, first.row, by(2));
    expect((await returnBatch(ledger, attempt, back)).done).toBe(false);
    expect(await now(ledger)).toEqual(second.row);
  });

  it('is put off for the sweep only while its fence stands', async () => {
    const ledger = memoryLedger();
    const seen = await opened(ledger);
    expect((await deferBatch(ledger, seen, later(400))).done).toBe(true);
    await claimBatch(ledger, seen, by(1));
    expect((await deferBatch(ledger, seen, later(500))).done).toBe(false);
    expect(await now(ledger)).toMatchObject({ dueAt: later(600) });
  });
});

describe('ended tasks', () => {
  const settle = (ledger: Ledger, indexes: number[], options = {}) =>
    settleTasks(ledger, aBatch(), new Set(indexes), options);

  it('are gathered until the batch is done and leaves the sweep', async () => {
    const ledger = memoryLedger();
    await claimed(ledger, 3);
    expect(await settle(ledger, [0])).toMatchObject({ status: 'claimed', settled: new Set([0]) });
    expect(await settle(ledger, [0, 2])).toMatchObject({ status: 'claimed' });
    const done = await settle(ledger, [1]);
    expect(done).toMatchObject({ status: 'done', settled: new Set([0, 1, 2]) });
    expect(done).not.toHaveProperty('dueOf');
    expect(done).not.toHaveProperty('dueAt');
  });

  it('end an open batch as well, under every fence', async () => {
    const ledger = memoryLedger();
    await opened(ledger, 1);
    expect(await settle(ledger, [0])).toMatchObject({ status: 'done' });
    const late = await now(ledger);
    if (late === undefined) throw new Error('no batch');
    expect((await claimBatch(ledger, late, by(1))).done).toBe(false);
    expect((await returnBatch(ledger, late, back)).done).toBe(false);
  });

  it('may be told of again, and all at once', async () => {
    const ledger = memoryLedger();
    await claimed(ledger, 8);
    const told = Array.from({ length: 8 }, (_, n) => settle(ledger, [n, (n + 1) % 8]));
    await Promise.all(told);
    expect(await now(ledger)).toMatchObject({ status: 'done' });
    const before = ledger.rows();
    expect(await settle(ledger, [3])).toMatchObject({ status: 'done' });
    expect(ledger.rows()).toEqual(before);
  });

  it('show that one of them was cancelled', async () => {
    const ledger = memoryLedger();
    await claimed(ledger, 2);
    expect(await settle(ledger, [1], { cancelled: true })).toMatchObject({ cancelSeen: true });
    expect(await settle(ledger, [])).toMatchObject({ cancelSeen: true, status: 'claimed' });
  });

  it('make no batch out of nothing', async () => {
    const ledger = memoryLedger();
    expect(await settle(ledger, [0])).toBeUndefined();
    expect(ledger.rows()).toEqual([]);
  });
});

describe('the batches of a profile', () => {
  it('are the live ones from the watermark on, oldest first', async () => {
    const ledger = memoryLedger();
    for (const n of [3, 1, 4, 2]) await opened(ledger, 1, n);
    await settleTasks(ledger, { ...aBatch(), batchId: batchNumbered(3) }, new Set([0]));
    const ids = async (oldestOpen?: BatchRow['batchId']) =>
      (await liveBatches(ledger, { tenant: TENANT, profile: PROFILE, oldestOpen })).map(
        ({ batchId }) => batchId,
      );
    expect(await ids(batchNumbered(1))).toEqual([1, 2, 4].map(batchNumbered));
    expect(await ids(batchNumbered(2))).toEqual([2, 4].map(batchNumbered));
    expect(await ids(batchNumbered(5))).toEqual([]);
    expect(await ids()).toEqual([]);
  });

  it('leave out one that has nothing left, though whoever settled its last task never called it done', async () => {
    const ledger = memoryLedger();
    await opened(ledger, 1);
    let writes = 0;
    const dying: Ledger = {
      ...ledger,
      write: (write) => (writes++ === 0 ? ledger.write(write) : Promise.reject(new Error('died'))),
    };
    const dies = settleTasks(dying, { ...aBatch(), batchId: batchNumbered(1) }, new Set([0]));
    await expect(dies).rejects.toThrow('died');
    expect(await now(ledger)).toMatchObject({ status: 'open', settled: new Set([0]) });
    const where = { tenant: TENANT, profile: PROFILE, oldestOpen: batchNumbered(1) };
    expect(await liveBatches(ledger, where)).toEqual([]);
  });
});
