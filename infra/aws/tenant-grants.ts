import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/** Rows whose partition key begins with the tenant. `#` ends the name: `studio` does not open `studio-7`. */
const rowsOf = (tenant: string, prefixes: readonly string[]) => ({
  'ForAllValues:StringLike': {
    'dynamodb:LeadingKeys': prefixes.map((prefix) => `${prefix}${tenant}#*`),
  },
  // Without it a request that names no key at all would satisfy the line above.
  Null: { 'dynamodb:LeadingKeys': 'false' },
});

/**
 * What `cancelTask` of the client names in its two writes: the row's end, and the batch that is told. `op` is
 * the ledger's own.
 */
export const CANCELLED_ATTRIBUTES = [
  'pk',
  'sk',
  'op',
  'status',
  'endedAt',
  'settled',
  'cancelSeen',
  'dueOf',
  'dueAt',
] as const;

/**
 * Lets a grantee see how one tenant's tasks stand: `get` and `wait` of the client. `explain` also looks at leases,
 * whose keys carry no tenant: it is for those who may read the whole ledger.
 */
export const grantStatus = (grantee: IGrantable, table: Table, tenant: string): Grant =>
  grant(grantee, ['dynamodb:GetItem', 'dynamodb:Query'], [table.tableArn], {
    ...rowsOf(tenant, ['T#', 'R#', 'P#']),
  });

/** Lets a grantee send tasks as one tenant, and upload the files they name. */
export function grantEnqueue(
  grantee: IGrantable,
  { queue, bucket }: { readonly queue: IQueue; readonly bucket: Bucket },
  tenant: string,
): Grant {
  grant(
    grantee,
    ['s3:PutObject'],
    ['inputs', 'assets'].map((prefix) => bucket.arnForObjects(`t/${tenant}/${prefix}/*`)),
  );
  return queue.grantSendMessages(grantee);
}

/** Lets a grantee read one tenant's results, and the rows that say where they are. */
export function grantResults(
  grantee: IGrantable,
  { table, bucket }: { readonly table: Table; readonly bucket: Bucket },
  tenant: string,
): Grant {
  grant(grantee, ['dynamodb:GetItem'], [table.tableArn], rowsOf(tenant, ['T#']));
  return grant(grantee, ['s3:GetObject'], [bucket.arnForObjects(`t/${tenant}/results/*`)]);
}

/** Lets a grantee cancel one tenant's tasks, and change nothing else of their rows. */
export function grantCancel(grantee: IGrantable, table: Table, tenant: string): Grant {
  grant(grantee, ['dynamodb:GetItem'], [table.tableArn], rowsOf(tenant, ['T#', 'P#']));
  return grant(grantee, ['dynamodb:UpdateItem'], [table.tableArn], {
    'ForAllValues:StringLike': {
      ...rowsOf(tenant, ['T#', 'P#'])['ForAllValues:StringLike'],
      'dynamodb:Attributes': [...CANCELLED_ATTRIBUTES],
    },
    Null: { 'dynamodb:LeadingKeys': 'false', 'dynamodb:Attributes': 'false' },
  });
}

function grant(
  grantee: IGrantable,
  actions: string[],
  resourceArns: string[],
  conditions?: Record<string, Record<string, string | string[]>>,
): Grant {
  return Grant.addToPrincipal({
    grantee,
    actions,
    resourceArns,
    ...(conditions === undefined ? {} : { conditions }),
  });
}
