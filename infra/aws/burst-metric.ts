import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS, type MetricName, NAMESPACE } from './functions/emf.ts';

/** What tells the series of one metric apart. */
export interface MetricDimensions {
  readonly tenant?: string;
  /** How a task ended. */
  readonly status?: 'done' | 'failed' | 'cancelled';
  /** Of a cap: `stack`, `day`, `hedge` or `tenant#<name>`. */
  readonly scope?: string;
}

/**
 * A metric of one deployment, by the minute. Counts are summed; what is a state, such as living clusters, is the
 * highest seen.
 *
 * @throws RangeError for dimensions by which the metric is not told apart.
 */
export function burstMetric(
  deployment: string,
  name: MetricName,
  { tenant, status, scope }: MetricDimensions = {},
  options: MetricOptions = {},
): Metric {
  const given = Object.entries({ Tenant: tenant, Status: status, Scope: scope }).flatMap(
    ([dimension, value]) => (value === undefined ? [] : [[dimension, value] as const]),
  );
  const said = given.map(([one]) => one).join(' and ') || 'nothing';
  const series = METRICS[name].series.map((by) => by.join(' and ') || 'nothing');
  if (!series.includes(said)) {
    throw new RangeError(`${name} is told apart by ${series.join(', or by ')}; got ${said}`);
  }
  return new Metric({
    namespace: NAMESPACE,
    metricName: name,
    dimensionsMap: { Stack: deployment, ...Object.fromEntries(given) },
    statistic: STATES.has(name) ? Stats.MAXIMUM : Stats.SUM,
    period: Duration.minutes(1),
    ...options,
  });
}

const STATES: ReadonlySet<MetricName> = new Set([
  'WaitingTasks',
  'OldestWaitingSeconds',
  'ClustersAlive',
  'OrphanClusters',
  'SurplusClusters',
  'UsdPerHour',
  'CommittedUsd',
  'CapUsd',
]);
