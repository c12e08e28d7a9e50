import { BENCH_GPU } from './bench-settings.ts';
import { type Measures, type OverSeeds, overSeeds } from './measures.ts';
import { svgPlot } from './plot.ts';
import type { PolicyReport, PolicyRow } from './policy-bench.ts';
import { PROVISIONING } from './provisioning.ts';
import { tableLines } from './table.ts';

/** Everything a figure depends on; printed beside each. */
export interface Conditions {
  readonly trace: string;
  readonly tasks: number;
  readonly clusterGpus: number | 'mixed';
  readonly bill: string;
  readonly boundWaitSeconds: number;
  readonly seeds: number;
  readonly churn: string;
}

const CAVEAT =
  'The bound knows the whole trace and leaves out capacity, provisioning and failures: 1.00 is not always within reach. A policy whose tasks wait longer than the bound allows may even fall below it.';

const PROVISIONED = `lognormal, median ${PROVISIONING.medianSeconds} s, sigma ${PROVISIONING.sigma}, clipped to ${PROVISIONING.leastSeconds}-${PROVISIONING.mostSeconds} s (assumed)`;

/** Hours that count: of clusters where all are alike, of GPUs where sizes are mixed. */
const hoursOf = ({ clusterGpus }: Conditions) =>
  clusterGpus === 'mixed' ? 'gpuHours' : 'clusterHours';

const over = (row: PolicyRow, of: (measures: Measures) => number): OverSeeds =>
  overSeeds(row.seeds.map(of));

export function policyLines(report: PolicyReport, conditions: Conditions): string[] {
  const hours = hoursOf(conditions);
  const bound = report.bound[hours];
  const both = ({ median, worst }: OverSeeds, digits: number) =>
    `${median.toFixed(digits)} / ${worst.toFixed(digits)}`;
  const rows = report.rows.map((row) => [
    row.policy,
    both(
      over(row, (one) => one[hours]),
      1,
    ),
    both(
      over(row, (one) => one[hours] / bound),
      3,
    ),
    over(row, (one) => one.waitP50Seconds).median.toFixed(0),
    both(
      over(row, (one) => one.waitP95Seconds),
      0,
    ),
    both(
      over(row, (one) => one.waitP99Seconds),
      0,
    ),
    over(row, (one) => one.waitMaxSeconds).worst.toFixed(0),
    over(row, (one) => one.leases).median.toFixed(0),
    over(row, (one) => one.loadsPerTask).median.toFixed(3),
  ]);
  const unit = hours === 'gpuHours' ? 'GPU-hours' : 'cluster-hours';
  return [
    `${conditions.trace}: ${conditions.tasks} tasks, clusters of ${conditions.clusterGpus} GPUs, bill ${conditions.bill}, churn ${conditions.churn}`,
    `seeds 1 to ${conditions.seeds}, median / worst; provisioning ${PROVISIONED}`,
    `bound with a longest wait of ${conditions.boundWaitSeconds} s: ${bound.toFixed(1)} ${unit}. ${CAVEAT}`,
    '',
    ...tableLines(
      ['policy', unit, '/ bound', 'wait p50', 'p95', 'p99', 'max', 'leases', 'loads/task'],
      rows,
    ),
    '',
    ...report.rows.flatMap(({ policy, note }) =>
      note === undefined ? [] : [`${policy}: ${note}`],
    ),
    ...controlPlane(report),
    ...cheapestFixed(report, conditions),
  ];
}

/** What AWS takes beside the GPUs. */
function controlPlane({ rows }: PolicyReport): string[] {
  return rows.flatMap((row) => {
    const { controlPlaneUsd: usd } = row;
    const share = controlPlaneShare(row);
    if (usd === undefined || share === undefined) return [];
    const { median, worst } = overSeeds(usd);
    const percent = `${(100 * share.median).toFixed(2)} / ${(100 * share.worst).toFixed(2)} %`;
    return [
      `${row.policy}: control plane ${median.toFixed(2)} / ${worst.toFixed(2)} US dollars, ${percent} of the GPUs' at ${USD_PER_GPU_HOUR.toFixed(2)} an hour each (Step Functions, SQS, Lambda, DynamoDB, the idle stack between clusters included; how long calls take is assumed)`,
    ];
  });
}

const USD_PER_GPU_HOUR = BENCH_GPU.microUsdPerGpuHour / 1e6;

/** Of what the GPUs cost, seed by seed. */
function controlPlaneShare({ seeds, controlPlaneUsd }: PolicyRow): OverSeeds | undefined {
  if (controlPlaneUsd === undefined) return undefined;
  return overSeeds(
    seeds.map(
      (one, seed) => (controlPlaneUsd[seed] ?? Number.NaN) / (one.gpuHours * USD_PER_GPU_HOUR),
    ),
  );
}

/** What mixed sizes come to beside the best single size. */
function cheapestFixed(report: PolicyReport, conditions: Conditions): string[] {
  if (conditions.clusterGpus !== 'mixed') return [];
  const { ratio, name } = ratioToFixed(report);
  return [
    `burst / cheapest fixed size (${name}), seed by seed: ${ratio.median.toFixed(3)} / ${ratio.worst.toFixed(3)}`,
  ];
}

function ratioToFixed({ rows }: PolicyReport): { ratio: OverSeeds; name: string } {
  const fixed = rows
    .filter(({ policy, note }) => policy.startsWith('hour-edge-') && note?.startsWith('cheapest'))
    .toSorted((a, b) => over(a, gpuHours).median - over(b, gpuHours).median)[0];
  const ours = rows.find(({ policy }) => policy === 'burst');
  const ratios = (ours?.seeds ?? []).map(
    (one, seed) => one.gpuHours / (fixed?.seeds[seed]?.gpuHours ?? Number.NaN),
  );
  return { ratio: overSeeds(ratios), name: fixed?.policy ?? 'none keeps the wait' };
}

const gpuHours = (measures: Measures) => measures.gpuHours;

export function policyJson(report: PolicyReport, conditions: Conditions): object {
  const hours = hoursOf(conditions);
  const summary = (row: PolicyRow, pick: 'median' | 'worst') => {
    const [first] = row.seeds;
    const names = Object.keys(first ?? {});
    return Object.fromEntries([
      ...names.map((name) => [name, over(row, (one) => Number(Reflect.get(one, name)))[pick]]),
      ['ratioToBound', over(row, (one) => one[hours] / report.bound[hours])[pick]],
    ]);
  };
  return {
    bench: 'policy',
    conditions: { ...conditions, provisioning: PROVISIONING, caveat: CAVEAT },
    bound: report.bound,
    rows: report.rows.map((row) => ({
      policy: row.policy,
      ...(row.note === undefined ? {} : { note: row.note }),
      median: summary(row, 'median'),
      worst: summary(row, 'worst'),
      seeds: row.seeds,
      ...(row.controlPlaneUsd === undefined
        ? {}
        : { controlPlaneUsd: row.controlPlaneUsd, controlPlaneShare: controlPlaneShare(row) }),
    })),
    ...(conditions.clusterGpus === 'mixed' ? { toCheapestFixed: ratioToFixed(report) } : {}),
  };
}

/** Cost against wait, one point per policy and seed. */
export function policyPlot(report: PolicyReport, conditions: Conditions): string {
  const hours = hoursOf(conditions);
  return svgPlot({
    title: 'Paid hours against the wait',
    subtitle: `${conditions.tasks} tasks, clusters of ${conditions.clusterGpus} GPUs, bill ${conditions.bill}; one mark per seed`,
    xLabel: hours === 'gpuHours' ? 'paid GPU-hours (log)' : 'paid cluster-hours (log)',
    yLabel: 'p99 wait, seconds (log)',
    xLog: true,
    yLog: true,
    xLine: {
      at: report.bound[hours],
      label: `bound, waits up to ${conditions.boundWaitSeconds} s`,
    },
    marks: report.rows.flatMap(({ policy, seeds }) =>
      seeds.map((one) => ({
        label: policy,
        x: one[hours],
        y: one.waitP99Seconds,
        strong: policy === 'burst',
      })),
    ),
  });
}
