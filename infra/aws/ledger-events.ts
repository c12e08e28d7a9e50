import { Duration } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { FilterCriteria, FilterRule, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { LedgerTable } from './ledger-table.ts';
import { StageFunction } from './stage-function.ts';

export interface LedgerEventsProps {
  /** Of the deployment; the bus is called `<name>-events`. */
  readonly name: string;
  readonly ledger: LedgerTable;
  readonly logRetention: RetentionDays;
}

/** How long a change that cannot be told is tried again; the stream forgets it after a day. */
const TRIED_FOR = Duration.hours(20);

/**
 * An EventBridge bus that hears of every ended task and every closed burst, from the ledger's stream. At least
 * once: a consumer drops what it has seen by `detail.id`, and asks the ledger when it must be sure.
 */
export class LedgerEvents extends Construct {
  readonly bus: EventBus;
  readonly teller: StageFunction;
  /** Where in the stream changes lie that could not be told for twenty hours. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: LedgerEventsProps) {
    super(scope, id);
    this.bus = new EventBus(this, 'Bus', { eventBusName: `${props.name}-events` });
    this.deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    this.teller = new StageFunction(this, 'events', {
      stage: 'events',
      memoryMiB: 256,
      timeout: Duration.seconds(30),
      environment: { BURST_BUS: this.bus.eventBusName, BURST_STACK: props.name },
      logRetention: props.logRetention,
      reserved: undefined,
    });
    this.teller.allow(['events:PutEvents'], [this.bus.eventBusArn]);
    this.teller.allow(['sqs:SendMessage'], [this.deadLetters.queueArn]);
    this.teller.allow(
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
      [props.ledger.streamArn],
    );
    // Lambda asks for all four when the mapping is made; this one knows no smaller resource.
    this.teller.allow(['dynamodb:ListStreams'], ['*']);
    const source = this.teller.lambda.addEventSourceMapping('Stream', {
      eventSourceArn: props.ledger.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      maxBatchingWindow: Duration.seconds(1),
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      maxRecordAge: TRIED_FOR,
      // CDK's own destination would let the function ask about the queue, too.
      onFailure: { bind: () => ({ destination: this.deadLetters.queueArn }) },
      // Changes that end nothing are neither read nor paid for.
      filters: [
        endings('T#', { status: { S: FilterRule.or('done', 'failed', 'cancelled') } }),
        endings('L#', { phase: { S: FilterRule.or('settled', 'teardown-owed') } }),
      ],
    });
    // The policy must be there before the mapping reads the stream for the first time.
    source.node.addDependency(this.teller.grantPrincipal);
  }
}

const endings = (prefix: string, NewImage: object) =>
  FilterCriteria.filter({
    dynamodb: { Keys: { pk: { S: FilterRule.beginsWith(prefix) } }, NewImage },
  });
