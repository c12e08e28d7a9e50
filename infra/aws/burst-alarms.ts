import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { burstMetric } from './burst-metric.ts';
import type { Deployment } from './deployment.ts';
import type { MetricName } from './functions/emf.ts';

export interface BurstAlarmsProps {
  readonly deployment: Deployment;
  /** By the name a person knows each by: the tenant, or `ledger_events`. */
  readonly deadLetters: ReadonlyMap<string, IQueue>;
  readonly topic: ITopic | undefined;
}

/** When an alarm rings: so many of the last minutes were at or above the threshold. */
interface When {
  readonly threshold: number;
  readonly minutes: number;
  readonly outOf?: number;
}

/**
 * What a person must be called for. Each alarm is called as its entry in `docs/runbook.md`, says in a sentence
 * what to do, and links that entry.
 */
export class BurstAlarms extends Construct {
  readonly all: readonly Alarm[];

  readonly #props: BurstAlarmsProps;

  constructor(scope: Construct, id: string, props: BurstAlarmsProps) {
    super(scope, id);
    this.#props = props;
    const { alarmUsdPerHour, alarmWaitingSeconds } = props.deployment;
    this.all = [
      this.#alarm(
        'orphan-cluster',
        'A cluster is alive and no burst owns it, longer than the reaper takes. Look at the log of reap; if it cannot destroy the cluster, delete it in the io.net console.',
        this.#metric('OrphanClusters'),
        { threshold: 1, minutes: 10 },
      ),
      this.#alarm(
        'failed-teardown',
        'The end of a cluster was not confirmed and its lease says teardown-owed. Check in the io.net console that it is gone; the reaper goes on trying.',
        this.#metric('TeardownsOwed'),
        { threshold: 1, minutes: 1 },
      ),
      this.#alarm(
        'oldest-waiting-task',
        'A task waits longer than it should. The dashboard says what it waits for: a cap, a machine, or a place.',
        this.#metric('OldestWaitingSeconds', 5),
        { threshold: alarmWaitingSeconds, minutes: 2 },
      ),
      this.#alarm(
        'spend-rate',
        'The living clusters cost more per hour than the operator expects. Look at the executions that run; the caps still hold.',
        this.#metric('UsdPerHour'),
        { threshold: alarmUsdPerHour, minutes: 3, outOf: 5 },
      ),
      this.#alarm(
        'provider-key-refused',
        'io.net refuses the key, or the secret holds none. Put a valid key into the secret; tasks wait until then, and clusters that live end with their prepaid hour.',
        this.#metric('ProviderKeyRefused'),
        { threshold: 1, minutes: 1 },
      ),
      this.#silence('sweep-silent', 'SweepPasses', 'Stranded rows are not repaired.'),
      this.#silence('reap-silent', 'ReapPasses', 'Orphan clusters would not be noticed.'),
      this.#alarm(
        'stuck-segment',
        'Executions fall silent and are taken over again and again. Open the execution that was left and read the error of its last state.',
        this.#metric('SegmentsStuck', 30),
        { threshold: 2, minutes: 1 },
      ),
      ...Array.from(props.deadLetters, ([name, queue]) => this.#deadLetters(name, queue)),
    ];
  }

  #metric(name: MetricName, minutes = 1): IMetric {
    const { deployment } = this.#props;
    return burstMetric(deployment.name, name, {}, { period: Duration.minutes(minutes) });
  }

  #deadLetters(name: string, queue: IQueue): Alarm {
    return this.#alarm(
      'dead-letters',
      `Messages of ${name} were given up after several tries. Read one of them, mend its cause, then redrive the queue.`,
      queue.metricApproximateNumberOfMessagesVisible({
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      { threshold: 1, minutes: 1 },
      name,
    );
  }

  #silence(entry: string, passes: MetricName, matters: string): Alarm {
    const alarm = this.#alarm(
      entry,
      `No pass has ended well for five minutes. ${matters} Look at the errors in the log of the function.`,
      this.#metric(passes),
      { threshold: 1, minutes: 5 },
      undefined,
      {
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
        treatMissingData: TreatMissingData.BREACHING,
      },
    );
    return alarm;
  }

  #alarm(
    entry: string,
    says: string,
    metric: IMetric,
    when: When,
    about?: string,
    how: { comparisonOperator?: ComparisonOperator; treatMissingData?: TreatMissingData } = {},
  ): Alarm {
    const { deployment, topic } = this.#props;
    const name = about === undefined ? entry : `${entry}-${about}`;
    const alarm = new Alarm(this, name, {
      alarmName: `${deployment.name}-${name}`,
      alarmDescription: `${says} ${deployment.runbookUrl}#${entry}`,
      metric,
      threshold: when.threshold,
      datapointsToAlarm: when.minutes,
      evaluationPeriods: when.outOf ?? when.minutes,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...how,
    });
    if (topic !== undefined) alarm.addAlarmAction(new SnsAction(topic));
    return alarm;
  }
}
