import { describe, expect, it } from 'vitest';
import {
  alwaysOn,
  hourEdgeHold,
  idleTimeout,
  kedaLike,
  oneClusterPerTask,
  waitThenHold,
} from '../../infra/bench/baselines.ts';
import { BILLS } from '../../infra/bench/bill.ts';
import { churnOf, NO_CHURN } from '../../infra/bench/churn.ts';
import { type FleetPolicy, runFleet } from '../../infra/bench/fleet.ts';
import { measured, overSeeds, quantile } from '../../infra/bench/measures.ts';
import { provisioningTimes } from '../../infra/bench/provisioning.ts';
import { tasksOf } from './make.ts';

const run = (
  policy: FleetPolicy,
  tasks: ReturnType<typeof tasksOf>,
  { clusterGpus = 2, churn = NO_CHURN } = {},
) => runFleet(policy, { tasks, clusterGpus, provisioningSeconds: () => 100, churn });

const leases = (...parameters: Parameters<typeof run>) =>
  run(...parameters)
    .leases.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])
    .sort(([a = 0], [b = 0]) => a - b);

describe('what is rented for a task at 0 s and one at 2,000 s, 10 s each, when a cluster takes 100 s', () => {
  const two = tasksOf([0, 10], [2000, 10]);
  it.each([
    ['always-on', alwaysOn, [[0, 2010]]],
    [
      'one cluster per task',
      oneClusterPerTask,
      [
        [100, 110],
        [2100, 2110],
      ],
    ],
    [
      'five minutes idle',
      idleTimeout(2),
      [
        [100, 410],
        [2100, 2410],
      ],
    ],
    ['to the end of the hour', hourEdgeHold(2), [[100, 3700]]],
    ['ten minutes of waiting first', waitThenHold(2), [[700, 4300]]],
    [
      'a poll every 30 s',
      kedaLike(2),
      [
        [130, 450],
        [2110, 2430],
      ],
    ],
  ] as const)('by %s', (_name, policy, expected) => {
    expect(leases(policy, two)).toEqual(expected);
  });
});

it('work beyond the slots that are there or on their way orders another cluster', () => {
  const five = tasksOf([0, 50], [1, 50], [2, 50], [3, 50], [4, 50]);
  expect(leases(hourEdgeHold(2), five)).toHaveLength(3);
  expect(leases(hourEdgeHold(2, 2), five)).toHaveLength(2);
  expect(leases(hourEdgeHold(2, 5), five)).toHaveLength(1);
});

it('a cluster in use at its edge is held five minutes after its last task', () => {
  expect(leases(hourEdgeHold(2), tasksOf([0, 10], [3650, 10]))).toEqual([[100, 3960]]);
});

it('a cluster that is lost gives its task back, which begins anew', () => {
  const steps = [
    { atSeconds: 0, nodesUp: 4 },
    { atSeconds: 150, nodesUp: 0 },
    { atSeconds: 9000, nodesUp: 4 },
  ];
  const lost = run(hourEdgeHold(2), tasksOf([0, 100]), { churn: churnOf(steps, 1, 8000) });
  expect(lost.leases.map(({ endSeconds }) => endSeconds)).toEqual([150, 3850]);
  expect(lost.tasks).toMatchObject([{ startSeconds: 250, endSeconds: 350 }]);
});

describe('churn', () => {
  it('is every fall of the count, with the share that fell, over and over', () => {
    const steps = [10, 8, 9, 0].map((nodesUp, index) => ({ atSeconds: 100 * index, nodesUp }));
    const { drops } = churnOf(steps, 1, 699);
    expect(drops.map(({ atSeconds, lostShare }) => [atSeconds, lostShare])).toEqual([
      [100, 0.2],
      [300, 1],
      [400, 0.2],
      [600, 1],
    ]);
  });

  it('loses clusters in about that share, the same ones for every policy', () => {
    const steps = [
      { atSeconds: 0, nodesUp: 4 },
      { atSeconds: 10, nodesUp: 3 },
    ];
    const [churn, again] = [churnOf(steps, 3, 10), churnOf(steps, 3, 10)];
    const [drop] = churn.drops;
    if (drop === undefined) throw new Error('no drop');
    const lost = Array.from({ length: 1000 }, (_, n) => churn.isLost(drop, n));
    expect(lost).toEqual(Array.from({ length: 1000 }, (_, n) => again.isLost(drop, n)));
    const count = lost.filter(Boolean).length;
    expect(count).toBeGreaterThan(200);
    expect(count).toBeLessThan(300);
  });
});

describe('provisioning times', () => {
  it('are the same for every policy of a seed, inside their limits, around their median', () => {
    const [one, other] = [provisioningTimes(7), provisioningTimes(7)];
    const times = Array.from({ length: 2000 }, one);
    expect(times).toEqual(Array.from({ length: 2000 }, other));
    expect(Math.min(...times)).toBe(120);
    expect(Math.max(...times)).toBeLessThanOrEqual(2400);
    const median = quantile(
      times.toSorted((a, b) => a - b),
      0.5,
    );
    expect(Math.abs(median - 300)).toBeLessThan(20);
  });
});

it('measures are paid hours, waits and loads', () => {
  const tasks = tasksOf([0, 10], [2000, 10]).map((task, n) => ({ ...task, model: `m${n}` }));
  expect(measured(run(hourEdgeHold(2), tasks), BILLS.ionet)).toMatchObject({
    ...{ clusterHours: 1, gpuHours: 2, waitP50Seconds: 0, waitP99Seconds: 100, leases: 1 },
    loadsPerTask: 1,
  });
  expect(overSeeds([3, 1, 9, 2, 4])).toEqual({ median: 3, worst: 9 });
});
