import { readFileSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { STAGE_NAMES } from '../../infra/stages.ts';
import { lines, statementsByRole } from './policies.ts';
import { functionsOf, IMAGE, resourcesOf, synthesise } from './stack.ts';

const TABLE = new URL('roles.txt', import.meta.url);

/** Actions that AWS allows on everything or on nothing, and why a role here has them. */
const WITHOUT_RESOURCE: Readonly<Record<string, string>> = {
  'xray:PutTraceSegments': 'X-Ray knows no resources to write traces to',
  'xray:PutTelemetryRecords': 'X-Ray knows no resources to write traces to',
  'xray:GetSamplingRules': 'X-Ray knows no resources to read sampling rules of',
  'xray:GetSamplingTargets': 'X-Ray knows no resources to read sampling rules of',
  'logs:CreateLogDelivery': 'log deliveries have no ARN before they exist',
  'logs:GetLogDelivery': 'log deliveries are not resources of a policy',
  'logs:UpdateLogDelivery': 'log deliveries are not resources of a policy',
  'logs:DeleteLogDelivery': 'log deliveries are not resources of a policy',
  'logs:ListLogDeliveries': 'log deliveries are not resources of a policy',
  'logs:PutResourcePolicy': 'the policy is of the account, not of a log group',
  'logs:DescribeResourcePolicies': 'the policy is of the account, not of a log group',
  'logs:DescribeLogGroups': 'lists log groups, so names none',
  'dynamodb:ListStreams': 'lists the streams of an account, so names none',
};

let template: Template;
let roles: Map<string, string[]>;

beforeAll(() => {
  template = synthesise({
    images: { 'nft.generative': IMAGE },
    registrySecretName: 'registry/login',
    settings: { allowCpuExecutor: true },
  });
  roles = new Map(
    Array.from(statementsByRole(template), ([role, statements]) => [
      role.replace(/^Scheduler/, '').replace(/(Function)?Role.*$/, ''),
      lines(statements),
    ]),
  );
});

const tableOf = (all: ReadonlyMap<string, readonly string[]>): string =>
  Array.from(all, ([role, may]) => [role, ...may.map((line) => `  ${line}`), ''].join('\n'))
    .toSorted()
    .join('\n');

describe('what the roles may do', () => {
  it('is what test/infra/roles.txt says, line by line', () => {
    expect(tableOf(roles)).toBe(readFileSync(TABLE, 'utf8'));
  });

  it('comes from their own policies alone', () => {
    const more = [...resourcesOf(template, 'AWS::IAM::Role').values()].filter(
      ({ Properties }) => 'ManagedPolicyArns' in Properties || 'Policies' in Properties,
    );
    expect(more).toEqual([]);
  });

  it('is never a whole service, and on everything only what AWS knows no resource for', () => {
    const all = [...roles.values()].flat();
    expect(all.length).toBeGreaterThan(50);
    expect(all.filter((line) => /^[^ ]*\*/.test(line))).toEqual([]);
    const onAll = all.flatMap((line) => /^(\S+) on \*( |$)/.exec(line)?.[1] ?? []);
    expect(onAll.filter((action) => WITHOUT_RESOURCE[action] === undefined)).toEqual([]);
    expect(Object.keys(WITHOUT_RESOURCE).filter((action) => !onAll.includes(action))).toEqual([]);
  });

  it('includes the key of io.net only where io.net or a worker is called', () => {
    const readers = Array.from(roles).flatMap(([role, may]) =>
      may.some((line) => line.startsWith('secretsmanager:GetSecretValue on <Secret')) ? [role] : [],
    );
    expect(readers.toSorted()).toEqual(
      ['plan', 'poll', 'provision', 'reap', 'run', 'teardown'].map((stage) => `Stages${stage}`),
    );
    const told = STAGE_NAMES.filter(
      (stage) =>
        'BURST_SECRET_ARN' in (functionsOf(template).get(stage)?.Environment.Variables ?? {}),
    );
    expect(told.map((stage) => `Stages${stage}`).toSorted()).toEqual(readers.toSorted());
  });

  it('includes the login of the registry only where clusters are bought', () => {
    const readers = Array.from(roles).flatMap(([role, may]) =>
      may.some((line) => line.includes('secret:registry/login-??????')) ? [role] : [],
    );
    expect(readers).toEqual(['Stagesprovision']);
  });

  it('deletes no row, and writes none outside the kinds of row the function keeps', () => {
    const all = [...roles.values()].flat().filter((line) => line.startsWith('dynamodb:'));
    expect(all.filter((line) => /:(Delete|Batch|Scan|PartiQL)/.test(line))).toEqual([]);
    const unbounded = all.filter(
      (line) =>
        /:(PutItem|UpdateItem|GetItem|Query) on <LedgerTable.Arn>( |$)/.test(line) &&
        !line.includes('LeadingKeys'),
    );
    expect(unbounded).toEqual([]);
  });
});
