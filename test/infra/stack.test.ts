import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { STAGE_NEEDS } from '../../infra/aws/stage-needs.ts';
import { startAwsServices } from '../../infra/local/cloud/aws-services.ts';
import { createLedgerTable } from '../../infra/local/cloud/ledger-table.ts';
import { lintDefinition, loadDefinition } from '../../infra/local/engine/refusals.ts';
import { STAGE_NAMES } from '../../infra/stages.ts';
import { dynamoDbClient } from '../../shared/aws/clients.ts';
import { configFrom } from '../../shared/config.ts';
import {
  arnOwner,
  type FunctionProperties,
  functionsOf,
  IMAGE,
  resourcesOf,
  type Statement,
  statementsByRole,
  synthesise,
} from './stack.ts';

const TENANTS = ['default', 'studio-7'];

let template: Template;
let functions: Map<string, FunctionProperties>;

beforeAll(() => {
  template = synthesise({
    images: { 'nft.generative': IMAGE },
    tenants: TENANTS,
    apiFlavour: 'clusters',
    settings: { allowCpuExecutor: true, caps: { dayMicroUsd: 5_000_000 } },
  });
  functions = functionsOf(template);
});

const functionOf = (stage: string): FunctionProperties => {
  const found = functions.get(stage);
  if (found === undefined) throw new Error(`the stack has no function ${stage}`);
  return found;
};

const mayDo = (stage: string): Statement[] =>
  statementsByRole(template).get(functionOf(stage).Role) ?? [];

/** Stages whose role holds a statement with this action on a resource that matches. */
const stagesAllowed = (action: string, resource: RegExp): string[] =>
  STAGE_NAMES.filter((stage) =>
    mayDo(stage).some(
      (statement) =>
        statement.Action.includes(action) && statement.Resource.some((one) => resource.test(one)),
    ),
  );

const stagesThat = (need: 'secret' | 'startsBursts' | 'due' | 'queries'): string[] =>
  STAGE_NAMES.filter((stage) => STAGE_NEEDS[stage][need] === true);

const StateMachine = z.object({
  DefinitionString: z.string().transform((text): unknown => JSON.parse(text)),
  DefinitionSubstitutions: z.record(z.string(), z.unknown()),
  StateMachineName: z.string(),
  StateMachineType: z.string(),
  RoleArn: z.unknown().transform(arnOwner),
});

function stateMachine(): z.infer<typeof StateMachine> {
  const [only, ...others] = resourcesOf(template, 'AWS::StepFunctions::StateMachine').values();
  expect(others).toEqual([]);
  return StateMachine.parse(only?.Properties);
}

function tasksOfMachine() {
  const definition = loadDefinition(stateMachine().DefinitionString);
  return Object.entries(definition.States).flatMap(([name, state]) =>
    state.Type === 'Task' ? [{ name, state }] : [],
  );
}

describe('the state machine', () => {
  it('is one the local engine runs, with the substitutions of the stack', () => {
    const { DefinitionString, DefinitionSubstitutions } = stateMachine();
    const substitutions = Object.fromEntries(
      Object.entries(DefinitionSubstitutions).map(([name, arn]) => [name, arnOwner(arn)]),
    );
    expect(lintDefinition(DefinitionString, substitutions)).toEqual([]);
  });

  it('calls in each Task the function of the stage that is named there', () => {
    const { DefinitionSubstitutions } = stateMachine();
    const isBound = new Map(
      Object.entries(DefinitionSubstitutions).map(([name, arn]) => [
        `\${${name}}`,
        arnOwner(arn) === functionOf(name).id,
      ]),
    );
    const Call = z.object({ FunctionName: z.string() });
    const unbound = tasksOfMachine().filter(
      ({ state }) => isBound.get(Call.parse(state.Arguments).FunctionName) !== true,
    );
    expect(tasksOfMachine().length).toBeGreaterThan(8);
    expect(unbound).toEqual([]);
  });

  it('retries neither of the calls that cost money', () => {
    const unretried = tasksOfMachine()
      .filter(({ state }) => (state.Retry ?? []).length === 0)
      .map(({ name }) => name);
    expect(unretried).toEqual(expect.arrayContaining(['Provision cluster', 'Extend lease']));
  });

  it('waits longer for a function than the function may take', () => {
    const longest = Math.max(...Array.from(functions.values(), ({ Timeout }) => Timeout));
    const impatient = tasksOfMachine().filter(
      ({ state }) => !(typeof state.TimeoutSeconds === 'number' && state.TimeoutSeconds > longest),
    );
    expect(impatient).toEqual([]);
  });

  it('keeps its history for as long as a burst lives: it is of the standard type', () => {
    expect(stateMachine().StateMachineType).toBe('STANDARD');
  });

  it('may invoke the functions it calls and do nothing else', () => {
    const { RoleArn, DefinitionSubstitutions } = stateMachine();
    const statements = statementsByRole(template).get(RoleArn) ?? [];
    expect(statements.flatMap(({ Action }) => Action)).toEqual(['lambda:InvokeFunction']);
    const named = new Set(
      statements.flatMap(({ Resource }) =>
        Resource.map((one) => /"Fn::GetAtt":\["(\w+)"/.exec(one)?.[1]),
      ),
    );
    expect(named).toEqual(new Set(Object.values(DefinitionSubstitutions).map(arnOwner)));
  });
});

describe('the functions', () => {
  it('are one per stage', () => {
    expect([...functions.keys()].toSorted()).toEqual([...STAGE_NAMES].toSorted());
  });

  it('run on Node 24 and ARM, each under a role of its own', () => {
    const shapes = Array.from(functions.values(), (one) => [one.Runtime, ...one.Architectures]);
    expect(shapes).toEqual(STAGE_NAMES.map(() => ['nodejs24.x', 'arm64']));
    expect(new Set(Array.from(functions.values(), ({ Role }) => Role)).size).toBe(
      STAGE_NAMES.length,
    );
  });

  it('are told which API they speak where they call the provider', () => {
    const told = STAGE_NAMES.filter(
      (stage) => functionOf(stage).Environment.Variables.IONET_API_FLAVOUR === 'clusters',
    );
    expect(told).toEqual(stagesThat('secret'));
  });

  it('are told by their environment all that the configuration asks for', () => {
    const told = Array.from(functions.values(), ({ Environment: { Variables } }) => {
      const config = configFrom({
        AWS_REGION: 'eu-central-1',
        IONET_API_KEY: 'from the secret',
        BURST_WORKER_SECRET: 'from the secret too',
        ...Object.fromEntries(
          Object.entries(Variables).map(([name, value]) => [
            name,
            typeof value === 'string' ? value : `arn:${JSON.stringify(value)}`,
          ]),
        ),
      });
      return config.settings;
    });
    expect(told).toHaveLength(STAGE_NAMES.length);
    for (const settings of told) {
      expect(settings).toMatchObject({
        stackName: 'burst',
        tenantOfQueue: {
          'burst-intake-default': 'default',
          'burst-intake-studio-7': 'studio-7',
        },
        images: { 'nft.generative': IMAGE },
        allowCpuExecutor: true,
        caps: { dayMicroUsd: 5_000_000 },
      });
      expect(settings.limits.functionSeconds).toBe(functionOf('plan').Timeout);
    }
  });

  it('start executions of the very machine that is deployed', () => {
    const arn = JSON.stringify(functionOf('intake').Environment.Variables.BURST_STATE_MACHINE_ARN);
    expect(arn).toContain(`:stateMachine:${stateMachine().StateMachineName}"`);
  });
});

describe('what a function may do', () => {
  it('is never a whole service, and never on everything', () => {
    const allowed = Array.from(statementsByRole(template).values())
      .flat()
      .filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.length).toBeGreaterThan(STAGE_NAMES.length);
    expect(allowed.filter(({ Action }) => Action.some((one) => one.includes('*')))).toEqual([]);
    expect(allowed.filter(({ Resource }) => Resource.includes('"*"'))).toEqual([]);
  });

  it('comes from its own policy alone', () => {
    const roles = [...resourcesOf(template, 'AWS::IAM::Role').values()];
    const more = roles.filter(
      ({ Properties }) => 'ManagedPolicyArns' in Properties || 'Policies' in Properties,
    );
    expect(more).toEqual([]);
  });

  it('includes the secret only where io.net or a worker is called', () => {
    const readers = stagesAllowed('secretsmanager:GetSecretValue', /Secret/);
    expect(readers).toEqual(['plan', 'provision', 'run', 'poll', 'teardown', 'reap']);
    const told = STAGE_NAMES.filter(
      (stage) => 'BURST_SECRET_ARN' in functionOf(stage).Environment.Variables,
    );
    expect(told).toEqual(readers);
  });

  it.each([
    { action: 's3:PutObject', prefix: 'bodies', stages: ['intake'] },
    { action: 's3:GetObject', prefix: 'bodies', stages: ['run'] },
    { action: 's3:PutObject', prefix: 'manifests', stages: ['run'] },
    { action: 's3:GetObject', prefix: 'manifests', stages: ['run', 'collect'] },
    { action: 's3:PutObject', prefix: 'uploads', stages: ['run'] },
    { action: 's3:GetObject', prefix: 'uploads', stages: ['collect'] },
    { action: 's3:PutObject', prefix: 'results', stages: ['collect'] },
    { action: 's3:DeleteObject', prefix: 'results', stages: ['collect'] },
    { action: 's3:GetObject', prefix: 'inputs', stages: ['intake', 'run', 'collect'] },
    { action: 's3:PutObject', prefix: 'inputs', stages: [] },
    { action: 's3:DeleteObject', prefix: 'inputs', stages: ['collect', 'sweep'] },
    { action: 's3:GetObject', prefix: 'assets', stages: ['intake', 'run'] },
    { action: 's3:DeleteObject', prefix: 'assets', stages: [] },
    { action: 's3:PutObject', prefix: 'checkpoints', stages: ['collect'] },
    { action: 's3:GetObject', prefix: 'checkpoints', stages: ['run'] },
    { action: 's3:DeleteObject', prefix: 'checkpoints', stages: ['collect', 'sweep'] },
    { action: 's3:DeleteObject', prefix: 'uploads', stages: ['collect', 'sweep'] },
    { action: 's3:DeleteObject', prefix: '', stages: ['collect', 'sweep'] },
  ])('lets only $stages do $action on $prefix', ({ action, prefix, stages }) => {
    for (const tenant of TENANTS) {
      expect(stagesAllowed(action, new RegExp(`/t/${tenant}/${prefix}`))).toEqual(stages);
    }
  });

  it('lets every function read and change single rows, and delete none', () => {
    expect(stagesAllowed('dynamodb:GetItem', /LedgerTable/)).toEqual([...STAGE_NAMES]);
    expect(stagesAllowed('dynamodb:UpdateItem', /LedgerTable/)).toEqual([...STAGE_NAMES]);
    expect(stagesAllowed('dynamodb:DeleteItem', /./)).toEqual([]);
  });

  it('keeps ranges, the index and executions to those that need them', () => {
    expect(stagesAllowed('dynamodb:Query', /"Arn"\]\}$/)).toEqual(stagesThat('queries'));
    expect(stagesAllowed('dynamodb:Query', /index\/due/)).toEqual(['sweep']);
    expect(stagesAllowed('states:StartExecution', /:stateMachine:burst"/)).toEqual(
      stagesThat('startsBursts'),
    );
  });
});

describe('an intake queue', () => {
  const queues = () =>
    [...resourcesOf(template, 'AWS::SQS::Queue').values()].map(({ Properties }) => Properties);

  it('exists for every tenant, with dead letters kept longer than the messages', () => {
    expect(
      queues().map(({ QueueName, MessageRetentionPeriod }) => [QueueName, MessageRetentionPeriod]),
    ).toEqual([
      ['burst-intake-default-dead-letters', 1_209_600],
      ['burst-intake-default', 345_600],
      ['burst-intake-studio-7-dead-letters', 1_209_600],
      ['burst-intake-studio-7', 345_600],
    ]);
  });

  it('hides a message for six timeouts of intake and delivers it five times', () => {
    const intakes = queues().filter(({ RedrivePolicy }) => RedrivePolicy !== undefined);
    expect(intakes).toHaveLength(TENANTS.length);
    for (const { VisibilityTimeout, RedrivePolicy } of intakes) {
      expect(VisibilityTimeout).toBeGreaterThanOrEqual(6 * functionOf('intake').Timeout);
      expect(RedrivePolicy).toMatchObject({ maxReceiveCount: 5 });
    }
  });

  it('feeds intake, which answers for each message by itself', () => {
    const sources = [...resourcesOf(template, 'AWS::Lambda::EventSourceMapping').values()];
    expect(sources).toHaveLength(TENANTS.length);
    for (const { Properties } of sources) {
      expect(Properties).toMatchObject({
        FunctionName: { Ref: functionOf('intake').id },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        BatchSize: 100,
        ScalingConfig: { MaximumConcurrency: 5 },
      });
      expect(Properties.MaximumBatchingWindowInSeconds).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('sweep and reap', () => {
  it.each(['sweep', 'reap'])('%s is called every minute', (stage) => {
    const calls = [...resourcesOf(template, 'AWS::Scheduler::Schedule').values()].filter(
      ({ Properties }) =>
        arnOwner(z.object({ Arn: z.unknown() }).parse(Properties.Target).Arn) ===
        functionOf(stage).id,
    );
    expect(
      calls.map(({ Properties }) => [Properties.ScheduleExpression, Properties.State]),
    ).toEqual([['rate(1 minute)', 'ENABLED']]);
  });
});

describe('what is kept', () => {
  it('is the ledger, in the shape of the local world, restorable, and after the stack is gone', async () => {
    const services = await startAwsServices({ region: 'eu-central-1' });
    const client = dynamoDbClient({
      region: 'eu-central-1',
      endpoint: services.url,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    await createLedgerTable(client, 'ledger');
    const local = (await client.send(new DescribeTableCommand({ TableName: 'ledger' }))).Table;
    client.destroy();
    await services.close();

    const [table] = resourcesOf(template, 'AWS::DynamoDB::Table').values();
    expect(table).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        KeySchema: local?.KeySchema,
        GlobalSecondaryIndexes: local?.GlobalSecondaryIndexes?.map(
          ({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }),
        ),
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      },
    });
    const byName = (attributes: unknown) =>
      z
        .array(z.object({ AttributeName: z.string(), AttributeType: z.string() }))
        .parse(attributes)
        .toSorted((a, b) => a.AttributeName.localeCompare(b.AttributeName));
    expect(byName(table?.Properties.AttributeDefinitions)).toEqual(
      byName(local?.AttributeDefinitions),
    );
  });

  it('is the bucket, closed to the public, to plain HTTP, and after the stack is gone', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        BucketEncryption: Match.anyValue(),
      }),
    });
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: Match.objectLike({
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
        ]),
      }),
    });
  });

  it('is of artifacts the results for ever, the rest for its time', () => {
    const [bucket] = resourcesOf(template, 'AWS::S3::Bucket').values();
    const Rules = z.object({
      Rules: z.array(
        z.object({ Prefix: z.string(), ExpirationInDays: z.number(), Status: z.string() }),
      ),
    });
    const { Rules: rules } = Rules.parse(bucket?.Properties.LifecycleConfiguration);
    expect(rules.map((rule) => `${rule.Prefix} ${rule.ExpirationInDays} ${rule.Status}`)).toEqual(
      TENANTS.flatMap((tenant) => [
        `t/${tenant}/uploads/ 2 Enabled`,
        `t/${tenant}/manifests/ 7 Enabled`,
        `t/${tenant}/bodies/ 365 Enabled`,
      ]),
    );
  });
});

it('tells its users where to send tasks and where things are', () => {
  expect(Object.keys(template.findOutputs('*')).toSorted()).toEqual([
    'ArtifactBucketName',
    'IntakeQueueUrls',
    'LedgerTableName',
    'SecretArn',
    'StateMachineArn',
  ]);
});
