import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { beforeAll, describe, expect, it } from 'vitest';
import { BurstScheduler } from '../../infra/aws/burst-scheduler.ts';
import { CANCELLED_ATTRIBUTES } from '../../infra/aws/tenant-grants.ts';
import { updateExpressionOf } from '../../shared/aws/update-expression.ts';
import { cancelTask } from '../../shared/client/cancel.ts';
import { batchKey, rejectionKey, taskKey } from '../../shared/ledger/keys.ts';
import { BatchId, ProfileId, Sha256, TaskId, Tenant } from '../../shared/model/ids.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Ledger } from '../../shared/ports.ts';
import { lines, type Statement, statementsByRole } from './policies.ts';
import { anApp, IMAGE } from './stack.ts';

const TENANTS = ['studio', 'studio-7'] as const;
const GRANTS = ['grantEnqueue', 'grantStatus', 'grantResults', 'grantCancel'] as const;

let template: Template;
let burst: BurstScheduler;
let may: Map<string, Statement[]>;

/** An app of somebody else that takes Burst as one construct among its own. */
beforeAll(() => {
  const stack = new Stack(anApp(), 'Shop');
  burst = new BurstScheduler(stack, 'Burst', {
    images: { 'nft.generative': IMAGE },
    tenants: TENANTS.map((name) => ({ name })),
    alarms: { topic: new Topic(stack, 'Pager') },
    settings: { allowCpuExecutor: true },
  });
  for (const grant of GRANTS) {
    for (const tenant of TENANTS) {
      const role = new Role(stack, `${grant}-${tenant}`, {
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      });
      burst[grant](role, tenant);
    }
  }
  template = Template.fromStack(stack);
  may = new Map(
    Array.from(statementsByRole(template), ([role, statements]) => [
      role.replace(/[0-9A-F]{8}$/, ''),
      statements,
    ]),
  );
});

const granted = (grant: string, tenant: string): Statement[] =>
  may.get(`${grant}${tenant.replaceAll('-', '')}`) ?? [];

/** Whether IAM's `StringLike` takes a value. */
const like = (pattern: string, value: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  ).test(value);

/** Whether a grant lets a row of this partition be read or changed. */
const opensRow = (statements: readonly Statement[], action: string, pk: string): boolean =>
  statements.some(
    ({ Action, Condition }) =>
      Action.includes(action) &&
      (Condition['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'] ?? ['*']).some((pattern) =>
        like(pattern, pk),
      ),
  );

describe('Burst in the app of somebody else', () => {
  it('hands out its parts', () => {
    expect(burst.tenants).toEqual(TENANTS);
    for (const part of [
      burst.ledger,
      burst.artifacts,
      burst.stateMachine,
      burst.bus,
      burst.secret,
    ]) {
      expect(part.node.scopes).toContain(burst);
    }
    expect(burst.queue('studio').queueName).not.toBe(burst.queue('studio-7').queueName);
    expect(burst.metric('OldestWaitingSeconds', { tenant: 'studio' }).dimensions).toEqual({
      Stack: 'burst',
      Tenant: 'studio',
    });
  });

  it('knows no other tenant and no other series', () => {
    expect(() => burst.queue('gallery')).toThrow('no tenant gallery; there is studio, studio-7');
    expect(() => burst.metric('ClustersAlive', { tenant: 'studio' })).toThrow(
      'ClustersAlive is told apart by nothing; got Tenant',
    );
  });

  it('rings the pager of that app', () => {
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
    expect(alarms.length).toBeGreaterThan(8);
    for (const alarm of alarms) expect(alarm.Properties.AlarmActions).toHaveLength(1);
  });
});

describe('a grant', () => {
  it('lets in what it is called after', () => {
    expect(lines(granted('grantEnqueue', 'studio'))).toEqual([
      's3:PutObject on <BurstArtifactsBucket.Arn>/t/studio/assets/*',
      's3:PutObject on <BurstArtifactsBucket.Arn>/t/studio/inputs/*',
      'sqs:GetQueueAttributes on <BurstIntakestudioQueue.Arn>',
      'sqs:GetQueueUrl on <BurstIntakestudioQueue.Arn>',
      'sqs:SendMessage on <BurstIntakestudioQueue.Arn>',
    ]);
    const keys = 'ForAllValues:StringLike dynamodb:LeadingKeys';
    const named = 'Null dynamodb:LeadingKeys false';
    expect(lines(granted('grantStatus', 'studio'))).toEqual([
      `dynamodb:GetItem on <BurstLedgerTable.Arn> if ${keys} T#studio#* R#studio#* P#studio#*, ${named}`,
      `dynamodb:Query on <BurstLedgerTable.Arn> if ${keys} T#studio#* R#studio#* P#studio#*, ${named}`,
    ]);
    expect(lines(granted('grantResults', 'studio'))).toEqual([
      `dynamodb:GetItem on <BurstLedgerTable.Arn> if ${keys} T#studio#*, ${named}`,
      's3:GetObject on <BurstArtifactsBucket.Arn>/t/studio/results/*',
    ]);
    expect(lines(granted('grantCancel', 'studio'))).toEqual([
      `dynamodb:GetItem on <BurstLedgerTable.Arn> if ${keys} T#studio#* P#studio#*, ${named}`,
      `dynamodb:UpdateItem on <BurstLedgerTable.Arn> if ${keys} T#studio#* P#studio#*, ` +
        `ForAllValues:StringLike dynamodb:Attributes ${CANCELLED_ATTRIBUTES.join(' ')}, ` +
        `${named}, Null dynamodb:Attributes false`,
    ]);
  });

  const keysOf = (name: string) => {
    const tenant = Tenant.parse(name);
    const profile = ProfileId.parse('0123456789ab');
    return [
      taskKey(tenant, TaskId.parse('one')),
      rejectionKey(tenant, Sha256.parse('a'.repeat(64))),
      batchKey(tenant, profile, BatchId.parse('000000000-00000000')),
    ].map(({ pk }) => pk);
  };

  it.each([
    { own: 'studio', other: 'studio-7' },
    { own: 'studio-7', other: 'studio' },
  ])('of $own opens its rows and nothing of $other', ({ own, other }) => {
    for (const pk of keysOf(own)) {
      expect(opensRow(granted('grantStatus', own), 'dynamodb:GetItem', pk)).toBe(true);
    }
    const foreign = [
      ...keysOf(other),
      'L#burst-0123456789ab',
      '$#stack',
      'V#provider',
      'W#w',
      'K#k',
    ];
    const opened = GRANTS.flatMap((grant) =>
      ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'].flatMap((action) =>
        foreign.filter((pk) => opensRow(granted(grant, own), action, pk)),
      ),
    );
    expect(opened).toEqual([]);
    const all = GRANTS.flatMap((grant) => lines(granted(grant, own)));
    const words = new RegExp(`/t/${other}/|Intake${other.replaceAll('-', '')}(?![0-9])`);
    expect(all.filter((line) => words.test(line))).toEqual([]);
  });

  it('to cancel covers every attribute that the client names in doing so', async () => {
    const named = new Set<string>();
    await cancelTask(
      { ledger: recordingLedger(named), clock: { now: () => instantOf(0) } },
      Tenant.parse('studio'),
      'one',
    );
    expect(named.size).toBeGreaterThan(5);
    expect([...named].filter((name) => !CANCELLED_ATTRIBUTES.some((one) => one === name))).toEqual(
      [],
    );
  });
});

/** Holds one accepted task in a batch of one, and notes every attribute its writes name. */
function recordingLedger(named: Set<string>): Ledger {
  const key = { tenant: 'studio', profile: '0123456789ab', batch: '000000000-00000000' };
  const task = {
    v: 1,
    ...key,
    taskId: 'one',
    kind: 'nft.generative',
    bodySha256: 'a'.repeat(64),
    status: 'accepted',
    acceptedAt: instantOf(0),
    placedAt: instantOf(0),
  };
  const batch = {
    v: 1,
    ...key,
    batchId: key.batch,
    kind: 'nft.generative',
    affinityKey: 'a',
    bodiesKey: 'b',
    tasks: [{ taskId: 'one', line: 0, unitSeconds: 1 }],
    slotSeconds: 1,
    status: 'open',
    openedAt: instantOf(0),
    batchFence: 0,
    attempts: 0,
    settled: new Set([0]),
  };
  const rowOf = ({ pk }: { readonly pk: string }) => (pk.startsWith('T#') ? task : batch);
  return {
    read: async (one) => rowOf(one),
    write: async (write) => {
      const { ExpressionAttributeNames } = updateExpressionOf(write, 'op');
      for (const name of ['pk', 'sk', ...Object.values(ExpressionAttributeNames)]) named.add(name);
      const row = rowOf(write.key);
      return { written: true, row: row === task ? { ...task, status: 'cancelled' } : row };
    },
    query: async () => {
      throw new Error('cancelling asks for no range');
    },
    due: async () => {
      throw new Error('cancelling asks for nothing due');
    },
  };
}
