import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

export interface IntakeQueueProps {
  /** Intake knows the tenant by this name. */
  readonly queueName: string;
  /** Intake. */
  readonly consumer: IFunction;
  readonly consumerTimeout: Duration;
  /** Calls of the consumer at a time. */
  readonly concurrency: number;
}

/** As many as one batch of tasks may hold. */
const MESSAGES_PER_CALL = 100;

/** How long a call that is not full waits for more messages: tasks of one collection arrive together. */
const WINDOW = Duration.seconds(5);

/** Each further delivery comes one visibility timeout, about six minutes, after the one before. */
const MAX_RECEIVES = 5;

/** One tenant's way in, and the dead letters of what intake could not deal with in five deliveries. */
export class IntakeQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: IntakeQueueProps) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      queueName: `${props.queueName}-dead-letters`,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.queue = new Queue(this, 'Queue', {
      queueName: props.queueName,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Below the dead letters' own: SQS counts their age from the first queue on.
      retentionPeriod: Duration.days(4),
      visibilityTimeout: Duration.seconds(
        6 * props.consumerTimeout.toSeconds() + WINDOW.toSeconds(),
      ),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
    props.consumer.addEventSource(
      new SqsEventSource(this.queue, {
        batchSize: MESSAGES_PER_CALL,
        maxBatchingWindow: WINDOW,
        maxConcurrency: props.concurrency,
        reportBatchItemFailures: true,
      }),
    );
  }
}
