import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AwsServices } from '../../infra/local/cloud/aws-services.ts';
import { createLedgerTable } from '../../infra/local/cloud/ledger-table.ts';
import { type AwsAccess, dynamoDbClient } from '../../shared/aws/clients.ts';
import { countCalls } from '../../shared/aws/count-calls.ts';
import { dynamoDbLedger } from '../../shared/aws/dynamodb-ledger.ts';
import { memoryIds } from '../../shared/memory/memory-ids.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import type { Condition, Ledger, Path, Value, Write } from '../../shared/ports.ts';
import { ledgerContract } from './ledger.contract.ts';
import { localAws } from './local-aws.ts';

const TABLE = 'ledger';
const ids = memoryIds(1);
let services: AwsServices;
let access: AwsAccess;
let client: DynamoDBClient;
let ledger: Ledger;

beforeAll(async () => {
  const local = await localAws();
  ({ services, access } = local);
  client = dynamoDbClient(access);
  await createLedgerTable(client, TABLE);
  ledger = dynamoDbLedger({ client, tableName: TABLE, ids });
});
afterAll(async () => {
  client.destroy();
  await services.close();
});

ledgerContract('memory', async () => memoryLedger());
ledgerContract('DynamoDB', async () => ledger);

describe('the ledger (DynamoDB) when a write is refused', () => {
  const key = { pk: 'refused', sk: '#' };
  const row = {
    ...{ ...key, text: 'as it stands', count: 0.5, flag: false, none: null },
    ...{ numbers: new Set([1, 2.5]), list: [{ taskId: 'a', line: 0 }], map: { x: 'y' } },
  };
  const refused: Condition = { is: 'equal', path: 'text', value: 'as it was' };
  const calls: string[] = [];
  let counted: Ledger;

  beforeAll(async () => {
    const { pk, sk, ...fields } = row;
    await ledger.write({ key: { pk, sk }, when: [], set: Object.entries(fields) });
    const own = dynamoDbClient(access);
    countCalls(own, ({ operation }) => calls.push(operation));
    counted = dynamoDbLedger({ client: own, tableName: TABLE, ids });
    return () => own.destroy();
  });
  beforeEach(() => {
    calls.length = 0;
  });

  it.each([
    { what: 'an update', when: refused, call: 'UpdateItem' },
    { what: 'a new row', when: { is: 'absent' } as const, call: 'PutItem' },
  ])(
    'learns the row from the refusal of $what, and asks for nothing more',
    async ({ when, call }) => {
      const outcome = await counted.write({ key, when: [when], set: [['text', 'other']] });
      expect(outcome).toEqual({ written: false, row });
      expect(calls).toEqual([call]);
    },
  );

  it('looks once more when the refusal brings no row', async () => {
    const nowhere = { pk: 'refused', sk: 'nowhere' };
    const outcome = await counted.write({
      key: nowhere,
      when: [refused],
      set: [['text', 'other']],
    });
    expect(outcome).toEqual({ written: false, row: undefined });
    expect(calls).toEqual(['UpdateItem', 'GetItem']);
  });
});

describe('the ledger (DynamoDB) when answers are lost', () => {
  const key = { pk: 'lost answers', sk: '#' };
  const open: Condition = { is: 'equal', path: 'status', value: 'open' };
  const claim: Write = { key, when: [open], set: [['status', 'claimed']], add: [['claims', 1]] };

  beforeEach(async () => {
    await ledger.write({
      key,
      when: [],
      set: [
        ['status', 'open'],
        ['claims', 0],
      ],
    });
  });

  /** A ledger of its own whose attempt number n, from 1, meets `fate(n)`. */
  const troubled = (fate: (attempt: number) => 'answered' | 'answer lost' | 'never sent') => {
    let attempts = 0;
    const unlucky = dynamoDbClient(access);
    unlucky.middlewareStack.add(
      (next, { commandName }) =>
        async (request) => {
          if (!WRITES.includes(commandName ?? '')) return next(request);
          const outcome = fate(++attempts);
          if (outcome === 'never sent') throw networkFailure();
          const answer = await next(request);
          if (outcome === 'answer lost') throw networkFailure();
          return answer;
        },
      { step: 'finalizeRequest', priority: 'low', name: 'trouble' },
    );
    return dynamoDbLedger({ client: unlucky, tableName: TABLE, ids });
  };
  const WRITES = ['PutItemCommand', 'UpdateItemCommand'];
  const networkFailure = () => Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
  const claimed = { written: true, row: { ...key, status: 'claimed', claims: 1 } };

  it('counts a conditional write as written when the repetition meets its own work', async () => {
    const unlucky = troubled((attempt) => (attempt === 1 ? 'answer lost' : 'answered'));
    expect(await unlucky.write(claim)).toEqual(claimed);
  });

  it('adds once when the write has no condition at all', async () => {
    const unlucky = troubled((attempt) => (attempt === 1 ? 'answer lost' : 'answered'));
    await unlucky.write({ key, when: [], add: [['claims', 1]] });
    expect(await ledger.read(key)).toMatchObject({ claims: 1 });
  });

  it('counts a write as written when no answer ever came and a read shows it', async () => {
    expect(await troubled(() => 'answer lost').write(claim)).toEqual(claimed);
  });

  it.each([
    { whose: 'the repetition meets its own work', lost: 1 },
    { whose: 'no answer ever came', lost: Number.POSITIVE_INFINITY },
  ])('counts a new row as written, once, when $whose', async ({ lost }) => {
    const row = { pk: `made with ${lost} lost`, sk: '#' };
    const make: Write = { key: row, when: [{ is: 'absent' }], set: [['made', 'by us']] };
    const unlucky = troubled((attempt) => (attempt <= lost ? 'answer lost' : 'answered'));
    expect(await unlucky.write(make)).toEqual({ written: true, row: { ...row, made: 'by us' } });
    expect(await unlucky.write({ ...make, set: [['made', 'again']] })).toEqual({
      written: false,
      row: { ...row, made: 'by us' },
    });
  });

  it('throws when no request ever arrived', async () => {
    await expect(troubled(() => 'never sent').write(claim)).rejects.toThrow('socket hang up');
    expect(await ledger.read(key)).toMatchObject({ status: 'open' });
  });

  it('says not written when somebody else won', async () => {
    await ledger.write({ key, when: [open], set: [['status', 'closed']] });
    expect(await troubled(() => 'answer lost').write(claim)).toMatchObject({
      written: false,
      row: { status: 'closed' },
    });
  });

  it('names the row and the table when DynamoDB refuses', async () => {
    const nowhere = dynamoDbLedger({ client, tableName: 'nowhere', ids });
    await expect(nowhere.write(claim)).rejects.toThrow(
      /writing lost answers \/ # to table nowhere failed: ResourceNotFoundException/,
    );
    await expect(nowhere.read(key)).rejects.toThrow(/reading lost answers \/ # failed/);
  });
});

describe('the two ledgers', () => {
  const attribute = fc.constantFrom('a', 'b', 'c');
  const entry = fc.constantFrom('x', 'y.z');
  const path: fc.Arbitrary<Path> = fc.oneof(attribute, fc.tuple(attribute, entry));
  const number = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom(0.1, 0.25, -1.5));
  const numbers = fc.uniqueArray(number, { maxLength: 3 }).map((list) => new Set(list));
  const scalar = fc.oneof(number, fc.constantFrom('', 'm', 'n'), fc.boolean());
  const value: fc.Arbitrary<Value> = fc.oneof(
    scalar,
    numbers,
    fc.constant(null),
    fc.dictionary(entry, fc.oneof(scalar, numbers, fc.constant(undefined)), { maxKeys: 2 }),
    fc.array(scalar, { maxLength: 2 }),
  );
  const condition: fc.Arbitrary<Condition> = fc.oneof(
    fc.record({ is: fc.constantFrom('exists' as const, 'absent' as const) }),
    fc.record({ is: fc.constantFrom('exists' as const, 'absent' as const), path }),
    fc.record({ is: fc.constant('equal' as const), path, value: scalar }),
    fc.record({
      is: fc.constantFrom('atLeast' as const, 'atMost' as const),
      path,
      value: fc.oneof(number, fc.constantFrom('l', 'm')),
    }),
    fc.record({ is: fc.constant('oneOf' as const), path, values: fc.constant(['m', 'o']) }),
  );
  const change = fc.record({
    sk: fc.constantFrom('1', '2'),
    when: fc.array(condition, { maxLength: 2 }),
    set: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.tuple(path, value) },
        { weight: 1, arbitrary: fc.tuple(fc.constantFrom('dueOf', 'dueAt'), fc.constant('text')) },
      ),
      { maxLength: 3 },
    ),
    add: fc.array(fc.tuple(path, fc.oneof(number, numbers)), { maxLength: 1 }),
    remove: fc.array(path, { maxLength: 1 }),
  });

  const outcomeOf = (ledger: Ledger, write: Write) =>
    ledger.write(write).catch(() => 'refused' as const);

  it('answer every sequence of writes alike', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        const memory = memoryLedger();
        const pk = `sequence ${run++}`;
        for (const { sk, ...rest } of changes) {
          const write = { key: { pk, sk }, ...rest };
          const [ours, theirs] = await Promise.all([
            outcomeOf(memory, write),
            outcomeOf(ledger, write),
          ]);
          expect(ours).toEqual(theirs);
        }
        const all = { pk, from: '0', to: '9' };
        expect(await memory.query(all)).toEqual(await ledger.query(all));
      }),
      { numRuns: 50 },
    );
  });
});
