import { Duration } from 'aws-cdk-lib';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { STAGE_NAMES, type StageName } from '../stages.ts';
import type { Deployment } from './deployment.ts';
import type { LedgerTable } from './ledger-table.ts';
import { StageFunction } from './stage-function.ts';
import { type Prefix, ROWS, type RowKind, STAGE_NEEDS, type StageNeeds } from './stage-needs.ts';

export interface StageFunctionsProps {
  readonly deployment: Deployment;
  readonly ledger: LedgerTable;
  readonly artifacts: Bucket;
  readonly secret: Secret;
  /** By which executions are started. */
  readonly machineArn: string;
}

/** Every stage as a function that may do what `STAGE_NEEDS` says of it. */
export class StageFunctions extends Construct {
  readonly of: Readonly<Record<StageName, StageFunction>>;

  readonly #props: StageFunctionsProps;
  readonly #registrySecret: ISecret | undefined;

  constructor(scope: Construct, id: string, props: StageFunctionsProps) {
    super(scope, id);
    this.#props = props;
    const { registrySecretName } = props.deployment;
    if (registrySecretName !== undefined) {
      this.#registrySecret = Secret.fromSecretNameV2(this, 'RegistryLogin', registrySecretName);
    }
    this.of = {
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
  }

  get all(): readonly StageFunction[] {
    return STAGE_NAMES.map((stage) => this.of[stage]);
  }

  #stage(stage: StageName): StageFunction {
    const needs = STAGE_NEEDS[stage];
    const { deployment, ledger, artifacts, secret, machineArn } = this.#props;
    const registry = needs.provider === 'buys' ? this.#registrySecret : undefined;
    const made = new StageFunction(this, stage, {
      stage,
      memoryMiB: needs.memoryMiB,
      timeout: Duration.seconds(deployment.functionSeconds),
      logRetention: deployment.logRetention,
      reserved: reservedFor(stage, deployment),
      environment: {
        BURST_STACK: deployment.name,
        BURST_SETTINGS: deployment.settingsJson,
        BURST_TABLE: ledger.table.tableName,
        BURST_BUCKET: artifacts.bucketName,
        BURST_STATE_MACHINE_ARN: machineArn,
        ...(needs.provider !== undefined && {
          BURST_SECRET_ARN: secret.secretArn,
          IONET_API_FLAVOUR: deployment.apiFlavour,
        }),
        ...(registry !== undefined && { BURST_REGISTRY_SECRET_ARN: registry.secretArn }),
      },
    });
    this.#allow(made, needs, registry);
    return made;
  }

  #allow(to: StageFunction, needs: StageNeeds, registry: ISecret | undefined): void {
    const { ledger, artifacts, secret, machineArn } = this.#props;
    const { tableArn } = ledger.table;
    const { changes, looksAt = [], ranges = [], reads = [], writes = [], deletes = [] } = needs;
    to.allow(['dynamodb:PutItem', 'dynamodb:UpdateItem'], [tableArn], onRows(changes));
    to.allow(['dynamodb:GetItem'], [tableArn], onRows([...changes, ...looksAt]));
    if (ranges.length > 0) to.allow(['dynamodb:Query'], [tableArn], onRows(ranges));
    if (needs.due) to.allow(['dynamodb:Query'], [ledger.dueIndexArn]);
    if (needs.startsBursts) to.allow(['states:StartExecution'], [machineArn]);
    if (needs.provider !== undefined) {
      to.allow(['secretsmanager:GetSecretValue'], [secret.secretArn]);
    }
    // The ARN of a secret known by name ends in six characters nobody knows beforehand.
    if (registry !== undefined) {
      to.allow(['secretsmanager:GetSecretValue'], [`${registry.secretArn}-??????`]);
    }
    to.allow(['s3:GetObject'], this.#objects(reads));
    to.allow(['s3:PutObject'], this.#objects(writes));
    to.allow(['s3:DeleteObject'], this.#objects(deletes));
    // Without it S3 answers 403 for an object that is not there, as if it were forbidden.
    if (reads.length + deletes.length > 0) to.allow(['s3:ListBucket'], [artifacts.bucketArn]);
  }

  /**
   * Objects of every tenant below these prefixes. Each tenant by name: a star in its place would also match
   * the slash after it, and with it the results of a task called `uploads`.
   */
  #objects(prefixes: readonly Prefix[]): string[] {
    const { deployment, artifacts } = this.#props;
    return deployment.tenants.flatMap(({ tenant }) =>
      prefixes.map((prefix) => artifacts.arnForObjects(`t/${tenant}/${prefix}/*`)),
    );
  }
}

const onRows = (rows: readonly RowKind[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': rows.map((row) => `${ROWS[row]}*`) },
});

/** Sweep and reap need no second call beside the first; a teardown must never wait for other work. */
function reservedFor(stage: StageName, { concurrency }: Deployment): number | undefined {
  if (!concurrency.reserve) return undefined;
  if (stage === 'sweep' || stage === 'reap') return 1;
  return stage === 'teardown' ? concurrency.teardown : undefined;
}
