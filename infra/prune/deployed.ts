import {
  GetFunctionConfigurationCommand,
  type LambdaClient,
  paginateListVersionsByFunction,
} from '@aws-sdk/client-lambda';
import {
  DescribeStateMachineAliasCommand,
  DescribeStateMachineCommand,
  ListStateMachineVersionsCommand,
  paginateListExecutions,
  paginateListStateMachines,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { readLease } from '../../shared/ledger/leases.ts';
import { BurstId, executionName } from '../../shared/model/ids.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Ledger } from '../../shared/ports.ts';
import { type Deployed, type MachineVersion, versionIn } from './to-prune.ts';

export interface DeployedPorts {
  readonly states: SFNClient;
  readonly lambda: LambdaClient;
  /** The ledger in the table of that name. */
  readonly ledgerOf: (tableName: string) => Ledger;
}

/** What was asked for is not deployed, or not by this version of Burst. */
class NotDeployed extends Error {
  override readonly name = 'NotDeployed';
}

/**
 * What is deployed under a name, and what runs. Executions are listed after versions: one that starts in between
 * runs on the current version, which is kept anyway.
 */
export async function readDeployed(ports: DeployedPorts, name: string): Promise<Deployed> {
  const { states } = ports;
  const machineArn = await machineNamed(states, name);
  const alias = await states.send(
    new DescribeStateMachineAliasCommand({ stateMachineAliasArn: `${machineArn}:current` }),
  );
  const current = alias.routingConfiguration?.[0]?.stateMachineVersionArn;
  if (current === undefined) throw new NotDeployed(`the alias of ${name} names no version`);
  const machines = await machineVersions(states, machineArn);
  const functions = [
    ...new Set(machines.flatMap(({ calls }) => calls.map((arn) => versionIn(arn)[0]))),
  ];
  const functionVersions = await versionsOf(ports, functions);
  const openSegments = await openSegmentsOf(ports, current, machines);
  const running = await runningOf(states, machineArn);
  return { machines, current, functionVersions, running, openSegments };
}

async function machineNamed(states: SFNClient, name: string): Promise<string> {
  for await (const { stateMachines = [] } of paginateListStateMachines({ client: states }, {})) {
    const found = stateMachines.find((one) => one.name === name)?.stateMachineArn;
    if (found !== undefined) return found;
  }
  throw new NotDeployed(`there is no state machine ${name} in this region of this account`);
}

async function machineVersions(states: SFNClient, machineArn: string): Promise<MachineVersion[]> {
  const machines: MachineVersion[] = [];
  let nextToken: string | undefined;
  do {
    const page = await states.send(
      new ListStateMachineVersionsCommand({ stateMachineArn: machineArn, nextToken }),
    );
    for (const { stateMachineVersionArn: arn } of page.stateMachineVersions ?? []) {
      if (arn === undefined) continue;
      const { definition = '' } = await states.send(
        new DescribeStateMachineCommand({ stateMachineArn: arn }),
      );
      machines.push({ arn, calls: functionVersionsIn(definition) });
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return machines;
}

/** Every `arn:…:function:name:7` of a definition. */
const functionVersionsIn = (definition: string): string[] => [
  ...new Set(definition.match(/arn:[\w-]+:lambda:[\w-]+:\d+:function:[\w-]+:\d+/g) ?? []),
];

async function versionsOf({ lambda }: DeployedPorts, functions: readonly string[]) {
  const arns: string[] = [];
  for (const FunctionName of functions) {
    for await (const page of paginateListVersionsByFunction({ client: lambda }, { FunctionName })) {
      for (const { Version, FunctionArn } of page.Versions ?? []) {
        if (Version !== '$LATEST' && FunctionArn !== undefined) arns.push(FunctionArn);
      }
    }
  }
  return arns;
}

async function runningOf(states: SFNClient, stateMachineArn: string): Promise<Deployed['running']> {
  const running: { name: string; machineVersion: string | undefined }[] = [];
  const pages = paginateListExecutions(
    { client: states },
    { stateMachineArn, statusFilter: 'RUNNING' },
  );
  for await (const { executions = [] } of pages) {
    for (const { name = '', stateMachineVersionArn: machineVersion } of executions) {
      running.push({ name, machineVersion });
    }
  }
  return running;
}

/** Far enough ahead that every lease is due that is not settled. */
const FAR_AHEAD = instantOf(Date.UTC(2999, 0));
const MAX_LEASES = 10_000;

/** The table is known to the functions; the index `due` holds every lease that is not settled. */
async function openSegmentsOf(
  { lambda, ledgerOf }: DeployedPorts,
  current: string,
  machines: readonly MachineVersion[],
): Promise<string[]> {
  const [FunctionName] = machines.find(({ arn }) => arn === current)?.calls ?? [];
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const tableName = Environment?.Variables?.BURST_TABLE;
  if (tableName === undefined) throw new NotDeployed(`${FunctionName} knows no ledger`);
  const ledger = ledgerOf(tableName);
  const due = await ledger.due({ of: 'lease', until: FAR_AHEAD, limit: MAX_LEASES });
  const segments: string[] = [];
  for (const { pk } of due) {
    const lease = await readLease(ledger, BurstId.parse(pk.slice('L#'.length)));
    if (lease === undefined || lease.phase === 'settled') continue;
    segments.push(executionName(lease.burstId, lease.segment));
  }
  return segments;
}
