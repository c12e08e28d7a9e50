import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { BurstScheduler } from './burst-scheduler.ts';
import type { BurstSchedulerProps } from './scheduler-props.ts';

export interface BurstStackProps extends BurstSchedulerProps {
  /**
   * Topic of another stack that alarms go to.
   *
   * @default `alarms.topic`
   */
  readonly alarmTopicArn?: string | undefined;
}

/** One Burst as a stack, with what its users need to know as outputs. */
export class BurstStack extends Stack {
  readonly scheduler: BurstScheduler;

  constructor(
    scope: Construct,
    id: string,
    { alarmTopicArn, ...props }: BurstStackProps,
    stackProps?: StackProps,
  ) {
    super(scope, id, stackProps);
    const topic = alarmTopicArn && Topic.fromTopicArn(this, 'AlarmTopic', alarmTopicArn);
    this.scheduler = new BurstScheduler(this, 'Scheduler', {
      ...props,
      ...(topic && { alarms: { ...props.alarms, topic } }),
    });
    const { tenants, ledger, artifacts, stateMachine, secret, bus, dashboard } = this.scheduler;
    const queueUrls = tenants.map((tenant) => [tenant, this.scheduler.queue(tenant).queueUrl]);
    const console = `https://${this.region}.console.aws.amazon.com`;
    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });

    output(
      'IntakeQueueUrls',
      this.toJsonString(Object.fromEntries(queueUrls)),
      'Where tasks are sent, by tenant',
    );
    output('LedgerTableName', ledger.tableName, 'Every task, burst and dollar');
    output('ArtifactBucketName', artifacts.bucketName, 'Results, below t/<tenant>/results/');
    output('StateMachineArn', stateMachine.stateMachineArn, 'One execution per burst');
    output('SecretName', secret.secretName, 'Put the io.net key into its field ionetApiKey');
    output('EventBusName', bus.eventBusName, 'Hears of every ended task and closed burst');
    output(
      'DashboardUrl',
      `${console}/cloudwatch/home?region=${this.region}#dashboards/dashboard/${dashboard.dashboard.dashboardName}`,
      'What runs, what waits and why, what it costs',
    );
    output(
      'ExecutionsUrl',
      `${console}/states/home?region=${this.region}#/statemachines/view/${stateMachine.stateMachineArn}`,
      'The executions: one per burst, its states are sentences',
    );
  }
}
