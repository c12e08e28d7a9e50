import * as z from 'zod';

/** Namespace of every metric. */
export const NAMESPACE = 'Burst';

/**
 * Every metric, its unit, and by what its series are told apart besides the deployment (`Stack`). CloudWatch adds
 * up nothing by itself: a total is a series of its own, told apart by nothing.
 */
export const METRICS = {
  TasksEnqueued: { unit: 'Count', series: [[], ['Tenant']] },
  MessagesRefused: { unit: 'Count', series: [['Tenant']] },
  TasksEnded: { unit: 'Count', series: [['Status'], ['Tenant', 'Status']] },
  VerificationFailures: { unit: 'Count', series: [[]] },
  OtherHardware: { unit: 'Count', series: [[]] },
  BurstsClosed: { unit: 'Count', series: [[]] },
  BilledUsd: { unit: 'None', series: [[]] },
  WaitingTasks: { unit: 'Count', series: [['Tenant']] },
  OldestWaitingSeconds: { unit: 'Seconds', series: [[], ['Tenant']] },
  ClustersAlive: { unit: 'Count', series: [[]] },
  OrphanClusters: { unit: 'Count', series: [[]] },
  SurplusClusters: { unit: 'Count', series: [[]] },
  UsdPerHour: { unit: 'None', series: [[]] },
  CommittedUsd: { unit: 'None', series: [['Scope']] },
  CapUsd: { unit: 'None', series: [['Scope']] },
  SweepPasses: { unit: 'Count', series: [[]] },
  ReapPasses: { unit: 'Count', series: [[]] },
  SegmentsStuck: { unit: 'Count', series: [[]] },
  TeardownsOwed: { unit: 'Count', series: [[]] },
  ProviderKeyRefused: { unit: 'Count', series: [[]] },
} as const;
export type MetricName = keyof typeof METRICS;

interface Measured {
  readonly metrics: Readonly<Partial<Record<MetricName, number>>>;
  readonly by?: Readonly<Record<string, string>>;
}

const usdOf = (microUsd: number): number => microUsd / 1_000_000;
const count = z.number();

/** What each line of the stages' logs measures. A line of another shape measures nothing. */
const RULES = new Map<string, z.ZodType<Measured>>(
  Object.entries({
    intake: z
      .object({ tenant: z.string(), tasks: count, refused: count })
      .transform(({ tenant, tasks, refused }) => ({
        metrics: { TasksEnqueued: tasks, MessagesRefused: refused },
        by: { Tenant: tenant },
      })),
    ended: z.union([
      z
        .object({ type: z.literal('Task Ended'), tenant: z.string(), status: z.string() })
        .transform(({ tenant, status }) => ({
          metrics: { TasksEnded: 1 },
          by: { Tenant: tenant, Status: status },
        })),
      z
        .object({
          type: z.literal('Burst Closed'),
          phase: z.literal('settled'),
          billedMicroUsd: count.default(0),
        })
        .transform(({ billedMicroUsd }) => ({
          metrics: { BurstsClosed: 1, BilledUsd: usdOf(billedMicroUsd) },
        })),
    ]),
    'result rejected': z.object({}).transform(() => ({ metrics: { VerificationFailures: 1 } })),
    'other hardware': z.object({}).transform(() => ({ metrics: { OtherHardware: 1 } })),
    'late worker left out': z.object({}).transform(() => ({ metrics: { OtherHardware: 1 } })),
    waiting: z
      .object({ tenant: z.string(), tasks: count, oldestSeconds: count })
      .transform(({ tenant, tasks, oldestSeconds }) => ({
        metrics: { WaitingTasks: tasks, OldestWaitingSeconds: oldestSeconds },
        by: { Tenant: tenant },
      })),
    money: z
      .object({ scope: z.string(), capMicroUsd: count, availableMicroUsd: count })
      .transform(({ scope, capMicroUsd, availableMicroUsd }) => ({
        metrics: {
          CommittedUsd: usdOf(capMicroUsd - availableMicroUsd),
          CapUsd: usdOf(capMicroUsd),
        },
        // Every day has rows of its own, and one metric.
        by: { Scope: scope.replace(/^(day|hedge)#.*/, '$1') },
      })),
    reap: z
      .object({ alive: count, orphans: count, surplus: count, microUsdPerHour: count })
      .transform(({ alive, orphans, surplus, microUsdPerHour }) => ({
        metrics: {
          ReapPasses: 1,
          ClustersAlive: alive,
          OrphanClusters: orphans,
          SurplusClusters: surplus,
          UsdPerHour: usdOf(microUsdPerHour),
        },
      })),
    sweep: z.object({}).transform(() => ({ metrics: { SweepPasses: 1 } })),
    'sweep lease': z
      .object({ verdict: z.enum(['take-over', 'give-to-reaper']) })
      .transform(({ verdict }) => ({
        metrics: { SegmentsStuck: 1, ...(verdict === 'take-over' ? {} : { TeardownsOwed: 1 }) },
      })),
    'Confirm teardown': z
      .object({ next: z.literal('owed') })
      .transform(() => ({ metrics: { TeardownsOwed: 1 } })),
    failed: z
      .union([
        z.object({ apiKey: z.literal('refused') }),
        z.object({ error: z.literal('SecretUnusable') }),
      ])
      .transform(() => ({ metrics: { ProviderKeyRefused: 1 } })),
  }),
);

/**
 * What one log line measures, in CloudWatch's embedded metric format: fields to add to that line.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 *
 * @param at - Milliseconds since the epoch.
 * @returns undefined for a line that measures nothing.
 */
export function emfOf(
  event: string,
  facts: Readonly<Record<string, unknown>>,
  { stack, at }: { readonly stack: string; readonly at: number },
): Readonly<Record<string, unknown>> | undefined {
  const measured = RULES.get(event)?.safeParse(facts).data;
  if (measured === undefined) return undefined;
  const dimensions = { Stack: stack, ...measured.by };
  return {
    ...dimensions,
    ...measured.metrics,
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: Object.keys(METRICS)
        .filter(isMetric)
        .filter((name) => measured.metrics[name] !== undefined)
        .map((name) => ({
          Namespace: NAMESPACE,
          Dimensions: METRICS[name].series.map((by) => ['Stack', ...by]),
          Metrics: [{ Name: name, Unit: METRICS[name].unit }],
        })),
    },
  };
}

const isMetric = (name: string): name is MetricName => Object.hasOwn(METRICS, name);
