import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Settings } from '../../shared/model/settings.ts';
import type { BurstSchedulerProps, TenantProps } from './scheduler-props.ts';

const DEFAULT_TENANTS: readonly TenantProps[] = [{ name: 'default' }];
const DEFAULT_DAY_CAP_USD = 50;

/** `Settings` wants a secret; the real one is known to Secrets Manager alone. */
const NO_SECRET = 'the secret is read when a function starts';

/** Props with every default filled in, whether they are right or not. */
export function withDefaults(props: BurstSchedulerProps) {
  const { name = 'burst', tenants = DEFAULT_TENANTS, dayCapUsd = DEFAULT_DAY_CAP_USD } = props;
  const { alarms = {}, concurrency = {}, retention = {} } = props;
  const queues = tenants.map(({ name: tenant }) => ({
    tenant,
    queueName: `${name}-intake-${tenant}`,
  }));
  return {
    name,
    tenants,
    queues,
    dayCapUsd,
    stackCapUsd: props.stackCapUsd ?? 500,
    hedgeDayUsd: props.hedgeDayUsd ?? 0,
    apiFlavour: props.apiFlavour ?? 'caas',
    secretName: props.secretName ?? `${name}/ionet`,
    concurrency: {
      intakePerTenant: concurrency.intakePerTenant ?? 5,
      teardown: concurrency.teardown ?? 5,
      reserve: concurrency.reserve ?? true,
    },
    logRetention: retention.logs ?? RetentionDays.ONE_MONTH,
    bodyDays: retention.bodyDays ?? 365,
    alarmUsdPerHour: alarms.usdPerHour ?? dayCapUsd / 4,
    alarmWaitingSeconds: alarms.waitingSeconds ?? 3600,
    runbookUrl: alarms.runbookUrl ?? 'docs/runbook.md',
  };
}
export type Filled = ReturnType<typeof withDefaults>;

export const parseSettings = (settingsJson: string) =>
  Settings.safeParse({ ...JSON.parse(settingsJson), workerSecret: NO_SECRET });

export function settingsOf(
  { settings, locations, images }: BurstSchedulerProps,
  { name, tenants, queues, dayCapUsd, stackCapUsd, hedgeDayUsd }: Filled,
) {
  const capped = tenants.flatMap(({ name: tenant, capUsd }) =>
    capUsd === undefined ? [] : [[tenant, microUsd(capUsd)] as const],
  );
  const weighted = tenants.flatMap(({ name: tenant, weight }) =>
    weight === undefined ? [] : [[tenant, weight] as const],
  );
  return {
    ...settings,
    stackName: name,
    tenantOfQueue: Object.fromEntries(queues.map(({ tenant, queueName }) => [queueName, tenant])),
    tenantWeights: Object.fromEntries(weighted),
    images,
    caps: {
      stackMicroUsd: microUsd(stackCapUsd),
      dayMicroUsd: microUsd(dayCapUsd),
      hedgeDayMicroUsd: microUsd(hedgeDayUsd),
      tenantMicroUsd: Object.fromEntries(capped),
    },
    ...(locations === undefined ? {} : { allowedLocations: locations }),
  };
}

const microUsd = (usd: number): number => Math.round(usd * 1_000_000);
