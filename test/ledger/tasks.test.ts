import { describe, expect, it } from 'vitest';
import {
  acceptTask,
  type Ending,
  endTask,
  placeAgain,
  readRejection,
  readTask,
  recordRejection,
} from '../../shared/ledger/tasks.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { Tenant } from '../../shared/model/ids.ts';
import type { TaskRow } from '../../shared/model/rows.ts';
import type { Ledger } from '../../shared/ports.ts';
import {
  aPlacement,
  batchNumbered,
  burstNumbered,
  jobNumbered,
  later,
  NOW,
  TENANT,
  taskNumbered,
} from './make.ts';

const DONE: Ending = {
  status: 'done',
  verifiedBy: 're-render',
  files: [],
  evidence: { pixelSha256: 'f' },
  burst: burstNumbered(1),
  job: jobNumbered(1),
  slotSeconds: 2.5,
  attempts: 0,
};
const ENDINGS: readonly Ending[] = [
  DONE,
  { status: 'failed', reason: 'worker-lost', attempts: 5 },
  { status: 'cancelled' },
];

async function accepted(ledger: Ledger): Promise<TaskRow> {
  const { row } = await acceptTask(ledger, aPlacement());
  if (row === undefined) throw new Error('not accepted');
  return row;
}
const now = (ledger: Ledger) => readTask(ledger, TENANT, taskNumbered(1));
const end = (ledger: Ledger, ending: Ending, at = later(60)) =>
  endTask(ledger, TENANT, taskNumbered(1), ending, at);

describe('a task', () => {
  it('is accepted once, by the first of many at once, and shows the others what it is', async () => {
    const ledger = memoryLedger();
    const placements = Array.from({ length: 16 }, (_, n) => ({
      ...aPlacement(),
      bodySha256: sha256Of(`body ${n}`),
      batch: batchNumbered(n),
    }));
    const outcomes = await Promise.all(placements.map((one) => acceptTask(ledger, one)));
    expect(outcomes.filter(({ done }) => done)).toHaveLength(1);
    const row = await now(ledger);
    for (const outcome of outcomes) expect(outcome.row).toEqual(row);
    expect(row).toMatchObject({ status: 'accepted', acceptedAt: NOW, placedAt: NOW });
  });

  it('of one tenant is not that of another', async () => {
    const ledger = memoryLedger();
    await accepted(ledger);
    const studio = Tenant.parse('studio');
    expect((await acceptTask(ledger, { ...aPlacement(), tenant: studio })).done).toBe(true);
    await endTask(ledger, studio, taskNumbered(1), { status: 'cancelled' }, NOW);
    expect(await now(ledger)).toMatchObject({ status: 'accepted' });
  });

  it('is placed again by one of many at once, and keeps when it was accepted', async () => {
    const ledger = memoryLedger();
    const seen = await accepted(ledger);
    const to = (n: number) => ({ batch: batchNumbered(n), profile: seen.profile, now: later(200) });
    const outcomes = await Promise.all([2, 3, 4].map((n) => placeAgain(ledger, seen, to(n))));
    expect(outcomes.map(({ done }) => done)).toEqual([true, false, false]);
    expect(await now(ledger)).toMatchObject({
      batch: batchNumbered(2),
      acceptedAt: NOW,
      placedAt: later(200),
    });
    expect((await placeAgain(ledger, seen, to(5))).done).toBe(false);
  });

  it.each(ENDINGS)('that is $status is not placed again', async (ending) => {
    const ledger = memoryLedger();
    const seen = await accepted(ledger);
    await end(ledger, ending);
    const to = { batch: batchNumbered(2), profile: seen.profile, now: later(200) };
    expect((await placeAgain(ledger, seen, to)).done).toBe(false);
  });
});

describe('the end of a task', () => {
  const pairs = ENDINGS.flatMap((first) => ENDINGS.map((second) => ({ first, second })));

  it.each(pairs)(
    '$first.status is final: $second.status changes nothing',
    async ({ first, second }) => {
      const ledger = memoryLedger();
      await accepted(ledger);
      expect(await end(ledger, first)).toMatchObject({
        done: true,
        row: { ...first, endedAt: later(60) },
      });
      const before = ledger.rows();
      expect(await end(ledger, second, later(99))).toMatchObject({
        done: false,
        row: { status: first.status },
      });
      expect(ledger.rows()).toEqual(before);
    },
  );

  it('is one of many offered at once', async () => {
    const ledger = memoryLedger();
    await accepted(ledger);
    const outcomes = await Promise.all(
      [...ENDINGS, ...ENDINGS].map((ending) => end(ledger, ending)),
    );
    expect(outcomes.filter(({ done }) => done)).toHaveLength(1);
  });

  it('keeps what the task was', async () => {
    const ledger = memoryLedger();
    const before = await accepted(ledger);
    await end(ledger, DONE);
    expect(await now(ledger)).toEqual({ ...before, ...DONE, endedAt: later(60) });
  });

  it('makes no task out of nothing', async () => {
    const ledger = memoryLedger();
    expect(await end(ledger, DONE)).toEqual({ done: false, row: undefined });
    expect(ledger.rows()).toEqual([]);
  });
});

describe('a refused message', () => {
  const rejection = {
    tenant: TENANT,
    messageSha256: sha256Of('message'),
    code: 'E_TYPE',
    field: 'kind',
    reason: 'expected string; got 5',
    claimedTaskId: undefined,
    now: NOW,
    keepDays: 14,
  };

  it('is one record however often it comes, of the last time, kept for so many days', async () => {
    const ledger = memoryLedger();
    expect((await recordRejection(ledger, rejection)).done).toBe(true);
    const again = { ...rejection, reason: 'something else', now: later(60) };
    expect((await recordRejection(ledger, again)).done).toBe(true);
    const row = await readRejection(ledger, TENANT, rejection.messageSha256);
    expect(row).toMatchObject({
      code: 'E_TYPE',
      reason: 'something else',
      rejectedAt: later(60),
    });
    expect(row?.expiresAt).toBe(Date.parse(later(60 + 14 * 86_400)) / 1000);
    expect(row).not.toHaveProperty('claimedTaskId');
  });
});
