import type * as z from 'zod';
import type { ApiFlavour } from '../../shared/ionet/flavour.ts';
import { kindNamed } from '../../shared/kinds/kinds.ts';
import { Tenant } from '../../shared/model/ids.ts';
import { ImageRef, Settings } from '../../shared/model/settings.ts';

/** How one Burst is deployed. */
export interface BurstSchedulerProps {
  /**
   * Worker image by task kind, each named by digest: `registry/name@sha256:…`. A kind without an image is
   * refused at intake.
   */
  readonly images: Readonly<Record<string, string>>;

  /**
   * Name of the state machine, and prefix of every queue and cluster. One io.net account must not hold
   * two deployments of one name: each would take the other's clusters for its own orphans.
   *
   * @default 'burst'
   */
  readonly name?: string;

  /**
   * Who pays and owns; each has an intake queue `<name>-intake-<tenant>`. Twenty at most.
   *
   * @default ['default']
   */
  readonly tenants?: readonly string[];

  /**
   * Which API of the provider is spoken: `caas` is the one that io.net publishes.
   *
   * @default 'caas'
   */
  readonly apiFlavour?: ApiFlavour;

  /**
   * Caps on money and everything else of `shared/model/settings.ts` that an operator may set.
   *
   * @default the defaults of `Settings`: 50 US dollars a day, 500 over the life of the stack
   */
  readonly settings?: Omit<
    z.input<typeof Settings>,
    'stackName' | 'tenantOfQueue' | 'images' | 'workerSecret'
  >;
}

/** Props that passed. */
export interface Deployment {
  readonly name: string;
  readonly tenants: readonly { readonly tenant: string; readonly queueName: string }[];
  /** For `BURST_SETTINGS`: what was set and no defaults, which the functions know themselves. */
  readonly settingsJson: string;
  readonly apiFlavour: ApiFlavour;
  readonly functionSeconds: number;
  /** Kinds that were given an image, but whose tasks intake will refuse, because no GPU is rented for them. */
  readonly refusedKinds: readonly string[];
}

/** The props do not describe a deployment. The message lists everything that is wrong with them. */
export class PropsRejected extends Error {
  override readonly name = 'PropsRejected';

  constructor(problems: readonly string[]) {
    super(`Burst cannot be deployed like this:\n${problems.map((one) => `- ${one}`).join('\n')}`);
  }
}

/** The policies of the functions name every tenant, and IAM bounds their size. */
const MAX_TENANTS = 20;

/** The state machine waits 75 seconds for a function, and must hear of its end. */
const MAX_FUNCTION_SECONDS = 60;

/** Lambda takes 4 KiB of environment in all. */
const MAX_SETTINGS_BYTES = 3072;

/** `Settings` wants a secret; the real one is known to Secrets Manager alone. */
const NO_SECRET = 'the secret is read when a function starts';

/** @throws PropsRejected */
export function deploymentOf(props: BurstSchedulerProps): Deployment {
  const { name = 'burst', tenants = ['default'], apiFlavour = 'caas', images } = props;
  const queues = tenants.map((tenant) => ({ tenant, queueName: `${name}-intake-${tenant}` }));
  const given = {
    ...props.settings,
    stackName: name,
    tenantOfQueue: Object.fromEntries(queues.map(({ tenant, queueName }) => [queueName, tenant])),
    images,
  };
  const settingsJson = JSON.stringify(given);
  const parsed = Settings.safeParse({ ...given, workerSecret: NO_SECRET });

  const problems = [
    ...imageProblems(images),
    ...tenantProblems(tenants),
    ...(parsed.success ? limitProblems(parsed.data) : settingsProblems(parsed.error)),
  ];
  const bytes = Buffer.byteLength(settingsJson);
  if (bytes > MAX_SETTINGS_BYTES) {
    problems.push(
      `settings: ${bytes} bytes as JSON; a function's environment holds ${MAX_SETTINGS_BYTES}`,
    );
  }
  if (!parsed.success || problems.length > 0) throw new PropsRejected(problems);

  const { limits, allowCpuExecutor } = parsed.data;
  return {
    name,
    tenants: queues,
    settingsJson,
    apiFlavour,
    functionSeconds: limits.functionSeconds,
    refusedKinds: Object.keys(images).filter(
      (kind) => kindNamed(kind)?.gpuUsed === false && !allowCpuExecutor,
    ),
  };
}

function imageProblems(images: BurstSchedulerProps['images']): string[] {
  if (Object.keys(images).length === 0) return ['images: names no image, so no task could run'];
  return Object.entries(images).flatMap(([kind, image]) => {
    if (kindNamed(kind) === undefined) return [`images.${kind}: there is no such task kind`];
    if (ImageRef.safeParse(image).success) return [];
    return [
      `images.${kind}: ${JSON.stringify(image)} does not name an image by its digest; write registry/name@sha256:<64 hexadecimal digits>`,
    ];
  });
}

function tenantProblems(tenants: readonly string[]): string[] {
  const twice = tenants.filter((tenant, index) => tenants.indexOf(tenant) < index);
  return [
    ...(tenants.length === 0 ? ['tenants: there must be one at least'] : []),
    ...(tenants.length > MAX_TENANTS
      ? [`tenants: ${tenants.length} of them; ${MAX_TENANTS} at most`]
      : []),
    ...twice.map((tenant) => `tenants: ${tenant} is named twice`),
    ...tenants
      .filter((tenant) => !Tenant.safeParse(tenant).success)
      .map(
        (tenant) =>
          `tenants: ${JSON.stringify(tenant)} is not a name of lower-case letters, digits and hyphens, 32 at most`,
      ),
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

/** What the schema says, less what `imageProblems` and `tenantProblems` say in clearer words. */
const settingsProblems = ({ issues }: z.ZodError): string[] =>
  issues
    .filter(({ path: [top] }) => top !== 'images' && top !== 'tenantOfQueue')
    .map(({ path, message }) =>
      path[0] === 'stackName'
        ? 'name: must be a lower-case letter, then letters, digits and hyphens, 25 characters at most'
        : `settings.${path.join('.')}: ${message}`,
    );
