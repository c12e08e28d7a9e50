import { MEANINGS } from './invariants/invariant.ts';
import type { Report } from './report.ts';

/** A campaign in words. */
export function reportLines(report: Report): string[] {
  const { coverage, violations, counts } = report;
  const rows = Object.entries(coverage.catalogueRow);
  const edges = Object.entries(coverage.stateEdge);
  const rates =
    report.providerErrors === undefined
      ? `at ${report.multiplier} times the fault rates`
      : `with ${report.providerErrors * 100} % errors of the provider`;
  const never = edges.filter(([, taken]) => taken === 0).map(([edge]) => edge);
  return [
    `${report.schedules} schedules from seed ${report.seed} ${rates}: ` +
      `${report.tasks} tasks, ${report.clusters} clusters, ${report.faultsInjected} faults, ` +
      `${report.virtualYears} virtual years`,
    `${report.schedulesPerSecond} schedules a second, ${report.cpuMillisecondsPerSchedule} ms of processor each`,
    `catalogue rows: ${rows.filter(([, n]) => n > 0).length} of ${rows.length} exercised; ` +
      `edges of the machine: ${edges.length - never.length} of ${edges.length} taken`,
    ...never.map((edge) => `  never: ${edge}`),
    `${report.surplusClusters} surplus clusters of orders carried out twice`,
    `violations: ${violations.length}`,
    ...Object.entries(counts).map(([what, n]) => `  ${what}: ${n}`),
    ...violations
      .slice(0, 20)
      .map(
        ({ seed, invariant, atSeconds, what }) =>
          `  seed ${seed} at ${atSeconds.toFixed(0)} s: ${invariant} (${MEANINGS[invariant]}): ${what}`,
      ),
  ];
}
