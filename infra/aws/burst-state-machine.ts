import { readFileSync } from 'node:fs';
import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  CfnStateMachineAlias,
  CfnStateMachineVersion,
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

/** The workflow, as the local world and the virtual one run it. */
const DEFINITION = readFileSync(new URL('../burst.asl.json', import.meta.url), 'utf8');

/** Names of the functions the workflow calls: its tokens `${plan}` and so on. */
const CALLED: readonly string[] = [
  ...new Set(Array.from(DEFINITION.matchAll(/\$\{(\w+)\}/g), ([, name]) => name ?? '')),
];

/** The alias every execution is started by. It names the version that was deployed last. */
const CURRENT = 'current';

export interface BurstStateMachineProps {
  readonly name: string;
  /** Function by stage; those the workflow does not call are left alone. */
  readonly functions: Readonly<Record<string, LambdaFunction>>;
  readonly logRetention: RetentionDays;
}

/**
 * ARN by which executions of the machine of that name are started. The functions are told it and the machine
 * is told theirs, so one side must be known by name alone.
 */
export const currentMachineArn = (scope: Construct, name: string): string =>
  Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: `${name}:${CURRENT}`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

/**
 * The state machine a burst runs on. The graph itself is `infra/burst.asl.json`.
 *
 * An upgrade must not reach into running bursts, so nothing in it is named without a version: an execution
 * keeps the definition it began with, and that definition names versions of functions. All of them are kept
 * when newer ones take their place; `npm run prune` removes those nobody uses. Whoever starts an execution, a new
 * burst, a hand-over, a take-over, starts the alias: the version deployed last, whatever version asks.
 */
export class BurstStateMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: BurstStateMachineProps) {
    super(scope, id);
    const called = CALLED.map((name) => {
      const target = props.functions[name];
      if (target === undefined) throw new Error(`burst.asl.json calls \${${name}}, no function`);
      return { name, target };
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: props.name,
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(DEFINITION),
      definitionSubstitutions: Object.fromEntries(
        called.map(({ name, target }) => [name, target.currentVersion.functionArn]),
      ),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Log', {
          retention: props.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        // Documents hold ids and counts only, but a cause quotes the provider; the console has both.
        level: LogLevel.ALL,
        includeExecutionData: false,
      },
    });
    // Every version, and the role outlives them: a running execution is checked against it at each call.
    this.stateMachine.addToRolePolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: called.map(({ target }) => `${target.functionArn}:*`),
      }),
    );
    this.#publish();
  }

  #publish(): void {
    const version = new CfnStateMachineVersion(this, 'Version', {
      stateMachineArn: this.stateMachine.stateMachineArn,
      // Changes with the definition, and with it the version is replaced by another.
      stateMachineRevisionId: this.stateMachine.stateMachineRevisionId,
    });
    version.applyRemovalPolicy(RemovalPolicy.RETAIN);
    new CfnStateMachineAlias(this, 'Current', {
      name: CURRENT,
      description: 'The version that was deployed last; every execution is started by it',
      routingConfiguration: [{ stateMachineVersionArn: version.attrArn, weight: 100 }],
    });
  }
}
