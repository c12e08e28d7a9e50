import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import * as z from 'zod';
import { kindNamed } from '../../shared/kinds/kinds.ts';
import { Tenant } from '../../shared/model/ids.ts';
import { ImageRef, type Settings } from '../../shared/model/settings.ts';
import { Location } from '../../shared/model/task.ts';
import { type Filled, parseSettings, settingsOf, withDefaults } from './filled-props.ts';
import type { BurstSchedulerProps, TenantProps } from './scheduler-props.ts';

/** The policies of the functions name every tenant, and IAM bounds their size. */
const MAX_TENANTS = 20;

/** The state machine waits 75 seconds for a function, and must hear of its end. */
const MAX_FUNCTION_SECONDS = 60;

/** Lambda takes 4 KiB of environment in all. */
const MAX_SETTINGS_BYTES = 3072;

/** A body that is gone is a task that can never run. */
const MIN_BODY_DAYS = 30;

/**
 * Everything that is wrong with props, in words that name the prop and the mend.
 *
 * @param region - Where the stack goes; undefined where that is decided at deployment.
 */
export function problemsOf(props: BurstSchedulerProps, region?: string): string[] {
  const filled = withDefaults(props);
  const { tenants, secretName } = filled;
  const settingsJson = JSON.stringify(settingsOf(props, filled));
  const parsed = parseSettings(settingsJson);
  return [
    ...regionProblems(region),
    ...imageProblems(props.images, props.settings?.containers ?? []),
    ...secretProblems({ secretName, registrySecretName: props.registrySecretName }),
    ...tenantProblems(tenants),
    ...aboveZero({
      stackCapUsd: filled.stackCapUsd,
      dayCapUsd: filled.dayCapUsd,
      'alarms.usdPerHour': props.alarms?.usdPerHour,
      'alarms.waitingSeconds': filled.alarmWaitingSeconds,
      ...Object.fromEntries(tenants.map(({ name, capUsd }) => [`tenants.${name}.capUsd`, capUsd])),
    }),
    ...(filled.hedgeDayUsd >= 0
      ? []
      : [`hedgeDayUsd: must be zero or above, got ${filled.hedgeDayUsd}`]),
    ...locationProblems(props.locations),
    ...concurrencyProblems(filled.concurrency),
    ...retentionProblems(filled),
    ...(parsed.success ? limitProblems(parsed.data) : settingsProblems(parsed.error)),
    ...sizeProblems(settingsJson),
  ];
}

function regionProblems(region: string | undefined): string[] {
  if (region === undefined || RegionInfo.regions.some(({ name }) => name === region)) return [];
  return [`region: there is no AWS region ${JSON.stringify(region)}`];
}

function imageProblems(
  images: BurstSchedulerProps['images'],
  containers: readonly string[],
): string[] {
  if (Object.keys(images).length + containers.length === 0) {
    return [
      'images: names no image, so no task could run; give one, in the app -c workerImage=registry/name@sha256:…',
    ];
  }
  return Object.entries(images).flatMap(([kind, image]) => {
    const known = kindNamed(kind);
    if (known === undefined) return [`images.${kind}: there is no such task kind`];
    if (known.namesImage) {
      return [`images.${kind}: its tasks name their images; allow them in settings.containers`];
    }
    if (ImageRef.safeParse(image).success) return [];
    return [
      `images.${kind}: ${JSON.stringify(image)} does not name an image by its digest; write registry/name@sha256:<64 hexadecimal digits>`,
    ];
  });
}

/** Secrets Manager takes more; a name that ends in a hyphen and six characters looks like part of an ARN to it. */
const SECRET_NAME = /^(?!.*-[A-Za-z0-9]{6}$)[A-Za-z0-9/_+=.@-]{1,200}$/;

const secretProblems = (names: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(names).flatMap(([prop, name]) => {
    if (name === undefined || SECRET_NAME.test(name)) return [];
    return name.trim() === ''
      ? [`${prop}: is empty; name the secret, for example burst/ionet`]
      : [
          `${prop}: ${JSON.stringify(name)} cannot be the name of a secret; use letters, digits and /_+=.@-, and no hyphen before the last six`,
        ];
  });

const Weight = z.int().min(1).max(1000).optional();

function tenantProblems(tenants: readonly TenantProps[]): string[] {
  const names = tenants.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) < index);
  return [
    ...(names.length === 0 ? ['tenants: there must be one at least'] : []),
    ...(names.length > MAX_TENANTS
      ? [`tenants: ${names.length} of them; ${MAX_TENANTS} at most`]
      : []),
    ...twice.map((tenant) => `tenants: ${tenant} is named twice`),
    ...names
      .filter((name) => !Tenant.safeParse(name).success)
      .map(
        (name) =>
          `tenants: ${JSON.stringify(name)} is not a name of lower-case letters, digits and hyphens, 32 at most`,
      ),
    ...tenants
      .filter(({ weight }) => !Weight.safeParse(weight).success)
      .map(
        ({ name, weight }) =>
          `tenants.${name}.weight: must be a whole number from 1 to 1000, got ${weight}`,
      ),
  ];
}

const aboveZero = (amounts: Readonly<Record<string, number | undefined>>): string[] =>
  Object.entries(amounts).flatMap(([prop, amount]) =>
    amount === undefined || (amount > 0 && Number.isFinite(amount))
      ? []
      : [`${prop}: must be above zero, got ${amount}`],
  );

function locationProblems(locations: readonly string[] | undefined): string[] {
  if (locations?.length === 0) return ['locations: allows none; leave it out to allow all'];
  return (locations ?? [])
    .filter((location) => !Location.safeParse(location).success)
    .map((location) => `locations: ${JSON.stringify(location)} is not a country code such as DE`);
}

function concurrencyProblems({ intakePerTenant, teardown }: Filled['concurrency']): string[] {
  const within = (prop: string, value: number, least: number) =>
    Number.isInteger(value) && value >= least && value <= 1000
      ? []
      : [`concurrency.${prop}: must be a whole number from ${least} to 1000, got ${value}`];
  return [...within('intakePerTenant', intakePerTenant, 2), ...within('teardown', teardown, 1)];
}

function retentionProblems({ logRetention: logs, bodyDays }: Filled): string[] {
  const known = Object.values(RetentionDays).includes(logs);
  return [
    ...(known ? [] : [`retention.logs: CloudWatch keeps logs for no such number of days: ${logs}`]),
    ...(Number.isInteger(bodyDays) && bodyDays >= MIN_BODY_DAYS
      ? []
      : [
          `retention.bodyDays: must be a whole number of ${MIN_BODY_DAYS} at least, got ${bodyDays}`,
        ]),
  ];
}

function limitProblems({ limits: { functionSeconds, providerSeconds } }: Settings): string[] {
  const problems: string[] = [];
  if (!Number.isInteger(functionSeconds) || functionSeconds > MAX_FUNCTION_SECONDS) {
    problems.push(
      `settings.limits.functionSeconds: must be a whole number up to ${MAX_FUNCTION_SECONDS}, got ${functionSeconds}`,
    );
  }
  if (providerSeconds >= functionSeconds) {
    problems.push(
      `settings.limits.providerSeconds: must be below functionSeconds (${functionSeconds}), got ${providerSeconds}`,
    );
  }
  return problems;
}

function sizeProblems(settingsJson: string): string[] {
  const bytes = Buffer.byteLength(settingsJson);
  return bytes <= MAX_SETTINGS_BYTES
    ? []
    : [`settings: ${bytes} bytes as JSON; a function's environment holds ${MAX_SETTINGS_BYTES}`];
}

/** What the schema says, less what the checks above say in clearer words. */
const settingsProblems = ({ issues }: z.ZodError): string[] =>
  issues
    .filter(
      ({ path: [top] }) =>
        !['images', 'tenantOfQueue', 'tenantWeights', 'caps', 'allowedLocations'].includes(
          String(top),
        ),
    )
    .map(({ path, message }) =>
      path[0] === 'stackName'
        ? 'name: must be a lower-case letter, then letters, digits and hyphens, 25 characters at most'
        : `settings.${path.join('.')}: ${message}`,
    );
