import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alwaysOn,
  hourEdgeHold,
  idleTimeout,
  kedaLike,
  oneClusterPerTask,
  waitThenHold,
} from '../../infra/bench/baselines.ts';
import { BILL_NAMES, BILLS, paidSeconds } from '../../infra/bench/bill.ts';
import { clairvoyantBound } from '../../infra/bench/bound.ts';
import { NO_CHURN } from '../../infra/bench/churn.ts';
import { runFleet } from '../../infra/bench/fleet.ts';
import { tasksOf } from './make.ts';

describe('a bill', () => {
  it.each([
    ['ionet', 0, 3600],
    ['ionet', 3600, 3600],
    ['ionet', 3600.5, 3601],
    ['exact', 0, 0],
    ['exact', 59.2, 60],
    ['hourly', 1, 3600],
    ['hourly', 3600, 3600],
    ['hourly', 3601, 7200],
  ] as const)('by the rule %s of %d s is %d s', (rule, alive, paid) => {
    expect(paidSeconds(BILLS[rule], alive)).toBe(paid);
  });
});

const bound = (tasks: ReturnType<typeof tasksOf>, maxWaitSeconds: number, clusterGpus = 8) =>
  clairvoyantBound(tasks, BILLS.ionet, { clusterGpus, maxWaitSeconds });

describe('the clairvoyant bound', () => {
  it('of one short task is the hour nobody gets back', () => {
    expect(bound(tasksOf([0, 10]), 0)).toBe(3600);
  });

  it('of one long task is its length', () => {
    expect(bound(tasksOf([0, 5000]), 0)).toBe(5000);
    expect(bound(tasksOf([0, 5000]), 600)).toBe(4400);
  });

  it('bridges a gap or pays two hours, whichever is less', () => {
    expect(bound(tasksOf([0, 10], [5000, 10]), 0)).toBe(5010);
    expect(bound(tasksOf([0, 10], [7300, 10]), 0)).toBe(7200);
  });

  it('puts two tasks into one hour that waiting brings close enough', () => {
    const apart = tasksOf([0, 10], [4100, 10]);
    expect(bound(apart, 600)).toBe(3600);
    expect(bound(apart, 500)).toBe(3610);
    expect(bound(apart, 0)).toBe(4110);
  });

  it('is no less than the work on all GPUs of the cluster', () => {
    const together = tasksOf(...Array.from({ length: 100 }, () => [0, 1000] as const));
    expect(bound(together, 0, 8)).toBe(12_500);
  });
});

/** The recurrence as it stands in the book, without a thought for time. */
function asDefined(tasks: ReturnType<typeof tasksOf>, bill: keyof typeof BILLS, wait: number) {
  const from = (i: number): number =>
    i >= tasks.length
      ? 0
      : Math.min(
          ...tasks.slice(i).map((_, n) => {
            const window = tasks.slice(i, i + n + 1);
            const end = Math.max(...window.map((one) => one.arrivalSeconds + one.serviceSeconds));
            const open = (window[0]?.arrivalSeconds ?? 0) + wait;
            return paidSeconds(BILLS[bill], end - open) + from(i + n + 1);
          }),
        );
  return from(0);
}

it('the bound is what its definition says, shortcuts or not', () => {
  const few = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 1, max: 1500 })), {
      minLength: 1,
      maxLength: 8,
    })
    .map((pairs) => tasksOf(...pairs.sort(([a], [b]) => a - b)));
  fc.assert(
    fc.property(few, fc.constantFrom(...BILL_NAMES), fc.nat({ max: 4000 }), (tasks, bill, wait) => {
      const options = { clusterGpus: 1e12, maxWaitSeconds: wait };
      expect(clairvoyantBound(tasks, BILLS[bill], options)).toBeCloseTo(
        asDefined(tasks, bill, wait),
        6,
      );
    }),
    { numRuns: 200 },
  );
});

const arrivals = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: 1, max: 1500 })), {
    minLength: 1,
    maxLength: 25,
  })
  .map((pairs) => tasksOf(...pairs.sort(([a], [b]) => a - b)));

describe('every baseline', () => {
  const policies = [
    alwaysOn,
    oneClusterPerTask,
    idleTimeout(4),
    kedaLike(4),
    hourEdgeHold(4),
    hourEdgeHold(4, 3),
    waitThenHold(4),
  ];

  it.each(policies.map((policy) => [policy.name, policy] as const))(
    '%s runs every task once, on no GPU twice, and pays no less than the bound',
    (_name, policy) => {
      fc.assert(
        fc.property(
          arrivals,
          fc.integer({ min: 1, max: 900 }),
          fc.constantFrom(...BILL_NAMES),
          (tasks, delay, billName) => {
            const provisioningSeconds = () => delay;
            const options = { tasks, clusterGpus: 4, provisioningSeconds, churn: NO_CHURN };
            const run = runFleet(policy, options);
            expect(run.tasks.map(({ task }) => task.name).sort()).toEqual(
              tasks.map(({ name }) => name).sort(),
            );
            for (const { startSeconds } of run.tasks) {
              const at = (time: number) => (one: { startSeconds: number; endSeconds: number }) =>
                one.startSeconds <= time && time < one.endSeconds;
              const busy = run.tasks.filter(at(startSeconds)).length;
              expect(busy).toBeLessThanOrEqual(4 * run.leases.filter(at(startSeconds)).length);
            }
            const waits = run.tasks.map((one) => one.startSeconds - one.task.arrivalSeconds);
            const rule = BILLS[billName];
            const paid = run.leases.reduce(
              (sum, lease) => sum + paidSeconds(rule, lease.endSeconds - lease.startSeconds),
              0,
            );
            const maxWaitSeconds = Math.max(...waits);
            const least = clairvoyantBound(tasks, rule, { clusterGpus: 4, maxWaitSeconds });
            expect(paid).toBeGreaterThanOrEqual(least - 1e-6);
          },
        ),
        { numRuns: 60 },
      );
    },
  );
});
