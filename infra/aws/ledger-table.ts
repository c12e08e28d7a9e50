import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
} from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';

/** The sweep's index. */
const DUE = 'due';

export interface LedgerTableProps {
  /** Whether it stays when the stack goes, and refuses to be deleted before. */
  readonly keeps: boolean;
}

/** The ledger: one table, paid by the request, restorable to any second of the last 35 days. */
export class LedgerTable extends Construct {
  readonly table: Table;
  /** The sparse index of rows the sweep looks at. */
  readonly dueIndexArn: string;
  readonly streamArn: string;

  constructor(scope: Construct, id: string, { keeps }: LedgerTableProps) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // On the records of refused messages only. Nothing depends on when, or whether, a row goes.
      timeToLiveAttribute: 'expiresAt',
      // Both images of a row: what has ended is told from what had ended before.
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      // It is the account of the money that was spent.
      removalPolicy: keeps ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      deletionProtection: keeps,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: DUE,
      partitionKey: { name: 'dueOf', type: AttributeType.STRING },
      sortKey: { name: 'dueAt', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    const { tableStreamArn } = this.table;
    if (tableStreamArn === undefined) throw new Error('the ledger has no stream');
    this.streamArn = tableStreamArn;
    this.dueIndexArn = `${this.table.tableArn}/index/${DUE}`;
  }
}
