import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { BurstScheduler } from './burst-scheduler.ts';
import type { BurstSchedulerProps } from './scheduler-props.ts';

/** One Burst as a stack, with what its users need to know as outputs. */
export class BurstStack extends Stack {
  readonly scheduler: BurstScheduler;

  constructor(scope: Construct, id: string, props: BurstSchedulerProps, stackProps?: StackProps) {
    super(scope, id, stackProps);
    this.scheduler = new BurstScheduler(this, 'Scheduler', props);
    const { intakeQueues, table, bucket, stateMachine, secret } = this.scheduler;
    const queueUrls = Array.from(intakeQueues, ([tenant, { queue }]) => [tenant, queue.queueUrl]);
    const output = (name: string, value: string, description: string) =>
      new CfnOutput(this, name, { value, description });

    output(
      'IntakeQueueUrls',
      this.toJsonString(Object.fromEntries(queueUrls)),
      'Where tasks are sent, by tenant',
    );
    output('LedgerTableName', table.tableName, 'Every task, burst and dollar');
    output('ArtifactBucketName', bucket.bucketName, 'Results, below t/<tenant>/results/');
    output('StateMachineArn', stateMachine.stateMachineArn, 'One execution per burst');
    output('SecretArn', secret.secretArn, 'Put the io.net key into its field ionetApiKey');
  }
}
