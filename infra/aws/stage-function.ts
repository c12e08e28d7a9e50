import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { StageName } from '../stages.ts';

export interface StageFunctionProps {
  readonly stage: StageName;
  readonly memoryMiB: number;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
}

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Parts of the AWS SDK are CommonJS and call `require`, which an ES module does not have. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** One stage as a Lambda function, with a role and a log of its own. The role may write that log, and no more. */
export class StageFunction extends Construct implements IGrantable {
  readonly lambda: NodejsFunction;
  readonly grantPrincipal: Role;

  constructor(scope: Construct, id: string, props: StageFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.grantPrincipal = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What ${props.stage} of Burst may do`,
    });
    logGroup.grantWrite(this.grantPrincipal);

    this.lambda = new NodejsFunction(this, 'Function', {
      description: `Burst: ${props.stage}`,
      entry: pathOf(`./functions/${props.stage}.ts`),
      projectRoot: pathOf('../..'),
      depsLockFilePath: pathOf('../../package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMiB,
      timeout: props.timeout,
      role: this.grantPrincipal,
      logGroup,
      environment: { NODE_OPTIONS: '--enable-source-maps', ...props.environment },
      awsSdkConnectionReuse: false,
      bundling: {
        format: OutputFormat.ESM,
        banner: REQUIRE,
        mainFields: ['module', 'main'],
        // The SDK of the lockfile, not the one the runtime happens to have; it also loads faster.
        externalModules: [],
        minify: true,
        sourceMap: true,
        sourcesContent: false,
        logLevel: LogLevel.WARNING,
      },
    });
  }

  /** Lets the function do exactly this. */
  allow(actions: readonly string[], resources: readonly string[]): void {
    if (actions.length === 0 || resources.length === 0) return;
    this.grantPrincipal.addToPolicy(
      new PolicyStatement({ actions: [...actions], resources: [...resources] }),
    );
  }
}
