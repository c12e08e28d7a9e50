import * as z from 'zod';
import { API_FLAVOURS, type ApiFlavour, BASE_URLS } from './ionet/flavour.ts';
import { Settings } from './model/settings.ts';
import { Instant } from './model/time.ts';
import type { ClockSettings } from './system.ts';

/** What a function is told by its environment. Whoever hands the environment over knows nothing of its names. */
export interface Config {
  readonly settings: Settings;
  readonly aws: {
    readonly region: string;
    /** Origin of a local stand-in. */
    readonly endpoint?: string;
    readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly tableName: string;
  readonly bucketName: string;
  readonly stateMachineArn: string;
  readonly ionet: {
    readonly flavour: ApiFlavour;
    readonly baseUrl: string;
    readonly apiKey: string;
    /** Login at the registry of the worker images; absent: they are public. */
    readonly registry?: { readonly username: string; readonly password: string };
  };
  /** The local world's clock; absent: the real one. */
  readonly clock: ClockSettings | undefined;
  /** Real milliseconds one call to a worker may take. */
  readonly workerTimeoutMilliseconds: number;
  /** Call workers on this machine over plain HTTP. Only the local world does. */
  readonly allowLoopbackWorkers: boolean;
}

/** The environment does not describe a deployment. The message names every wrong variable and no value. */
class ConfigRejected extends Error {
  override readonly name = 'ConfigRejected';
}

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
});

const ClockEnv = z.strictObject({
  originAt: Instant,
  realOriginAt: Instant,
  speed: z.number().positive(),
});

const isLoopback = ({ hostname }: URL): boolean =>
  ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);

/** What it held would end up in messages. */
const holdsNoPassword = (url: string): boolean =>
  !URL.canParse(url) || `${new URL(url).username}${new URL(url).password}` === '';

const Variables = z.object({
  AWS_REGION: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/, 'must be a region such as eu-central-1'),
  BURST_SETTINGS: json.pipe(Settings.omit({ workerSecret: true })),
  BURST_WORKER_SECRET: Settings.shape.workerSecret,
  BURST_TABLE: z
    .string()
    .regex(
      /^[\w.-]{3,255}$/,
      'must be the name of a table alone: 3 to 255 letters, digits, dots, dashes',
    ),
  BURST_BUCKET: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      'must be the name of a bucket alone, without s3:// and without a path: 3 to 63 of a-z, 0-9, dots, dashes',
    ),
  BURST_STATE_MACHINE_ARN: z.string().startsWith('arn:'),
  IONET_API_FLAVOUR: z.enum(API_FLAVOURS).default('caas'),
  /** Absent: the flavour's own. */
  IONET_BASE_URL: z
    .url({ protocol: /^https?$/ })
    .refine(holdsNoPassword, 'must hold no user and no password')
    .optional(),
  IONET_API_KEY: z.string().min(1),
  /** Both or neither. */
  BURST_REGISTRY_USERNAME: z.string().min(1).optional(),
  BURST_REGISTRY_PASSWORD: z.string().min(1).optional(),
  /** Local world only, as the next three. */
  BURST_AWS_ENDPOINT: z.url({ protocol: /^http$/ }).optional(),
  BURST_CLOCK: json.pipe(ClockEnv).optional(),
  BURST_LOOPBACK_WORKERS: z.literal('true').optional(),
  BURST_WORKER_TIMEOUT_MS: z.coerce.number().int().min(100).max(3000).default(3000),
});

/** A local world must not buy from the real provider, and a key does not travel in the clear. */
const Environment = Variables.superRefine((env, context) => {
  const wrong = (name: string, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message });
  const isLocal = env.BURST_AWS_ENDPOINT !== undefined || env.BURST_LOOPBACK_WORKERS !== undefined;
  const baseUrl = env.IONET_BASE_URL ?? BASE_URLS[env.IONET_API_FLAVOUR];
  if (!URL.canParse(baseUrl)) return;
  const provider = new URL(baseUrl);
  if (isLoopback(provider)) return;
  if (isLocal) wrong('IONET_BASE_URL', 'must be on this machine in the local world');
  if (provider.protocol !== 'https:') wrong('IONET_BASE_URL', 'must be https');
});

/** @throws ConfigRejected with all problems at once. */
export function configFrom(environment: Readonly<Record<string, string | undefined>>): Config {
  const env = parsedWith(Environment, environment);
  return {
    settings: { ...env.BURST_SETTINGS, workerSecret: env.BURST_WORKER_SECRET },
    aws: awsIn(env),
    tableName: env.BURST_TABLE,
    bucketName: env.BURST_BUCKET,
    stateMachineArn: env.BURST_STATE_MACHINE_ARN,
    ionet: {
      flavour: env.IONET_API_FLAVOUR,
      baseUrl: env.IONET_BASE_URL ?? BASE_URLS[env.IONET_API_FLAVOUR],
      apiKey: env.IONET_API_KEY,
      ...registryIn(env),
    },
    clock: env.BURST_CLOCK,
    workerTimeoutMilliseconds: env.BURST_WORKER_TIMEOUT_MS,
    allowLoopbackWorkers: env.BURST_LOOPBACK_WORKERS === 'true',
  };
}

const EventsEnvironment = Variables.pick({ AWS_REGION: true, BURST_AWS_ENDPOINT: true }).extend({
  BURST_BUS: z.string().min(1),
  BURST_STACK: z.string().min(1),
});

/** For the function that tells others what has ended. @throws ConfigRejected with all problems at once. */
export function eventsConfigFrom(environment: Readonly<Record<string, string | undefined>>): {
  readonly aws: Config['aws'];
  readonly busName: string;
  readonly stackName: string;
} {
  const env = parsedWith(EventsEnvironment, environment);
  return { aws: awsIn(env), busName: env.BURST_BUS, stackName: env.BURST_STACK };
}

/** A variable that is there and right, or what is wrong with it. */
export type Told<T> =
  | { readonly told: true; readonly value: T }
  | { readonly told: false; readonly wrong: string };

/** For `npm run doctor`, which looks at every part by itself. */
export interface DoctorConfig {
  readonly flavour: Told<ApiFlavour>;
  readonly baseUrl: Told<string>;
  readonly apiKey: Told<string>;
  readonly image: Told<string>;
  readonly region: Told<string>;
  readonly table: Told<string>;
  readonly bucket: Told<string>;
  /** Of a local stand-in for AWS. */
  readonly awsEndpoint: Told<string | undefined>;
}

/** @throws nothing: what is wrong is said of each variable. */
export function doctorConfigFrom(
  environment: Readonly<Record<string, string | undefined>>,
): DoctorConfig {
  const told = <T>(name: string, schema: z.ZodType<T>): Told<T> => {
    const parsed = schema.safeParse(environment[name]);
    if (parsed.success) return { told: true, value: parsed.data };
    if (environment[name] === undefined) return { told: false, wrong: `${name} is not set` };
    const [issue] = parsed.error.issues;
    return { told: false, wrong: `${name}: ${issue?.message ?? 'is not usable'}` };
  };
  const flavour = told('IONET_API_FLAVOUR', Variables.shape.IONET_API_FLAVOUR);
  const byDefault = BASE_URLS[flavour.told ? flavour.value : 'caas'];
  const BaseUrl = Variables.shape.IONET_BASE_URL.default(byDefault).refine(
    (url) => !URL.canParse(url) || new URL(url).protocol === 'https:' || isLoopback(new URL(url)),
    'must be https',
  );
  return {
    flavour,
    baseUrl: told('IONET_BASE_URL', BaseUrl),
    apiKey: told('IONET_API_KEY', Variables.shape.IONET_API_KEY),
    image: told('BURST_IMAGE', z.string()),
    region: told('AWS_REGION', Variables.shape.AWS_REGION),
    table: told('BURST_TABLE', Variables.shape.BURST_TABLE),
    bucket: told('BURST_BUCKET', Variables.shape.BURST_BUCKET),
    awsEndpoint: told('BURST_AWS_ENDPOINT', Variables.shape.BURST_AWS_ENDPOINT),
  };
}

function parsedWith<T>(
  schema: z.ZodType<T>,
  environment: Readonly<Record<string, string | undefined>>,
): T {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new ConfigRejected(`E_CONFIG: the environment is not usable:\n${problems.join('\n')}`);
}

const awsIn = (
  env: Pick<z.infer<typeof Environment>, 'AWS_REGION' | 'BURST_AWS_ENDPOINT'>,
): Config['aws'] => ({
  region: env.AWS_REGION,
  ...(env.BURST_AWS_ENDPOINT === undefined
    ? {}
    : {
        endpoint: env.BURST_AWS_ENDPOINT,
        credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      }),
});

const registryIn = ({
  BURST_REGISTRY_USERNAME: username,
  BURST_REGISTRY_PASSWORD: password,
}: z.infer<typeof Environment>): Pick<Config['ionet'], 'registry'> =>
  username === undefined || password === undefined ? {} : { registry: { username, password } };
