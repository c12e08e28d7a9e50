import { LambdaClient } from '@aws-sdk/client-lambda';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import { readDeployed } from '../../infra/prune/deployed.ts';
import { type Deployed, toPrune } from '../../infra/prune/to-prune.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { type Scripted, scriptedServer } from '../support/scripted-server.ts';

const machine = (n: number) => `arn:aws:states:eu-central-1:000000000000:stateMachine:burst:${n}`;
const plan = (n: number) => `arn:aws:lambda:eu-central-1:000000000000:function:plan:${n}`;
const poll = (n: number) => `arn:aws:lambda:eu-central-1:000000000000:function:poll:${n}`;

/** Three revisions: the second changed plan, the third both. */
const deployed = (more: Partial<Deployed> = {}): Deployed => ({
  machines: [
    { arn: machine(3), calls: [plan(3), poll(2)] },
    { arn: machine(2), calls: [plan(2), poll(1)] },
    { arn: machine(1), calls: [plan(1), poll(1)] },
  ],
  current: machine(3),
  functionVersions: [plan(1), plan(2), plan(3), poll(1), poll(2)],
  running: [],
  openSegments: [],
  ...more,
});

describe('what nobody uses', () => {
  it('is every version but the current one where nothing runs', () => {
    expect(toPrune(deployed())).toEqual({
      prune: true,
      machines: [machine(2), machine(1)],
      functionVersions: [plan(1), plan(2), poll(1)],
      kept: [{ arn: machine(3), why: 'new executions' }],
      undriven: [],
    });
  });

  it('is nothing an execution runs on, and nothing that version calls', () => {
    const running = [{ name: 'burst-a-1', machineVersion: machine(2) }];
    expect(toPrune(deployed({ running, openSegments: ['burst-a-1'] }))).toMatchObject({
      machines: [machine(1)],
      functionVersions: [plan(1)],
      kept: [{ arn: machine(3) }, { arn: machine(2), why: 'burst-a-1' }],
      undriven: [],
    });
  });

  it('is told from executions, not from leases: one that outlived its lease still calls', () => {
    const running = [{ name: 'burst-gone-1', machineVersion: machine(1) }];
    expect(toPrune(deployed({ running }))).toMatchObject({
      machines: [machine(2)],
      functionVersions: [plan(2)],
    });
  });

  it('names the open bursts that nothing drives', () => {
    const openSegments = ['burst-a-1', 'burst-b-2'];
    const running = [{ name: 'burst-b-2', machineVersion: machine(3) }];
    expect(toPrune(deployed({ running, openSegments }))).toMatchObject({ undriven: ['burst-a-1'] });
  });

  it('is no function version newer than the current: a deployment may be about to name it', () => {
    const functionVersions = [plan(3), plan(4), poll(2), poll(3)];
    expect(toPrune(deployed({ functionVersions }))).toMatchObject({ functionVersions: [] });
  });

  it.each([
    {
      why: 'an execution has no version',
      more: { running: [{ name: 'burst-a-1', machineVersion: undefined }] },
      says: 'no version is known of what runs as burst-a-1; wait for its end',
    },
    {
      why: 'the current version is not listed',
      more: { current: machine(4) },
      says: `the current version ${machine(4)} is not among those listed`,
    },
  ])('cannot be told where $why', ({ more, says }) => {
    expect(toPrune(deployed(more))).toEqual({ prune: false, why: says });
  });
});

describe('what is deployed', () => {
  let server: Awaited<ReturnType<typeof scriptedServer>>;
  afterEach(() => server.close());

  const NAME = machine(0).slice(0, -2);
  const ANSWERS: Readonly<Record<string, (body: Record<string, unknown>) => object>> = {
    ListStateMachines: ({ nextToken }) =>
      nextToken === undefined
        ? { stateMachines: [{ name: 'other', stateMachineArn: 'arn:other' }], nextToken: 'more' }
        : { stateMachines: [{ name: 'burst', stateMachineArn: NAME }] },
    DescribeStateMachineAlias: () => ({
      routingConfiguration: [{ stateMachineVersionArn: machine(2), weight: 100 }],
    }),
    ListStateMachineVersions: () => ({
      stateMachineVersions: [2, 1].map((n) => ({ stateMachineVersionArn: machine(n) })),
    }),
    DescribeStateMachine: ({ stateMachineArn }) => ({
      definition: JSON.stringify({
        FunctionName: stateMachineArn === machine(2) ? plan(2) : plan(1),
      }),
    }),
    ListExecutions: ({ statusFilter }) => ({
      executions:
        statusFilter === 'RUNNING'
          ? [{ name: 'burst-0123456789ab-1', stateMachineVersionArn: machine(1) }]
          : [],
    }),
  };
  const answer = (path: string, target: string, body: unknown): Scripted => {
    if (path.endsWith('/versions')) {
      const Versions = ['$LATEST', '1', '2'].map((Version) => ({
        Version,
        FunctionArn: `${plan(0).slice(0, -2)}:${Version}`,
      }));
      return { body: { Versions } };
    }
    if (path.endsWith('/configuration')) {
      return { body: { Environment: { Variables: { BURST_TABLE: 'ledger' } } } };
    }
    const operation = ANSWERS[target.split('.').at(-1) ?? ''];
    if (operation === undefined)
      return { status: 400, body: { __type: 'Unannounced', message: target } };
    return { body: operation({ ...(body as object) }) };
  };

  it('is read from Step Functions, Lambda and the ledger', async () => {
    server = await scriptedServer(({ path, headers, body }) =>
      answer(path, String(headers['x-amz-target'] ?? ''), body),
    );
    const access = {
      region: 'eu-central-1',
      endpoint: server.baseUrl,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      maxAttempts: 1,
    };
    const tables: string[] = [];
    const ports = {
      states: new SFNClient(access),
      lambda: new LambdaClient(access),
      ledgerOf: (table: string) => {
        tables.push(table);
        return memoryLedger();
      },
    };
    expect(await readDeployed(ports, 'burst')).toEqual({
      machines: [
        { arn: machine(2), calls: [plan(2)] },
        { arn: machine(1), calls: [plan(1)] },
      ],
      current: machine(2),
      functionVersions: [plan(1), plan(2)],
      running: [{ name: 'burst-0123456789ab-1', machineVersion: machine(1) }],
      openSegments: [],
    });
    expect(tables).toEqual(['ledger']);
    await expect(readDeployed(ports, 'nonesuch')).rejects.toThrow('no state machine nonesuch');
  });
});
