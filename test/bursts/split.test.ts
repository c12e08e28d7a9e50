import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { giveBack } from '../../shared/bursts/give-back.ts';
import { finishSplit } from '../../shared/bursts/split.ts';
import {
  claimBatch,
  liveBatches,
  openBatch,
  readBatch,
  readBatchOf,
  settleTasks,
} from '../../shared/ledger/batches.ts';
import { readProfile } from '../../shared/ledger/profiles.ts';
import { acceptTask, readTask } from '../../shared/ledger/tasks.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { halvesOf } from '../../shared/model/ids.ts';
import type { BatchRow } from '../../shared/model/rows.ts';
import type { Ledger } from '../../shared/ports.ts';
import type { AttemptEnd } from '../../shared/run/returns.ts';
import {
  aBatch,
  aPlacement,
  aProfile,
  batchNumbered,
  burstNumbered,
  jobNumbered,
  later,
  NOW,
  PROFILE,
  TENANT,
  taskNumbered,
  WORKER,
} from '../ledger/make.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings({ batches: { splitAfterAttempts: 1 } });
const LOST: AttemptEnd = { class: 'worker-lost', reason: 'silent', worker: WORKER };
const [FIRST, SECOND] = halvesOf(batchNumbered(1));

/** A claimed batch of so many accepted tasks, of which some have ended. */
async function claimed(ledger: Ledger, tasks: number, settled: number[] = []): Promise<BatchRow> {
  await aProfile(ledger);
  for (let n = 0; n < tasks; n += 1) await acceptTask(ledger, aPlacement(n));
  const { row } = await openBatch(ledger, aBatch(tasks));
  if (row === undefined) throw new Error('not opened');
  const by = { burst: burstNumbered(1), job: jobNumbered(1), dueAt: later(600) };
  const claim = await claimBatch(ledger, row, by);
  if (!claim.done) throw new Error('not claimed');
  return (await settleTasks(ledger, claim.row, new Set(settled))) ?? claim.row;
}
const read = (ledger: Ledger, batchId: BatchRow['batchId']) =>
  readBatch(ledger, TENANT, PROFILE, batchId);
const open = async (ledger: Ledger) =>
  liveBatches(ledger, {
    ...{ tenant: TENANT, profile: PROFILE },
    oldestOpen: (await readProfile(ledger, TENANT, PROFILE))?.oldestOpen,
  });

describe('a batch that is halved', () => {
  it('goes on in two open ones, and says so for good', async () => {
    const ledger = memoryLedger();
    const batch = await claimed(ledger, 5, [1]);
    expect(await giveBack(ledger, settings, batch, LOST, NOW)).toBe(true);
    const whole = await read(ledger, batch.batchId);
    expect(whole).toMatchObject({ status: 'split', cutAt: 3, batchFence: 2, attempts: 1 });
    expect(whole).not.toHaveProperty('dueOf');
    const halves = await open(ledger);
    expect(halves).toMatchObject([
      { batchId: FIRST, settled: new Set([1]), slotSeconds: 30 },
      { batchId: SECOND, settled: new Set(), slotSeconds: 20 },
    ]);
    for (const half of halves) {
      const fate = { batchFence: 2, attempts: 1, sharedAttempts: 1, notBefore: later(30) };
      expect(half).toMatchObject({ status: 'open', ...fate, excludedWorkers: [WORKER] });
      expect(half).toMatchObject({ dueOf: 'batch', bodiesKey: batch.bodiesKey });
    }
    expect(halves.flatMap(({ tasks }) => tasks)).toEqual(batch.tasks);
  });

  it('is not halved, nor moved, by an attempt that no longer holds it', async () => {
    const ledger = memoryLedger();
    const batch = await claimed(ledger, 4);
    await giveBack(ledger, settings, batch, LOST, NOW);
    const before = ledger.rows();
    expect(await giveBack(ledger, settings, batch, LOST, NOW)).toBe(false);
    expect(ledger.rows()).toEqual(before);
  });

  it('passes on whatever ends, to halves of halves too', async () => {
    const ledger = memoryLedger();
    await giveBack(ledger, settings, await claimed(ledger, 4), LOST, NOW);
    const [half] = await open(ledger);
    if (half === undefined) throw new Error('no half');
    const by = { burst: burstNumbered(2), job: jobNumbered(2), dueAt: later(600) };
    const claim = await claimBatch(ledger, half, by);
    if (!claim.done) throw new Error('not claimed');
    await giveBack(ledger, settings, claim.row, LOST, NOW);
    await settleTasks(ledger, aBatch(4), new Set([1, 2]), { cancelled: true });
    const [quarter] = [halvesOf(FIRST)[1]];
    expect(await read(ledger, quarter)).toMatchObject({ status: 'done', cancelSeen: true });
    expect(await read(ledger, SECOND)).toMatchObject({ status: 'open', settled: new Set([0]) });
    const task = await readTask(ledger, TENANT, taskNumbered(1));
    expect(task && (await readBatchOf(ledger, task))?.batchId).toBe(quarter);
  });

  it('is found as it is while its halves are not written', async () => {
    const ledger = memoryLedger();
    const dying = dyingAfter(ledger, 1);
    const batch = await claimed(ledger, 2);
    await expect(giveBack(dying, settings, batch, LOST, NOW)).rejects.toThrow('died');
    const task = await readTask(ledger, TENANT, taskNumbered(0));
    expect(task && (await readBatchOf(ledger, task))?.status).toBe('split');
  });
});

/** A ledger whose caller dies after so many writes. */
const dyingAfter = (ledger: Ledger, writes: number): Ledger => {
  let left = writes;
  return {
    ...ledger,
    write: async (write) => {
      if (left === 0) throw new Error('died');
      left -= 1;
      return ledger.write(write);
    },
  };
};

it('a crash after any write is repaired by doing it again', async () => {
  const whole = memoryLedger();
  await giveBack(whole, settings, await claimed(whole, 6, [0]), LOST, NOW);
  const WRITES = 5;
  for (let writes = 0; writes < WRITES; writes += 1) {
    const ledger = memoryLedger();
    const batch = await claimed(ledger, 6, [0]);
    await expect(giveBack(dyingAfter(ledger, writes), settings, batch, LOST, NOW)).rejects.toThrow(
      'died',
    );
    const left = await read(ledger, batch.batchId);
    if (left?.status !== 'split') {
      expect([writes, left]).toEqual([0, batch]);
      continue;
    }
    expect(left).toMatchObject({ dueOf: 'batch' });
    await finishSplit(ledger, settings, left, NOW);
    expect(await open(ledger)).toEqual(await open(whole));
    expect(await read(ledger, batch.batchId)).toEqual(await read(whole, batch.batchId));
  }
});

it('every task that has not ended is in exactly one open batch, however often one is halved', async () => {
  const input = fc.record({
    tasks: fc.integer({ min: 1, max: 20 }),
    ended: fc.array(fc.integer({ min: 0, max: 19 })),
    poison: fc.integer({ min: 0, max: 19 }),
  });
  await fc.assert(
    fc.asyncProperty(input, async ({ tasks, ended, poison }) => {
      const ledger = memoryLedger();
      const gone = new Set(ended.filter((index) => index < tasks));
      await giveBack(ledger, settings, await claimed(ledger, tasks, [...gone]), LOST, NOW);
      for (let round = 0; round < 8; round += 1) {
        const live = await open(ledger);
        const listed = live.flatMap((batch) =>
          batch.tasks.filter((_, index) => !batch.settled.has(index)),
        );
        const left = Array.from({ length: tasks }, (_, n) => n).filter((n) => !gone.has(n));
        if (round > 0 || listed.length > 0) {
          expect(listed.map(({ line }) => line)).toEqual(left);
        }
        const own = live.find((batch) => batch.tasks.some(({ line }) => line === poison));
        if (own === undefined || own.tasks.length - own.settled.size < 2) break;
        const by = { burst: burstNumbered(2), job: jobNumbered(2), dueAt: later(600) };
        const claim = await claimBatch(ledger, own, by);
        if (claim.done) await giveBack(ledger, settings, claim.row, LOST, NOW);
      }
    }),
    { numRuns: 60 },
  );
});
