import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type * as z from 'zod';
import type { ApiFlavour } from '../../shared/ionet/flavour.ts';
import type { Settings } from '../../shared/model/settings.ts';

/** One tenant: who pays and owns. It has an intake queue `<deployment>-intake-<tenant>` of its own. */
export interface TenantProps {
  /** Lower-case letters, digits and hyphens, 32 at most. */
  readonly name: string;

  /**
   * US dollars this tenant may spend over the life of the deployment.
   *
   * @default 500
   */
  readonly capUsd?: number | undefined;

  /**
   * Its part of what tenants share (the caps of stack and day, scarce machines) while that is short, beside the parts
   * of the others that wait: 1 to 1,000.
   *
   * @default 1
   */
  readonly weight?: number | undefined;
}

/** How long things are kept. Results are kept until somebody deletes them. */
interface RetentionProps {
  /**
   * Logs of the functions and of the state machine.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logs?: RetentionDays | undefined;

  /**
   * Days that task bodies are kept. A task waits as long as a cap on money makes it, and one whose body is
   * gone can never run: 30 at least.
   *
   * @default 365
   */
  readonly bodyDays?: number | undefined;
}

/** How many of the functions run at a time. */
interface ConcurrencyProps {
  /**
   * Calls of intake at a time per tenant, 2 to 1,000. Calls for one profile contend for its row, so many are
   * not faster.
   *
   * @default 5
   */
  readonly intakePerTenant?: number | undefined;

  /**
   * Calls of teardown that always find room, whatever else the account runs. Sweep and reap have one each.
   *
   * @default 5
   */
  readonly teardown?: number | undefined;

  /**
   * Whether room is set aside for sweep, reap and teardown. Lambda refuses that where fewer than 100 calls
   * would remain for the rest of the account, as in new accounts whose quota is 10.
   *
   * @default true
   */
  readonly reserve?: boolean | undefined;
}

/** When a person is called. */
interface AlarmProps {
  /**
   * Where alarms go.
   *
   * @default none: alarms show in the CloudWatch console only
   */
  readonly topic?: ITopic | undefined;

  /**
   * US dollars per hour of all living clusters above which the spend alarm rings.
   *
   * @default a quarter of the day's cap
   */
  readonly usdPerHour?: number | undefined;

  /**
   * Seconds the oldest task may wait before its alarm rings.
   *
   * @default 3600
   */
  readonly waitingSeconds?: number | undefined;

  /**
   * Address of the runbook; an alarm's link is this and `#` and its entry.
   *
   * @default 'docs/runbook.md', its path in the repository
   */
  readonly runbookUrl?: string | undefined;
}

/** How one Burst is deployed. */
export interface BurstSchedulerProps {
  /**
   * Worker image by task kind, each named by digest: `registry/name@sha256:…`. A kind without an image is
   * refused at intake.
   */
  readonly images: Readonly<Record<string, string>>;

  /**
   * Name in Secrets Manager of the registry login, JSON `{username, password}`. It is not made here.
   *
   * @default none: the images are public
   */
  readonly registrySecretName?: string | undefined;

  /**
   * Name of the state machine, and prefix of every queue and cluster. One io.net account must not hold
   * two deployments of one name: each would take the other's clusters for its own orphans.
   *
   * @default 'burst'
   */
  readonly name?: string | undefined;

  /**
   * What becomes of ledger, artifacts, secret and logs with the stack. `production`: ledger, artifacts and secret
   * stay, and the table refuses to be deleted. `development`: they go; a bucket that holds objects must be
   * emptied first.
   *
   * @default 'production'
   */
  readonly stage?: 'production' | 'development' | undefined;

  /**
   * Which API of the provider is spoken: `caas` is the one that io.net publishes.
   *
   * @default 'caas'
   */
  readonly apiFlavour?: ApiFlavour | undefined;

  /**
   * Who pays and owns, twenty at most.
   *
   * @default [{ name: 'default' }]
   */
  readonly tenants?: readonly TenantProps[] | undefined;

  /**
   * Name in Secrets Manager of the secret the stack makes: JSON `{ionetApiKey, workerSecret}`.
   *
   * @default '<name>/ionet'
   */
  readonly secretName?: string | undefined;

  /**
   * US dollars the deployment may spend over its life, all tenants together.
   *
   * @default 500
   */
  readonly stackCapUsd?: number | undefined;

  /**
   * US dollars the deployment may spend per UTC day.
   *
   * @default 50
   */
  readonly dayCapUsd?: number | undefined;

  /**
   * US dollars a UTC day, within the caps, for second orders beside clusters that take longer to come than nine in ten
   * like them.
   *
   * @default 0: none is placed
   */
  readonly hedgeDayUsd?: number | undefined;

  /**
   * Countries machines may be rented in, as ISO 3166-1 alpha-2 codes, whatever a task allows.
   *
   * @default anywhere
   */
  readonly locations?: readonly string[] | undefined;

  /** @default see {@link RetentionProps} */
  readonly retention?: RetentionProps | undefined;

  /** @default see {@link ConcurrencyProps} */
  readonly concurrency?: ConcurrencyProps | undefined;

  /** @default see {@link AlarmProps} */
  readonly alarms?: AlarmProps | undefined;

  /**
   * Everything else of `shared/model/settings.ts` that an operator may set.
   *
   * @default the defaults of `Settings`
   */
  readonly settings?: Omit<
    z.input<typeof Settings>,
    | 'stackName'
    | 'tenantOfQueue'
    | 'tenantWeights'
    | 'images'
    | 'workerSecret'
    | 'caps'
    | 'allowedLocations'
  >;
}
