import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  PeriodOverride,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { burstMetric, type MetricDimensions } from './burst-metric.ts';
import type { Deployment } from './deployment.ts';
import type { MetricName } from './functions/emf.ts';

export interface BurstDashboardProps {
  readonly deployment: Deployment;
  readonly stateMachine: IStateMachine;
  /** The sweep's, which says what waits and why. */
  readonly sweepLog: ILogGroup;
  readonly deadLetters: ReadonlyMap<string, IQueue>;
  readonly alarms: readonly IAlarm[];
}

/** Columns of a CloudWatch dashboard. */
const FULL = 24;
const THIRD = 8;
const HEIGHT = 6;

/** The latest word on each profile that has open batches. */
const WHAT_WAITS = [
  'fields @timestamp, tenant, profile, tasks, oldestSeconds, bursts, reason',
  'filter event = "waiting"',
  'sort @timestamp desc',
  'dedup profile',
  'display tenant, profile, tasks, oldestSeconds, bursts, reason',
];

/** One page that answers what a person asks about a deployment. */
export class BurstDashboard extends Construct {
  readonly dashboard: Dashboard;

  readonly #deployment: Deployment;

  constructor(scope: Construct, id: string, props: BurstDashboardProps) {
    super(scope, id);
    this.#deployment = props.deployment;
    const { name, tenants } = props.deployment;
    this.dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: name,
      defaultInterval: Duration.hours(6),
      periodOverride: PeriodOverride.AUTO,
      widgets: [
        [
          new AlarmStatusWidget({
            title: 'Does anything need a person?',
            alarms: [...props.alarms],
            width: FULL,
            height: 3,
          }),
        ],
        [
          graph('What runs?', [
            props.stateMachine.metricStarted({ label: 'executions started' }),
            props.stateMachine.metricSucceeded({ label: 'succeeded' }),
            props.stateMachine.metricFailed({ label: 'failed' }),
          ]),
          graph(
            'Clusters alive, and dollars per hour',
            [this.#metric('ClustersAlive')],
            [this.#metric('UsdPerHour')],
          ),
          graph('Spend today against the cap, dollars', [
            this.#metric('CommittedUsd', { scope: 'day' }, 'billed and held today'),
            this.#metric('CapUsd', { scope: 'day' }, 'cap of the day'),
          ]),
        ],
        [
          graph(
            'How long does the oldest task wait, seconds?',
            tenants.map(({ tenant }) => this.#metric('OldestWaitingSeconds', { tenant }, tenant)),
          ),
          new LogQueryWidget({
            title: 'What waits, and why?',
            logGroupNames: [props.sweepLog.logGroupName],
            queryLines: WHAT_WAITS,
            view: LogQueryVisualizationType.TABLE,
            width: FULL - THIRD,
            height: HEIGHT,
          }),
        ],
        [
          graph(
            'Tasks ended per minute',
            (['done', 'failed', 'cancelled'] as const).map((status) =>
              this.#metric('TasksEnded', { status }, status),
            ),
          ),
          graph(
            'Tasks waiting, in the profile that has most',
            tenants.map(({ tenant }) => this.#metric('WaitingTasks', { tenant }, tenant)),
          ),
          graph('Results that failed verification', [this.#metric('VerificationFailures')]),
        ],
        [
          graph('Surplus and orphan clusters', [
            this.#metric('SurplusClusters'),
            this.#metric('OrphanClusters'),
            this.#metric('OtherHardware', {}, 'not what was paid for'),
          ]),
          graph(
            'Dead letters',
            Array.from(props.deadLetters, ([label, queue]) =>
              queue.metricApproximateNumberOfMessagesVisible({ label, statistic: 'Maximum' }),
            ),
          ),
          graph('Spend over the life of the deployment, dollars', [
            this.#metric('CommittedUsd', { scope: 'stack' }, 'billed and held'),
            this.#metric('CapUsd', { scope: 'stack' }, 'cap'),
          ]),
        ],
      ],
    });
  }

  #metric(name: MetricName, dimensions: MetricDimensions = {}, label: string = name): IMetric {
    return burstMetric(this.#deployment.name, name, dimensions, { label });
  }
}

const graph = (title: string, left: IMetric[], right: IMetric[] = []): IWidget =>
  new GraphWidget({
    title,
    left,
    right,
    width: THIRD,
    height: HEIGHT,
    period: Duration.minutes(1),
  });
