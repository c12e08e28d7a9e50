import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchRow } from '../../shared/model/rows.ts';
import { assign } from '../../shared/run/assignment.ts';
import { claimOrder } from '../../shared/run/claim-order.ts';
import { allLanes, openSeconds } from '../../shared/run/lanes.ts';
import { drainAt } from '../../shared/run/paid-edge.ts';
import { aBatch, aJob, aLease, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const nobody = new Set<never>();

const assigned = (...parameters: Parameters<typeof assign>) =>
  assign(...parameters).assignments.map(({ worker, batches }) => [
    worker,
    batches.map(({ batchId }) => Number(batchId.slice(-8))),
  ]);

describe('batches are claimed', () => {
  const lasting = (unitSeconds: number, deadline?: number) => ({
    tasks: [
      {
        ...{ taskId: 't', line: 0, unitSeconds },
        ...(deadline === undefined ? {} : { deadlineAt: at(deadline) }),
      },
    ],
  });
  it.each([
    ['the highest priority first', { priority: 4, ...lasting(900, 10) }, { priority: 5 }],
    ['the least slack before the earliest deadline', lasting(10, 100), lasting(50, 120)],
    ['whatever has a deadline before what has none', lasting(900), lasting(10, 99_999)],
    ['the longest first', lasting(99), lasting(100)],
    ['the oldest of equals first', { batchId: '000000001-00000009' }, {}],
    [
      'what waited for an hour first',
      { openedAt: at(-3599) },
      { openedAt: at(-3600), ...lasting(1) },
    ],
    [
      'the oldest of those first',
      { batchId: '000000001-00000009', openedAt: at(-3600) },
      { openedAt: at(-3601), ...lasting(1) },
    ],
  ])('%s', (_how, later, sooner) => {
    const [a, b] = [aBatch(1, later), aBatch(2, sooner)];
    expect([...claimOrder([a, b], NOW)]).toEqual([b, a]);
    expect([...claimOrder([b, a], NOW)]).toEqual([b, a]);
  });

  it('without the deadlines of tasks that have ended', () => {
    const settled = aBatch(1, { ...lasting(10, 100), settled: new Set([0]) });
    expect([...claimOrder([settled, aBatch(2)], NOW)].map(({ batchId }) => batchId.at(-1))).toEqual(
      [...['2', '1']],
    );
  });
});

it.each([
  [600, 500],
  [500, 500],
  [400, 400],
])(
  'a slot is busy for what its job has left, %i s, but not past its deadline: %i s',
  (left, busySeconds) => {
    const tasks = [{ taskId: 't', line: 0, unitSeconds: left }];
    const batch = aBatch(1, { tasks, status: 'claimed', batchFence: 1 });
    const job = aJob(1, { submittedAt: NOW, deadlineAt: at(500) });
    const lanes = allLanes(aLease(), [job], [batch], nobody, NOW);
    expect(lanes.find(({ worker }) => worker === job.worker)?.busySeconds).toBe(busySeconds);
  },
);

describe('free slots', () => {
  it('each get one job, oldest batch first', () => {
    expect(assigned(aLease(), [], [aBatch(1), aBatch(2)], nobody, settings, NOW)).toEqual([
      [workerNamed(1), [1]],
      [workerNamed(2), [2]],
    ]);
  });

  it('do not starve each other of a small backlog', () => {
    const short = [1, 2, 3].map((n) =>
      aBatch(n, { tasks: [{ taskId: `t-${n}`, line: 0, unitSeconds: 5 }] }),
    );
    expect(assigned(aLease(), [], short, nobody, settings, NOW)).toEqual([
      [workerNamed(1), [1, 2]],
      [workerNamed(2), [3]],
    ]);
  });

  it('take batches until they hold two expected looks of work, and no more', () => {
    const many = Array.from({ length: 40 }, (_, n) =>
      aBatch(n, { tasks: [{ taskId: `t-${n}`, line: 0, unitSeconds: 40 }] }),
    );
    const [first] = assign(aLease(), [], many, nobody, settings, NOW).assignments;
    expect(first?.batches).toHaveLength((2 * settings.looks.longestSeconds) / 40);
  });

  it.each([
    [9, [1, 2, 3]],
    [10, [1, 2, 3]],
    [11, [1, 2]],
  ])(
    'leave to a busy slot what would begin there sooner: beside one that is free in 90 s, batches of %i s',
    (unitSeconds, taken) => {
      const running = (n: number, seconds: number) =>
        aBatch(n, {
          ...{ status: 'claimed', batchFence: 1 },
          tasks: [{ taskId: `r-${n}`, line: 0, unitSeconds: seconds }],
        });
      const jobs = [70, 90].map((_, n) =>
        aJob(8 + n, { worker: workerNamed(n + 1), submittedAt: NOW }),
      );
      const waiting = [1, 2, 3].map((n) =>
        aBatch(n, { tasks: [{ taskId: `w-${n}`, line: 0, unitSeconds }] }),
      );
      const batches = [...waiting, running(8, 70), running(9, 90)];
      const loaded = { key: 'nft', at: NOW };
      const lease = aLease({ loaded: { [workerNamed(1)]: loaded, [workerNamed(2)]: loaded } });
      expect(assigned(lease, jobs, batches, nobody, settings, NOW)).toEqual([
        [workerNamed(1), taken],
      ]);
      // One that would load something else first is no place to wait for.
      const other = { ...loaded, key: 'another' };
      const mixed = aLease({ loaded: { [workerNamed(1)]: loaded, [workerNamed(2)]: other } });
      expect(assigned(mixed, jobs, batches, nobody, settings, NOW)).toEqual([
        [workerNamed(1), [1, 2, 3]],
      ]);
    },
  );

  it.each([
    [4, 200, 4],
    [5, 200, 5],
    [6, 200, 5],
    [6, 199, 6],
  ])('of %i batches of %i short tasks each a job takes %i', (count, tasks, taken) => {
    const short = Array.from({ length: count }, (_, n) =>
      aBatch(n + 1, {
        tasks: Array.from({ length: tasks }, (__, line) => ({
          ...{ taskId: `t-${n}-${line}`, line, unitSeconds: 0.001 },
        })),
      }),
    );
    const one = aLease({ workers: aLease().workers.slice(0, 1) });
    const [first] = assign(one, [], short, nobody, settings, NOW).assignments;
    expect(first?.batches).toHaveLength(taken);
  });

  it('leave to a slot that holds enough what would begin there sooner, once it is given more', () => {
    const running = aBatch(99, {
      ...{ status: 'claimed', batchFence: 1 },
      tasks: [{ taskId: 'r', line: 0, unitSeconds: 60 }],
    });
    const job = aJob(99, { worker: workerNamed(1), submittedAt: NOW });
    const many = Array.from({ length: 60 }, (_, n) =>
      aBatch(n + 1, { tasks: [{ taskId: `w-${n}`, line: 0, unitSeconds: 10 }] }),
    );
    const loaded = { key: 'nft', at: NOW };
    const lease = aLease({ loaded: { [workerNamed(1)]: loaded, [workerNamed(2)]: loaded } });
    const given = assign(lease, [job], [...many, running], nobody, settings, NOW).assignments;
    const enough = (2 * settings.looks.longestSeconds) / 10;
    expect(
      Object.fromEntries(given.map(({ worker, batches }) => [worker, batches.length])),
    ).toEqual({
      [workerNamed(2)]: enough,
      // Busy for six batches before it, it would run the last of its own when the other is free again.
      [workerNamed(1)]: enough - 6 + 1,
    });
  });

  it.each([
    ['a job that runs', { status: 'running' as const }, [[workerNamed(2), [1]]]],
    ['a job not confirmed yet', { status: 'submitting' as const }, [[workerNamed(2), [1]]]],
    ['a job that ended', { status: 'ended' as const }, [[workerNamed(1), [1]]]],
    ['a job that was lost', { status: 'lost' as const }, [[workerNamed(1), [1]]]],
  ])('are what a worker has beside %s', (_what, job, expected) => {
    expect(assigned(aLease(), [aJob(9, job)], [aBatch(1)], nobody, settings, NOW)).toEqual(
      expected,
    );
  });

  it('are none on a worker given up for lost, or in quarantine', () => {
    const [first, second] = aLease().workers;
    const lease = aLease({ workers: [{ ...first, lostAt: NOW }, { ...second }] as never });
    expect(assigned(lease, [], [aBatch(1)], nobody, settings, NOW)).toEqual([
      [workerNamed(2), [1]],
    ]);
    const quarantined = new Set([workerNamed(2)]);
    expect(assigned(aLease(), [], [aBatch(1)], quarantined, settings, NOW)).toEqual([
      [workerNamed(1), [1]],
    ]);
    expect(assign(lease, [], [], quarantined, settings, NOW).stuck).toBe(true);
  });
});

describe('a batch', () => {
  it.each([
    [-1, true],
    [0, true],
    [1, false],
  ])('is left alone until its time has come: not before now %i s', (seconds, taken) => {
    const batch = aBatch(1, { notBefore: at(seconds) });
    const { assignments, left } = assign(aLease(), [], [batch], nobody, settings, NOW);
    expect(assignments).toHaveLength(taken ? 1 : 0);
    expect([...left.keys()]).toEqual(taken ? [] : [`not before ${at(seconds)}`]);
  });

  it('goes to no worker that failed it', () => {
    const batch = aBatch(1, { excludedWorkers: [workerNamed(1)] });
    expect(assigned(aLease(), [], [batch], nobody, settings, NOW)).toEqual([[workerNamed(2), [1]]]);
  });

  it.each([
    ['may still run after its pause', 2400 - 480, false],
    ['would be cut off after it', 2400 - 479, true],
    ['waits beyond the paid time', 2400, false],
  ])('that waits asks for a term only when it %s', (_how, notBefore, expected) => {
    const batch = aBatch(1, { notBefore: at(notBefore) });
    const { needsTerm } = assign(aLease(), [], [batch], nobody, settings, NOW);
    expect(needsTerm).toBe(expected);
  });

  it('that failed before has a job to itself', () => {
    const short = (n: number, attempts: number) =>
      aBatch(n, { attempts, tasks: [{ taskId: `t-${n}`, line: 0, unitSeconds: 5 }] });
    const [one] = aLease().workers;
    const small = aLease({ workers: one ? [one] : [] });
    const jobs = (batches: BatchRow[]) => assigned(small, [], batches, nobody, settings, NOW);
    expect(jobs([short(1, 0), short(2, 1), short(3, 0)])).toEqual([[workerNamed(1), [1, 3]]]);
    expect(jobs([short(1, 1), short(2, 0), short(3, 1)])).toEqual([[workerNamed(1), [1]]]);
  });

  it('that every worker failed leaves the burst stuck, unless others can run', () => {
    const excludedWorkers = [workerNamed(1), workerNamed(2)];
    const failed = aBatch(1, { excludedWorkers });
    const alone = assign(aLease(), [], [failed], nobody, settings, NOW);
    expect(alone.stuck).toBe(true);
    expect([...alone.left]).toEqual([['failed on every worker here', [failed]]]);
    const busy = [aJob(8), aJob(9, { worker: workerNamed(2) })];
    expect(assign(aLease(), busy, [failed, aBatch(2)], nobody, settings, NOW).stuck).toBe(false);
  });

  it.each(['claimed', 'done', 'split'] as const)('that is %s is not taken', (status) => {
    expect(assigned(aLease(), [], [aBatch(1, { status })], nobody, settings, NOW)).toEqual([]);
  });

  it('counts only what has not ended', () => {
    expect(openSeconds(aBatch(1))).toBe(200);
    expect(openSeconds(aBatch(1, { settled: new Set([1]) }))).toBe(100);
  });
});

describe('the paid edge', () => {
  /** 200 s of work, half as much again for slack, and 180 s of drain before the edge. */
  const needed = 200 * 1.5 + settings.lease.drainBeforeSeconds;
  it.each([
    ['a second short', needed - 1, false],
    ['just enough', needed, true],
    ['a second to spare', needed + 1, true],
  ])('keeps work from being claimed that it would cut: %s', (_how, seconds, fits) => {
    const lease = aLease({ paidUntil: at(seconds) });
    const { assignments, needsTerm, left } = assign(lease, [], [aBatch(1)], nobody, settings, NOW);
    expect(assignments).toHaveLength(fits ? 1 : 0);
    expect(needsTerm).toBe(!fits);
    expect([...left.keys()]).toEqual(fits ? [] : ['needs another term']);
  });

  it.each([
    ['far away: URLs live as long as a job may', 7200, settings.lease.jobSeconds],
    ['near: the job ends with the drain', 1000, 1000 - settings.lease.drainBeforeSeconds],
  ])('or the job limit ends a job, whichever is first (%s)', (_which, paidSeconds, deadline) => {
    const lease = aLease({ paidUntil: at(paidSeconds) });
    const [first] = assign(lease, [], [aBatch(1)], nobody, settings, NOW).assignments;
    expect(first?.deadlineAt).toBe(at(deadline));
  });

  it('that is unknown claims nothing', () => {
    const lease = aLease({ paidUntil: undefined });
    expect(assigned(lease, [], [aBatch(1)], nobody, settings, NOW)).toEqual([]);
  });
});

describe('what a slot has loaded', () => {
  const keyed = (n: number, affinityKey: string, unitSeconds = 20) =>
    aBatch(n, { affinityKey, tasks: [{ taskId: `t-${n}`, line: 0, unitSeconds }] });
  const lease = aLease({
    loaded: {
      [workerNamed(1)]: { key: 'swan', at: at(-100) },
      [workerNamed(2)]: { key: 'crane', at: at(-50) },
    },
  });

  it('draws the batches that need it', () => {
    const waiting = [keyed(1, 'crane'), keyed(2, 'swan')];
    expect(assigned(lease, [], waiting, nobody, settings, NOW)).toEqual([
      [workerNamed(1), [2]],
      [workerNamed(2), [1]],
    ]);
  });

  it('is driven out where it was wanted longest ago, unless a batch that waits wants it', () => {
    expect(assigned(lease, [], [keyed(1, 'heron')], nobody, settings, NOW)).toEqual([
      [workerNamed(1), [1]],
    ]);
    const waiting = [keyed(1, 'heron'), keyed(2, 'swan')];
    expect(assigned(lease, [], waiting, nobody, settings, NOW)).toEqual([
      [workerNamed(1), [2]],
      [workerNamed(2), [1]],
    ]);
  });

  it.each([
    [74, workerNamed(1)],
    [76, workerNamed(2)],
  ])('is worth waiting for while that takes no longer than a load: %i s', (seconds, worker) => {
    const running = keyed(9, 'swan', seconds);
    const job = aJob(1, {
      submittedAt: NOW,
      batches: [{ batchId: running.batchId, batchFence: 1 }],
    });
    const rows = [{ ...running, status: 'claimed' as const }, keyed(1, 'swan')];
    expect(assigned(lease, [job], rows, nobody, settings, NOW)).toEqual([[worker, [1]]]);
  });

  it.each([
    ['is left to the slot that has it sooner', [], []],
    ['is loaded elsewhere where that slot may not have it', [1], [[workerNamed(2), [1]]]],
  ])('%s', (_what, excluded, expected) => {
    const [long, short] = [keyed(8, 'swan', 100), keyed(9, 'crane', 30)];
    const jobs = [long, short].map(({ batchId }, n) =>
      aJob(8 + n, {
        ...{ worker: workerNamed(n + 1), submittedAt: NOW },
        batches: [{ batchId, batchFence: 1 }],
      }),
    );
    const claimed = [long, short].map((row) => ({ ...row, status: 'claimed' as const }));
    const batch = { ...keyed(1, 'swan'), excludedWorkers: excluded.map(workerNamed) };
    const rows = [...claimed, batch];
    const bySlot = aLease({
      loaded: {
        [workerNamed(1)]: { key: 'swan', at: NOW },
        [workerNamed(2)]: { key: 'crane', at: NOW },
      },
    });
    expect(assigned(bySlot, jobs, rows, nobody, settings, NOW)).toEqual(expected);
  });

  it('keeps no slot idle that has nothing', () => {
    const waiting = [1, 2, 3, 4].map((n) => keyed(n, 'swan', 60));
    expect(assigned(aLease(), [], waiting, nobody, settings, NOW)).toEqual([
      [workerNamed(1), [1, 3]],
      [workerNamed(2), [2, 4]],
    ]);
  });
});

describe('any assignment', () => {
  const batches = fc.array(
    fc.record({
      unitSeconds: fc.integer({ min: 1, max: 1500 }),
      excluded: fc.subarray([1, 2, 3]),
      late: fc.integer({ min: -5, max: 5 }),
      status: fc.constantFrom('open' as const, 'open' as const, 'claimed' as const),
    }),
    { maxLength: 30 },
  );
  const workers = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
  const busy = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 6 });

  it('gives a slot one job at most, takes no batch twice and never passes the edge', () => {
    fc.assert(
      fc.property(
        batches,
        workers,
        busy,
        fc.integer({ min: 0, max: 4000 }),
        (drawn, slots, jobsOn, paid) => {
          const lease = aLease({
            paidUntil: at(paid),
            workers: slots.map((count, n) => ({
              workerId: workerNamed(n + 1),
              url: 'virtual://x',
              slots: count,
            })),
          });
          const rows = drawn.map(({ unitSeconds, excluded, late, status }, n) =>
            aBatch(n, {
              status,
              tasks: [{ taskId: `t-${n}`, line: 0, unitSeconds }],
              excludedWorkers: excluded.map(workerNamed),
              notBefore: at(late),
            }),
          );
          const jobs = jobsOn.map((worker, n) => aJob(n + 1, { worker: workerNamed(worker) }));
          const { assignments, left } = assign(lease, jobs, rows, nobody, settings, NOW);

          for (const { workerId, slots: all } of lease.workers) {
            const own = assignments.filter(({ worker }) => worker === workerId).length;
            expect(own).toBeLessThanOrEqual(all);
          }
          const taken = assignments.flatMap((one) => one.batches.map(({ batchId }) => batchId));
          expect(new Set(taken).size).toBe(taken.length);
          const open = rows.filter(({ status }) => status === 'open').map(({ batchId }) => batchId);
          expect(
            [...taken, ...[...left.values()].flat().map(({ batchId }) => batchId)].toSorted(),
          ).toEqual(open.toSorted());
          for (const { worker, batches: own, deadlineAt } of assignments) {
            expect(deadlineAt <= (drainAt(lease, settings) ?? NOW)).toBe(true);
            expect(deadlineAt <= at(settings.lease.jobSeconds)).toBe(true);
            for (const batch of own) {
              expect(batch.excludedWorkers).not.toContain(worker);
              expect((batch.notBefore ?? NOW) <= NOW).toBe(true);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
