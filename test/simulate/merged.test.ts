import { expect, it } from 'vitest';
import { createTally, merged, type Report } from '../../infra/simulate/report.ts';

const reportOf = (seed: number, faults: number): Report => {
  const tally = createTally({ seed, multiplier: 3 }, 0);
  const where = { who: 'market' };
  const strikes = Array.from({ length: faults }, (_, n) => ({
    ...{ key: `${n}`, fault: 'provider.never dies' as const, atMs: 0, where },
  }));
  tally.add({
    ...{ seed, strikes, virtualSeconds: 86_400, tasks: 8, clusters: 2, surplusClusters: 1 },
    violations: [{ invariant: 'CAP', what: 'too much', atMs: 1000 }],
    edges: new Map([['Settle -> Burst done', seed]]),
  });
  return tally.report(10, 2);
};

it('one report says what several processes found between them, in order of their seeds', () => {
  const [one, two] = [reportOf(1, 4), reportOf(2, 6)];
  const both = merged([two, one], 4);
  expect(both).toMatchObject({ seed: 1, schedules: 2, faultsInjected: 10, tasks: 16, clusters: 4 });
  expect(both).toMatchObject({ schedulesPerSecond: 0.5, cpuMillisecondsPerSchedule: 2000 });
  expect(both.violations.map(({ seed }) => seed)).toEqual([1, 2]);
  expect(both.counts).toMatchObject({ capBreaches: 2, lostTasks: 0 });
  expect(both.coverage.stateEdge['Settle -> Burst done']).toBe(3);
  const rowsIn = ({ coverage }: Report) =>
    Object.values(coverage.catalogueRow).reduce((sum, count) => sum + count);
  expect(rowsIn(both)).toBe(rowsIn(one) + rowsIn(two));
});

it('the report of one process is what it was', () => {
  const one = reportOf(1, 4);
  expect(merged([one], 4)).toBe(one);
});
