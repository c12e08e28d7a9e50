import { Annotations, Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { StageName } from '../stages.ts';
import { ArtifactBucket } from './artifact-bucket.ts';
import { BurstStateMachine, stateMachineArn } from './burst-state-machine.ts';
import { everyMinute } from './every-minute.ts';
import { IntakeQueue } from './intake-queue.ts';
import { LedgerTable } from './ledger-table.ts';
import { type BurstSchedulerProps, type Deployment, deploymentOf } from './scheduler-props.ts';
import { StageFunction } from './stage-function.ts';
import { type Prefix, STAGE_NEEDS, type StageNeeds } from './stage-needs.ts';

/**
 * A whole Burst: intake queues, ledger, artifacts, one function per stage, the state machine, and the two
 * schedules that repair what the rest left half done.
 *
 * The secret is made with an empty `ionetApiKey`: until the operator fills it in, the functions that need it
 * fail and say so, and tasks wait.
 *
 * @example
 * new BurstScheduler(this, 'Scheduler', { images: { 'nft.generative': image } });
 */
export class BurstScheduler extends Construct {
  readonly table: Table;
  readonly bucket: Bucket;
  /** JSON `{ionetApiKey, workerSecret}`. */
  readonly secret: Secret;
  readonly stateMachine: StateMachine;
  readonly intakeQueues: ReadonlyMap<string, IntakeQueue>;
  readonly functions: Readonly<Record<StageName, StageFunction>>;

  readonly #ledger: LedgerTable;
  readonly #deployment: Deployment;
  readonly #stateMachineArn: string;

  /** @throws PropsRejected with everything that is wrong with the props. */
  constructor(scope: Construct, id: string, props: BurstSchedulerProps) {
    super(scope, id);
    this.#deployment = deploymentOf(props);
    const { name, tenants, refusedKinds } = this.#deployment;
    for (const kind of refusedKinds) {
      Annotations.of(this).addWarningV2(
        `burst:cpuExecutor:${kind}`,
        `the executor of ${kind} uses no GPU, so intake refuses its tasks unless allowCpuExecutor is set`,
      );
    }
    this.#stateMachineArn = stateMachineArn(this, name);

    this.#ledger = new LedgerTable(this, 'Ledger');
    this.table = this.#ledger.table;
    this.bucket = new ArtifactBucket(this, 'Artifacts', {
      tenants: tenants.map(({ tenant }) => tenant),
    }).bucket;
    this.secret = new Secret(this, 'Secret', {
      description: 'Burst: fill in ionetApiKey, leave workerSecret as it is',
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ ionetApiKey: '' }),
        generateStringKey: 'workerSecret',
        passwordLength: 48,
        excludePunctuation: true,
      },
    });

    this.functions = {
      intake: this.#stage('intake'),
      plan: this.#stage('plan'),
      provision: this.#stage('provision'),
      run: this.#stage('run'),
      poll: this.#stage('poll'),
      collect: this.#stage('collect'),
      teardown: this.#stage('teardown'),
      sweep: this.#stage('sweep'),
      reap: this.#stage('reap'),
    };
    this.intakeQueues = new Map(
      tenants.map(({ tenant, queueName }) => [
        tenant,
        new IntakeQueue(this, `Intake-${tenant}`, {
          queueName,
          consumer: this.functions.intake.lambda,
          consumerTimeout: this.#timeout,
        }),
      ]),
    );
    this.stateMachine = new BurstStateMachine(this, 'Burst', {
      name,
      functions: Object.fromEntries(
        Object.entries(this.functions).map(([stage, { lambda }]) => [stage, lambda]),
      ),
    }).stateMachine;
    everyMinute(this, 'SweepEveryMinute', this.functions.sweep.lambda);
    everyMinute(this, 'ReapEveryMinute', this.functions.reap.lambda);
  }

  get #timeout(): Duration {
    return Duration.seconds(this.#deployment.functionSeconds);
  }

  #stage(stage: StageName): StageFunction {
    const needs = STAGE_NEEDS[stage];
    const made = new StageFunction(this, stage, {
      stage,
      memoryMiB: needs.memoryMiB,
      timeout: this.#timeout,
      environment: {
        BURST_SETTINGS: this.#deployment.settingsJson,
        BURST_TABLE: this.table.tableName,
        BURST_BUCKET: this.bucket.bucketName,
        BURST_STATE_MACHINE_ARN: this.#stateMachineArn,
        ...(needs.secret && {
          BURST_SECRET_ARN: this.secret.secretArn,
          IONET_API_FLAVOUR: this.#deployment.apiFlavour,
        }),
      },
    });
    this.#grant(made, needs);
    return made;
  }

  #grant(to: StageFunction, needs: StageNeeds): void {
    const { tableArn } = this.table;
    to.allow(['dynamodb:GetItem', 'dynamodb:UpdateItem'], [tableArn]);
    if (needs.queries) to.allow(['dynamodb:Query'], [tableArn]);
    if (needs.due) to.allow(['dynamodb:Query'], [this.#ledger.dueIndexArn]);
    if (needs.secret) to.allow(['secretsmanager:GetSecretValue'], [this.secret.secretArn]);
    if (needs.startsBursts) to.allow(['states:StartExecution'], [this.#stateMachineArn]);
    to.allow(['s3:GetObject'], this.#objects(needs.reads));
    to.allow(['s3:PutObject'], this.#objects(needs.writes));
    to.allow(['s3:DeleteObject'], this.#objects(needs.deletes));
    // Without it S3 answers 403 for an object that is not there, as if it were forbidden.
    if (needs.reads !== undefined || needs.deletes !== undefined)
      to.allow(['s3:ListBucket'], [this.bucket.bucketArn]);
  }

  /**
   * Objects of every tenant below these prefixes. Each tenant by name: a star in its place would also match
   * the slash after it, and with it the results of a task called `uploads`.
   */
  #objects(prefixes: readonly Prefix[] = []): string[] {
    return this.#deployment.tenants.flatMap(({ tenant }) =>
      prefixes.map((prefix) => this.bucket.arnForObjects(`t/${tenant}/${prefix}/*`)),
    );
  }
}
