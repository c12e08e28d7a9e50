import * as z from 'zod';
import { rowsOf, SIMULATED_ROWS } from './catalogue-rows.ts';
import { ALL_EDGES } from './edges.ts';
import { INVARIANTS, type Invariant } from './invariants/invariant.ts';
import type { Outcome } from './run.ts';

const Counts = z.record(z.string(), z.int().nonnegative());

/** What a campaign showed. */
export const Report = z.object({
  schedules: z.int(),
  seed: z.int(),
  multiplier: z.number(),
  /** Only calls to the provider went wrong, and so many of them. */
  providerErrors: z.number().optional(),
  faultsInjected: z.int(),
  virtualYears: z.number(),
  schedulesPerSecond: z.number(),
  cpuMillisecondsPerSchedule: z.number(),
  tasks: z.int(),
  clusters: z.int(),
  violations: z.array(
    z.object({
      seed: z.int(),
      invariant: z.enum(INVARIANTS),
      atSeconds: z.number(),
      what: z.string(),
    }),
  ),
  counts: z.object({
    orphanClusters: z.int(),
    lostTasks: z.int(),
    doubleCompletions: z.int(),
    doubleClusters: z.int(),
    capBreaches: z.int(),
    checkpointRegressions: z.int(),
    unconfirmedTeardowns: z.int(),
    falseTeardowns: z.int(),
  }),
  surplusClusters: z.int(),
  coverage: z.object({ catalogueRow: Counts, stateEdge: Counts }),
});
export type Report = z.infer<typeof Report>;

/** Adds outcomes up. */
export function createTally(
  {
    seed,
    multiplier,
    providerErrors,
  }: Pick<Report, 'seed' | 'multiplier'> & { readonly providerErrors?: number | undefined },
  startAtMs: number,
) {
  const violations: Report['violations'] = [];
  const catalogueRow: Record<string, number> = Object.fromEntries(
    SIMULATED_ROWS.map((row) => [row, 0]),
  );
  const stateEdge: Record<string, number> = Object.fromEntries(ALL_EDGES.map((edge) => [edge, 0]));
  const sums = { schedules: 0, faults: 0, seconds: 0, tasks: 0, clusters: 0, surplus: 0 };
  const count = (invariant: Invariant) =>
    violations.filter((violation) => violation.invariant === invariant).length;

  return {
    add(outcome: Outcome): void {
      sums.schedules += 1;
      sums.faults += outcome.strikes.length;
      sums.seconds += outcome.virtualSeconds;
      sums.tasks += outcome.tasks;
      sums.clusters += outcome.clusters;
      sums.surplus += outcome.surplusClusters;
      for (const strike of outcome.strikes) {
        for (const row of rowsOf(strike)) catalogueRow[row] = (catalogueRow[row] ?? 0) + 1;
      }
      for (const [edge, taken] of outcome.edges) stateEdge[edge] = (stateEdge[edge] ?? 0) + taken;
      for (const { invariant, what, atMs } of outcome.violations) {
        const atSeconds = (atMs - startAtMs) / 1000;
        violations.push({ seed: outcome.seed, invariant, atSeconds, what });
      }
    },
    report: (elapsedSeconds: number, cpuSeconds: number): Report => ({
      schedules: sums.schedules,
      seed,
      multiplier,
      ...(providerErrors === undefined ? {} : { providerErrors }),
      faultsInjected: sums.faults,
      virtualYears: round(sums.seconds / (365 * 86_400), 5),
      schedulesPerSecond: round(sums.schedules / elapsedSeconds, 2),
      cpuMillisecondsPerSchedule: round((cpuSeconds * 1000) / Math.max(1, sums.schedules), 1),
      tasks: sums.tasks,
      clusters: sums.clusters,
      violations,
      counts: {
        orphanClusters: count('NO-ORPHAN'),
        lostTasks: count('NO-LOSS'),
        doubleCompletions: count('ONCE'),
        doubleClusters: count('ONE-CLUSTER'),
        capBreaches: count('CAP'),
        checkpointRegressions: count('CHECKPOINT'),
        unconfirmedTeardowns: count('TEARDOWN'),
        falseTeardowns: count('FALSE-TEARDOWN'),
      },
      surplusClusters: sums.surplus,
      coverage: { catalogueRow, stateEdge },
    }),
  };
}

/**
 * One report of several processes that shared the schedules.
 *
 * @param elapsedSeconds - From their common start to the end of the last.
 */
export function merged(reports: readonly Report[], elapsedSeconds: number): Report {
  const [first, ...others] = reports.toSorted((a, b) => a.seed - b.seed);
  if (first === undefined) throw new Error('there is no report');
  if (others.length === 0) return first;
  const total = (of: (report: Report) => number) =>
    reports.reduce((sum, report) => sum + of(report), 0);
  const added = (of: (report: Report) => Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.keys(of(first)).map((name) => [name, total((report) => of(report)[name] ?? 0)]),
    );
  const schedules = total((report) => report.schedules);
  const cpu = total((report) => report.cpuMillisecondsPerSchedule * report.schedules);
  return Report.parse({
    ...first,
    schedules,
    faultsInjected: total((report) => report.faultsInjected),
    virtualYears: round(
      total((report) => report.virtualYears),
      5,
    ),
    schedulesPerSecond: round(schedules / elapsedSeconds, 2),
    cpuMillisecondsPerSchedule: round(cpu / Math.max(1, schedules), 1),
    tasks: total((report) => report.tasks),
    clusters: total((report) => report.clusters),
    violations: [first, ...others].flatMap(({ violations }) => violations),
    counts: added(({ counts }) => counts),
    surplusClusters: total((report) => report.surplusClusters),
    coverage: {
      catalogueRow: added(({ coverage }) => coverage.catalogueRow),
      stateEdge: added(({ coverage }) => coverage.stateEdge),
    },
  });
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
