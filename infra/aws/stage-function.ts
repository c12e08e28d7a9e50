import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { functionBundles } from './function-bundles.ts';

export interface StageFunctionProps {
  /** File in `functions/entries/`, without its ending. */
  readonly stage: string;
  readonly memoryMiB: number;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetention: RetentionDays;
  /** Calls that always find room; undefined: it shares the account's. */
  readonly reserved: number | undefined;
}

const SOURCES = fileURLToPath(new URL('./functions/entries', import.meta.url));

/**
 * One stage as a Lambda function, with a role and a log of its own. The role may write that log and its
 * traces, and no more until it is allowed more.
 *
 * `lambda.currentVersion` is kept when a newer one takes its place and when the stack goes: a burst that is
 * running calls the versions it began with.
 */
export class StageFunction extends Construct implements IGrantable {
  readonly lambda: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly grantPrincipal: Role;

  constructor(scope: Construct, id: string, props: StageFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Log', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.grantPrincipal = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${props.stage} of Burst may do`,
    });
    this.logGroup.grantWrite(this.grantPrincipal);

    this.lambda = new LambdaFunction(this, 'Function', {
      description: `Burst: ${props.stage}`,
      code: this.#code(props.stage),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMiB,
      timeout: props.timeout,
      role: this.grantPrincipal,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      tracing: Tracing.ACTIVE,
      environment: { NODE_OPTIONS: '--enable-source-maps', ...props.environment },
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      ...(props.reserved === undefined ? {} : { reservedConcurrentExecutions: props.reserved }),
    });
  }

  /** Stacks that are not asked for their code, as most in tests, get the sources in its place. */
  #code(stage: string): Code {
    return Code.fromAsset(
      Stack.of(this).bundlingRequired ? functionBundles().folderOf(stage) : SOURCES,
    );
  }

  /** Lets the function do exactly this. */
  allow(
    actions: readonly string[],
    resources: readonly string[],
    conditions?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
  ): void {
    if (actions.length === 0 || resources.length === 0) return;
    this.grantPrincipal.addToPolicy(
      new PolicyStatement({
        actions: [...actions],
        resources: [...resources],
        ...(conditions === undefined ? {} : { conditions }),
      }),
    );
  }
}
