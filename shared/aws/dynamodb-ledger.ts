import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod';
import type { Ids, Key, Ledger, Row, Write, Written } from '../ports.ts';
import { callFailed, failing } from './call-failed.ts';
import { newItemOf } from './new-item.ts';
import { OP, updateExpressionOf } from './update-expression.ts';

export interface DynamoDbLedgerOptions {
  readonly client: DynamoDBClient;
  /** Strings `pk` and `sk`; index `due` of `dueOf` and `dueAt`, projecting keys only. */
  readonly tableName: string;
  readonly ids: Pick<Ids, 'unique'>;
}

/** Costs nothing, where reading a row after its write was refused is one more request. */
const ROW_OF_REFUSAL = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

const RowKey = z.object({ pk: z.string(), sk: z.string() });

/**
 * The ledger in one DynamoDB table, by single-item conditional writes only: a row that must be new is put, every
 * other one is updated.
 *
 * Every write leaves its own id in the attribute `op`. When a write is refused, the refusal brings the row
 * along, and when its answer never came, a consistent read does: that id tells whether it had happened. One
 * case stays open: when another write followed before that, a write that did happen is reported as not
 * written, with the row as it stands now.
 *
 * A path `[map, entry]` can be set, added to or removed only where the map exists: DynamoDB refuses the
 * write otherwise, so rows are made with their maps, empty if need be. Its numbers are decimal, up to
 * 38 digits, and every JavaScript number up to 2^53 and down to 1e-130 is one; sums of fractions are
 * exact. An empty set is stored as no attribute.
 */
export function dynamoDbLedger({ client, tableName, ids }: DynamoDbLedgerOptions): Ledger {
  const documents = DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
  });

  async function readStored(key: Key): Promise<Row | undefined> {
    const answer = await documents
      .send(
        new GetCommand({
          TableName: tableName,
          Key: { pk: key.pk, sk: key.sk },
          ConsistentRead: true,
        }),
      )
      .catch(failing(`reading ${key.pk} / ${key.sk}`));
    return answer.Item;
  }

  /** @returns what sends the write, and gives the row it made. */
  function sending(change: Write, op: string): () => Promise<Row> {
    const item = newItemOf(change, op);
    if (item !== undefined) {
      return async () => {
        await documents.send(new PutCommand({ TableName: tableName, ...item, ...ROW_OF_REFUSAL }));
        return item.Item;
      };
    }
    const { pk, sk } = change.key;
    const update = updateExpressionOf(change, op);
    return async () => {
      const answer = await documents.send(
        new UpdateCommand({
          TableName: tableName,
          Key: { pk, sk },
          ...update,
          ...ROW_OF_REFUSAL,
          ReturnValues: 'ALL_NEW',
        }),
      );
      return answer.Attributes ?? {};
    };
  }

  async function write(change: Write): Promise<Written> {
    const { key } = change;
    const op = ids.unique();
    const send = sending(change, op);
    try {
      return { written: true, row: withoutOp(await send()) };
    } catch (error) {
      const refused = error instanceof ConditionalCheckFailedException;
      const failure = callFailed(`writing ${key.pk} / ${key.sk} to table ${tableName}`, error);
      if (!refused && !isAnswerMissing(error)) throw failure;
      const row = refused && error.Item ? unmarshall(error.Item) : await readStored(key);
      if (row?.[OP] === op) return { written: true, row: withoutOp(row) };
      if (!refused) throw failure;
      return { written: false, row: row && withoutOp(row) };
    }
  }

  /** Items of all pages until there are `limit` of them. */
  async function queryPages(input: QueryCommandInput, limit: number): Promise<Row[]> {
    const rows: Row[] = [];
    let next: QueryCommandInput['ExclusiveStartKey'];
    do {
      const page = await documents
        .send(
          new QueryCommand({
            ...input,
            ExclusiveStartKey: next,
            ...(Number.isFinite(limit) && { Limit: limit - rows.length }),
          }),
        )
        .catch(failing(`querying table ${tableName}`));
      rows.push(...(page.Items ?? []));
      next = page.LastEvaluatedKey;
    } while (next !== undefined && rows.length < limit);
    return rows;
  }

  return {
    read: async (key) => {
      const row = await readStored(key);
      return row && withoutOp(row);
    },
    write,
    query: async ({ pk, from, to, limit = Number.POSITIVE_INFINITY }) => {
      if (limit < 1) throw new RangeError(`limit must be at least 1, got ${limit}`);
      if (from > to) return [];
      const rows = await queryPages(
        {
          TableName: tableName,
          ConsistentRead: true,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: { ':pk': pk, ':from': from, ':to': to },
        },
        limit,
      );
      return rows.map(withoutOp);
    },
    due: async ({ of, until, limit }) => {
      if (limit < 1) throw new RangeError(`limit must be at least 1, got ${limit}`);
      const rows = await queryPages(
        {
          TableName: tableName,
          IndexName: 'due',
          KeyConditionExpression: 'dueOf = :of AND dueAt <= :until',
          ExpressionAttributeValues: { ':of': of, ':until': until },
        },
        limit,
      );
      return rows.map((row) => RowKey.parse(row));
    },
  };
}

function withoutOp(stored: Row): Row {
  const { [OP]: _op, ...row } = stored;
  return row;
}

/** Whether the write may have happened all the same: no answer at all, or a server's failure. */
function isAnswerMissing(error: unknown): boolean {
  const answer = z.object({ $metadata: z.object({ httpStatusCode: z.number() }) }).safeParse(error);
  return !answer.success || answer.data.$metadata.httpStatusCode >= 500;
}
