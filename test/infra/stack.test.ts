import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import aslValidator from 'asl-validator';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
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
  synthesise,
} from './stack.ts';

const TENANTS = ['default', 'studio-7'];

let template: Template;
/** A deployment for a while, in an account that has little room. */
let passing: Template;
let functions: Map<string, FunctionProperties>;

beforeAll(() => {
  template = synthesise({
    images: { 'nft.generative': IMAGE },
    tenants: [{ name: 'default' }, { name: 'studio-7', capUsd: 25 }],
    registrySecretName: 'registry/login',
    locations: ['DE', 'FR'],
    dayCapUsd: 5,
    settings: { allowCpuExecutor: true },
  });
  functions = functionsOf(template);
  passing = synthesise({
    images: { 'nft.generative': IMAGE },
    stage: 'development',
    concurrency: { reserve: false },
    settings: { allowCpuExecutor: true },
  });
});

const functionOf = (stage: string): FunctionProperties => {
  const found = functions.get(stage);
  if (found === undefined) throw new Error(`the stack has no function ${stage}`);
  return found;
};

const only = (type: string) => {
  const [one, ...others] = resourcesOf(template, type);
  if (one === undefined || others.length > 0) throw new Error(`not one ${type}`);
  return { id: one[0], ...one[1] };
};

const StateMachine = z.object({
  DefinitionString: z.string().transform((text): unknown => JSON.parse(text)),
  DefinitionSubstitutions: z.record(z.string(), z.object({ Ref: z.string() })),
  StateMachineName: z.string(),
  StateMachineType: z.string(),
  RoleArn: z.unknown().transform(arnOwner),
  LoggingConfiguration: z.unknown(),
  TracingConfiguration: z.unknown(),
});
const stateMachine = () => StateMachine.parse(only('AWS::StepFunctions::StateMachine').Properties);

const Version = z.object({ FunctionName: z.object({ Ref: z.string() }) });
/** The function of which each token of the definition names a version. */
const calledFunctions = (): Map<string, string> => {
  const versions = resourcesOf(template, 'AWS::Lambda::Version');
  return new Map(
    Object.entries(stateMachine().DefinitionSubstitutions).map(([token, { Ref }]) => [
      token,
      Version.parse(versions.get(Ref)?.Properties).FunctionName.Ref,
    ]),
  );
};

function tasksOfMachine() {
  const definition = loadDefinition(stateMachine().DefinitionString);
  return Object.entries(definition.States).flatMap(([name, state]) =>
    state.Type === 'Task' ? [{ name, state }] : [],
  );
}

describe('the state machine', () => {
  it('is one the local engine and the validator of the language accept', () => {
    const { DefinitionString } = stateMachine();
    const substitutions = Object.fromEntries(calledFunctions());
    expect(lintDefinition(DefinitionString, substitutions)).toEqual([]);
    const { isValid, errorsText } = aslValidator(DefinitionString);
    expect(isValid ? '' : errorsText()).toBe('');
  });

  it('calls in each Task a version of the function of the stage that is named there', () => {
    const called = calledFunctions();
    const Call = z.object({ FunctionName: z.string() });
    const unbound = tasksOfMachine().filter(({ state }) => {
      const [, token = ''] = /^\$\{(\w+)\}$/.exec(Call.parse(state.Arguments).FunctionName) ?? [];
      return called.get(token) !== functionOf(token).id;
    });
    expect(tasksOfMachine().length).toBeGreaterThan(8);
    expect(unbound).toEqual([]);
  });

  it('catches what each Task throws, and says of each how it is retried', () => {
    const careless = tasksOfMachine().filter(
      ({ state }) => state.Retry === undefined || (state.Catch ?? []).length === 0,
    );
    expect(careless).toEqual([]);
  });

  it('retries neither of the calls that cost money', () => {
    const unretried = tasksOfMachine()
      .filter(({ state }) => (state.Retry ?? []).length === 0)
      .map(({ name }) => name);
    expect(unretried).toEqual(['Provision cluster', 'Extend lease']);
  });

  it('alone calls the function that buys, so nothing else could repeat it', () => {
    const { id } = functionOf('provision');
    const others = [
      'AWS::Lambda::EventSourceMapping',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::Permission',
      'AWS::Scheduler::Schedule',
    ]
      .flatMap((type) => [...resourcesOf(template, type).values()])
      .filter((resource) => JSON.stringify(resource).includes(id));
    expect(others).toEqual([]);
  });

  it('waits longer for a function than the function may take', () => {
    const longest = Math.max(...Array.from(functions.values(), ({ Timeout }) => Timeout));
    const impatient = tasksOfMachine().filter(
      ({ state }) => !(typeof state.TimeoutSeconds === 'number' && state.TimeoutSeconds > longest),
    );
    expect(impatient).toEqual([]);
  });

  it('keeps its history for as long as a burst lives, writes a log without payloads, and is traced', () => {
    expect(stateMachine()).toMatchObject({
      StateMachineType: 'STANDARD',
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
  });
});

describe('the functions', () => {
  it('are one per stage, and one that tells of endings', () => {
    expect([...functions.keys()].toSorted()).toEqual([...STAGE_NAMES, 'events'].toSorted());
  });

  it('run on Node 24 and ARM, each under a role of its own', () => {
    for (const one of functions.values()) {
      expect(one).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    }
    const roles = new Set(Array.from(functions.values(), ({ Role }) => Role));
    expect(roles.size).toBe(functions.size);
  });

  it('log as JSON into a log that is kept for a month, and are traced', () => {
    const logs = resourcesOf(template, 'AWS::Logs::LogGroup');
    for (const { LoggingConfig, TracingConfig } of functions.values()) {
      expect(LoggingConfig.LogFormat).toBe('JSON');
      expect(TracingConfig.Mode).toBe('Active');
      const log = logs.get(LoggingConfig.LogGroup.Ref);
      expect(log?.Properties.RetentionInDays).toBe(30);
    }
  });

  it('that repair and end always find room to run', () => {
    const reserved = Array.from(functions, ([stage, one]) => [
      stage,
      one.ReservedConcurrentExecutions,
    ]).filter(([, room]) => room !== undefined);
    expect(Object.fromEntries(reserved)).toEqual({ sweep: 1, reap: 1, teardown: 5 });
  });

  it('share what the account has where that is wanted', () => {
    const reserved = Array.from(
      functionsOf(passing).values(),
      (one) => one.ReservedConcurrentExecutions,
    );
    expect(reserved.filter((room) => room !== undefined)).toEqual([]);
  });

  /** What CloudFormation puts in place of a reference: an ARN where one is asked for, else a name. */
  const resolved = (name: string, reference: unknown) =>
    name.endsWith('_ARN')
      ? `arn:${JSON.stringify(reference)}`
      : `${name.toLowerCase().replaceAll('_', '-')}-1`;

  it('are told by their environment all that the configuration asks for', () => {
    const told = STAGE_NAMES.map((stage) => {
      const { Variables } = functionOf(stage).Environment;
      const config = configFrom({
        AWS_REGION: 'eu-central-1',
        IONET_API_KEY: 'from the secret',
        BURST_WORKER_SECRET: 'from the secret too',
        ...Object.fromEntries(
          Object.entries(Variables).map(([name, value]) => [
            name,
            typeof value === 'string' ? value : resolved(name, value),
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
        allowedLocations: ['DE', 'FR'],
        caps: {
          dayMicroUsd: 5_000_000,
          stackMicroUsd: 500_000_000,
          tenantMicroUsd: { 'studio-7': 25_000_000 },
        },
      });
      expect(settings.limits.functionSeconds).toBe(functionOf('plan').Timeout);
    }
  });

  it('start executions by the alias of the very machine that is deployed', () => {
    const alias = only('AWS::StepFunctions::StateMachineAlias').Properties;
    const arn = JSON.stringify(functionOf('intake').Environment.Variables.BURST_STATE_MACHINE_ARN);
    expect(arn).toContain(`:stateMachine:${stateMachine().StateMachineName}:${alias.Name}"`);
  });
});

describe('an intake queue', () => {
  const queues = () =>
    [...resourcesOf(template, 'AWS::SQS::Queue').values()].map(({ Properties }) => Properties);

  it('exists for every tenant, with dead letters kept longer than the messages', () => {
    expect(
      queues()
        .filter(({ QueueName }) => QueueName !== undefined)
        .map(({ QueueName, MessageRetentionPeriod }) => [QueueName, MessageRetentionPeriod]),
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
    const sources = [...resourcesOf(template, 'AWS::Lambda::EventSourceMapping').values()].filter(
      ({ Properties }) => Properties.ScalingConfig !== undefined,
    );
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
  it.each(['sweep', 'reap'])('%s is called every minute, and not again when it fails', (stage) => {
    const calls = [...resourcesOf(template, 'AWS::Scheduler::Schedule').values()].filter(
      ({ Properties }) =>
        arnOwner(z.object({ Arn: z.unknown() }).parse(Properties.Target).Arn) ===
        functionOf(stage).id,
    );
    expect(calls).toMatchObject([
      {
        Properties: {
          ScheduleExpression: 'rate(1 minute)',
          State: 'ENABLED',
          Target: { RetryPolicy: { MaximumRetryAttempts: 0 } },
        },
      },
    ]);
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: functionOf(stage).id },
      MaximumRetryAttempts: 0,
    });
  });
});

describe('endings', () => {
  it('reach the bus from the stream of the ledger, again until they do, those that are one', () => {
    const [mapping, ...others] = [
      ...resourcesOf(template, 'AWS::Lambda::EventSourceMapping').values(),
    ].filter(
      ({ Properties }) =>
        z.object({ Ref: z.string() }).parse(Properties.FunctionName).Ref ===
        functionOf('events').id,
    );
    expect(others).toEqual([]);
    expect(mapping?.Properties).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': [only('AWS::DynamoDB::Table').id, 'StreamArn'] },
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 72_000,
    });
    const Filters = z.object({ Filters: z.array(z.object({ Pattern: z.string() })) });
    const patterns = Filters.parse(mapping?.Properties.FilterCriteria).Filters.map(
      ({ Pattern }): unknown => JSON.parse(Pattern),
    );
    expect(patterns).toEqual([
      {
        dynamodb: {
          Keys: { pk: { S: [{ prefix: 'T#' }] } },
          NewImage: { status: { S: ['done', 'failed', 'cancelled'] } },
        },
      },
      {
        dynamodb: {
          Keys: { pk: { S: [{ prefix: 'L#' }] } },
          NewImage: { phase: { S: ['settled', 'teardown-owed'] } },
        },
      },
    ]);
  });

  it('are told of rows as they were and as they are', () => {
    expect(only('AWS::DynamoDB::Table').Properties.StreamSpecification).toEqual({
      StreamViewType: 'NEW_AND_OLD_IMAGES',
    });
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

    const table = only('AWS::DynamoDB::Table');
    expect(table).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        KeySchema: local?.KeySchema,
        GlobalSecondaryIndexes: local?.GlobalSecondaryIndexes?.map(
          ({ IndexName, KeySchema, Projection }) => ({ IndexName, KeySchema, Projection }),
        ),
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      },
    });
    const byName = (attributes: unknown) =>
      z
        .array(z.object({ AttributeName: z.string(), AttributeType: z.string() }))
        .parse(attributes)
        .toSorted((a, b) => a.AttributeName.localeCompare(b.AttributeName));
    expect(byName(table.Properties.AttributeDefinitions)).toEqual(
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
    const Rules = z.object({
      Rules: z.array(
        z.looseObject({ Prefix: z.string().default('*'), ExpirationInDays: z.number().optional() }),
      ),
    });
    const { LifecycleConfiguration } = only('AWS::S3::Bucket').Properties;
    const { Rules: rules } = Rules.parse(LifecycleConfiguration);
    expect(rules.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays])).toEqual([
      ['*', undefined],
      ...TENANTS.flatMap((tenant) => [
        [`t/${tenant}/uploads/`, 2],
        [`t/${tenant}/votes/`, 365],
        [`t/${tenant}/checkpoints/`, 365],
        [`t/${tenant}/inputs/`, 365],
        [`t/${tenant}/manifests/`, 7],
        [`t/${tenant}/bodies/`, 365],
      ]),
    ]);
    expect(rules[0]).toMatchObject({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } });
  });

  it('goes with the stack in development', () => {
    const kept = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret'].flatMap(
      (type) => [...resourcesOf(passing, type).values()],
    );
    expect(kept.map(({ DeletionPolicy }) => DeletionPolicy)).toEqual([
      'Delete',
      'Delete',
      'Delete',
    ]);
    passing.hasResourceProperties('AWS::DynamoDB::Table', { DeletionProtectionEnabled: false });
  });
});

it('tells its users where to send tasks and where things are', () => {
  expect(Object.keys(template.findOutputs('*')).toSorted()).toEqual([
    'ArtifactBucketName',
    'DashboardUrl',
    'EventBusName',
    'ExecutionsUrl',
    'IntakeQueueUrls',
    'LedgerTableName',
    'SecretName',
    'StateMachineArn',
  ]);
});
