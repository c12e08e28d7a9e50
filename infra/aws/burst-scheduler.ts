import { Annotations, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ArtifactBucket } from './artifact-bucket.ts';
import { BurstAlarms } from './burst-alarms.ts';
import { BurstDashboard } from './burst-dashboard.ts';
import { burstMetric, type MetricDimensions } from './burst-metric.ts';
import { BurstStateMachine, currentMachineArn } from './burst-state-machine.ts';
import { type Deployment, deploymentOf } from './deployment.ts';
import { EveryMinute } from './every-minute.ts';
import type { MetricName } from './functions/emf.ts';
import { IntakeQueue } from './intake-queue.ts';
import { LedgerEvents } from './ledger-events.ts';
import { LedgerTable } from './ledger-table.ts';
import type { BurstSchedulerProps } from './scheduler-props.ts';
import { StageFunctions } from './stage-functions.ts';
import { grantCancel, grantEnqueue, grantResults, grantStatus } from './tenant-grants.ts';

/**
 * A whole Burst: intake queues, ledger, artifacts, one function per stage, the state machine, the two
 * schedules that repair what the rest left half done, the bus that hears of endings, and what a person looks at.
 *
 * The secret is made with an empty `ionetApiKey`: until the operator fills it in, the functions that need it
 * fail and say so, and tasks wait.
 *
 * @example
 * const burst = new BurstScheduler(this, 'Burst', { images: { 'nft.generative': image } });
 * burst.grantEnqueue(webServer, 'default');
 */
export class BurstScheduler extends Construct {
  readonly ledger: Table;
  readonly artifacts: Bucket;
  /** JSON `{ionetApiKey, workerSecret}`. */
  readonly secret: Secret;
  /** One execution per burst and segment. */
  readonly stateMachine: IStateMachine;
  /** Hears of every ended task and closed burst. */
  readonly bus: EventBus;
  readonly dashboard: BurstDashboard;
  readonly alarms: BurstAlarms;

  readonly #deployment: Deployment;
  readonly #intakes: ReadonlyMap<string, IntakeQueue>;

  /** @throws PropsRejected with everything that is wrong with the props. */
  constructor(scope: Construct, id: string, props: BurstSchedulerProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    this.#deployment = deploymentOf(props, Token.isUnresolved(region) ? undefined : region);
    const { name, tenants, keepsData, logRetention } = this.#deployment;
    this.#warnOfRefusedKinds();

    const ledger = new LedgerTable(this, 'Ledger', { keeps: keepsData });
    this.ledger = ledger.table;
    this.artifacts = new ArtifactBucket(this, 'Artifacts', {
      tenants: tenants.map(({ tenant }) => tenant),
      bodyDays: this.#deployment.bodyDays,
      keeps: keepsData,
    }).bucket;
    this.secret = new Secret(this, 'Secret', {
      secretName: this.#deployment.secretName,
      description: 'Burst: fill in ionetApiKey, leave workerSecret as it is',
      removalPolicy: keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ ionetApiKey: '' }),
        generateStringKey: 'workerSecret',
        passwordLength: 48,
        excludePunctuation: true,
      },
    });

    const stages = new StageFunctions(this, 'Stages', {
      deployment: this.#deployment,
      ledger,
      artifacts: this.artifacts,
      secret: this.secret,
      machineArn: currentMachineArn(this, name),
    });
    this.#intakes = new Map(
      tenants.map(({ tenant, queueName }) => [
        tenant,
        new IntakeQueue(this, `Intake-${tenant}`, {
          queueName,
          consumer: stages.of.intake.lambda,
          consumerTimeout: Duration.seconds(this.#deployment.functionSeconds),
          concurrency: this.#deployment.concurrency.intakePerTenant,
        }),
      ]),
    );
    this.stateMachine = new BurstStateMachine(this, 'Machine', {
      name,
      logRetention,
      functions: Object.fromEntries(
        Object.entries(stages.of).map(([stage, { lambda }]) => [stage, lambda]),
      ),
    }).stateMachine;
    new EveryMinute(this, 'SweepEveryMinute', stages.of.sweep.lambda);
    new EveryMinute(this, 'ReapEveryMinute', stages.of.reap.lambda);
    const events = new LedgerEvents(this, 'Events', { name, ledger, logRetention });
    this.bus = events.bus;

    const seen = {
      deployment: this.#deployment,
      deadLetters: new Map([
        ...Array.from(this.#intakes, ([tenant, intake]) => [tenant, intake.deadLetters] as const),
        // No tenant is called so: no name has an underscore.
        ['ledger_events', events.deadLetters] as const,
      ]),
    };
    this.alarms = new BurstAlarms(this, 'Alarms', { ...seen, topic: props.alarms?.topic });
    this.dashboard = new BurstDashboard(this, 'Dashboard', {
      ...seen,
      stateMachine: this.stateMachine,
      sweepLog: stages.of.sweep.logGroup,
      alarms: this.alarms.all,
    });
  }

  /** Names of the tenants, in the order they were given. */
  get tenants(): readonly string[] {
    return this.#deployment.tenants.map(({ tenant }) => tenant);
  }

  /** The intake queue of a tenant. */
  queue(tenant = 'default'): IQueue {
    return this.#intakeOf(tenant).queue;
  }

  /** Lets a grantee send tasks as this tenant, and upload the files they name. */
  grantEnqueue(grantee: IGrantable, tenant = 'default'): Grant {
    const access = { queue: this.queue(tenant), bucket: this.artifacts };
    return grantEnqueue(grantee, access, tenant);
  }

  /** Lets a grantee see how this tenant's tasks stand. */
  grantStatus(grantee: IGrantable, tenant = 'default'): Grant {
    this.#intakeOf(tenant);
    return grantStatus(grantee, this.ledger, tenant);
  }

  /** Lets a grantee read this tenant's results. */
  grantResults(grantee: IGrantable, tenant = 'default'): Grant {
    this.#intakeOf(tenant);
    return grantResults(grantee, { table: this.ledger, bucket: this.artifacts }, tenant);
  }

  /** Lets a grantee cancel this tenant's tasks. */
  grantCancel(grantee: IGrantable, tenant = 'default'): Grant {
    this.#intakeOf(tenant);
    return grantCancel(grantee, this.ledger, tenant);
  }

  /** A metric of this deployment, told apart by tenant and the like where it has more than one series. */
  metric(name: MetricName, dimensions: MetricDimensions = {}, options: MetricOptions = {}): Metric {
    return burstMetric(this.#deployment.name, name, dimensions, options);
  }

  #intakeOf(tenant: string): IntakeQueue {
    const intake = this.#intakes.get(tenant);
    if (intake === undefined) {
      throw new RangeError(`there is no tenant ${tenant}; there is ${this.tenants.join(', ')}`);
    }
    return intake;
  }

  #warnOfRefusedKinds(): void {
    for (const kind of this.#deployment.refusedKinds) {
      Annotations.of(this).addWarningV2(
        `burst:cpuExecutor:${kind}`,
        `the executor of ${kind} uses no GPU, so intake refuses its tasks unless allowCpuExecutor is set`,
      );
    }
  }
}
