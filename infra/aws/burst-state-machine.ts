import { readFileSync } from 'node:fs';
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { DefinitionBody, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

/** The workflow, as the local world and the virtual one run it. */
const DEFINITION = readFileSync(new URL('../burst.asl.json', import.meta.url), 'utf8');

/** Names of the functions the workflow calls: its tokens `${plan}` and so on. */
const CALLED: readonly string[] = [
  ...new Set(Array.from(DEFINITION.matchAll(/\$\{(\w+)\}/g), ([, name]) => name ?? '')),
];

export interface BurstStateMachineProps {
  readonly name: string;
  /** Function by stage; those the workflow does not call are left alone. */
  readonly functions: Readonly<Record<string, IFunction>>;
}

/**
 * ARN of the state machine of that name. The functions are told it and the machine is told theirs, so one
 * side must be known by name alone.
 */
export const stateMachineArn = (scope: Construct, name: string): string =>
  Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });

/** The state machine a burst runs on. The graph itself is `infra/burst.asl.json`. */
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
        called.map(({ name, target }) => [name, target.functionArn]),
      ),
    });
    for (const { target } of called) target.grantInvoke(this.stateMachine);
  }
}
