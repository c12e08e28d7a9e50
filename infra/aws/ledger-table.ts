import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';

/** The sweep's index. */
const DUE = 'due';

/** The ledger: one table, paid by the request, restorable to any second of the last 35 days. */
export class LedgerTable extends Construct {
  readonly table: Table;
  /** The sparse index of rows the sweep looks at. */
  readonly dueIndexArn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // On the records of refused messages only. Nothing depends on when, or whether, a row goes.
      timeToLiveAttribute: 'expiresAt',
      // It is the account of the money that was spent.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: DUE,
      partitionKey: { name: 'dueOf', type: AttributeType.STRING },
      sortKey: { name: 'dueAt', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.dueIndexArn = `${this.table.tableArn}/index/${DUE}`;
  }
}
