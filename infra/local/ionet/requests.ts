import * as z from 'zod';

/**
 * What a client may send, under the names of io.net's published API file. Stricter than io.net in one
 * point: a field it does not know is refused, because a misspelt one would be ignored in silence.
 */

const Variables = z.record(z.string(), z.string());
const Words = z.array(z.string()).min(1).nullable();
/** Numbers may come as text. */
const Id = z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]);

export const DeployRequest = z.strictObject({
  resource_private_name: z.string().min(1),
  node_pool_id: z.uuid().nullish(),
  duration_hours: z.int().min(1).default(1),
  gpus_per_container: z.int().min(1).max(8),
  hardware_id: Id,
  location_ids: z.array(Id).length(1).nullish(),
  container_config: z.strictObject({
    replica_count: z.int().min(1),
    traffic_port: z.int().min(1).max(65_535),
    env_variables: Variables.default({}),
    secret_env_variables: Variables.default({}),
    entrypoint: Words.optional(),
    args: Words.optional(),
    command: z.string().nullish(),
  }),
  registry_config: z.strictObject({
    image_url: z.string().min(1),
    registry_username: z.string().nullish(),
    registry_secret: z.string().nullish(),
  }),
});
export type DeployRequest = z.infer<typeof DeployRequest>;

export const UpdateRequest = z.strictObject({
  env_variables: Variables.nullish(),
  secret_env_variables: z.record(z.string(), z.string().nullable()).nullish(),
  entrypoint: Words.optional(),
  traffic_port: z.int().min(1).max(65_535).nullish(),
  image_url: z.string().min(1).nullish(),
  registry_username: z.string().nullish(),
  registry_secret: z.string().nullish(),
  args: Words.optional(),
  command: z.string().nullish(),
});

/** An order as it stands after an update: variables are replaced, secrets merged, null removes a secret. */
export function updated(
  order: DeployRequest,
  { env_variables, secret_env_variables, ...change }: z.infer<typeof UpdateRequest>,
): DeployRequest {
  const { container_config: config, registry_config: registry } = order;
  const secrets = Object.entries({ ...config.secret_env_variables, ...secret_env_variables });
  return {
    ...order,
    container_config: {
      ...config,
      traffic_port: change.traffic_port ?? config.traffic_port,
      env_variables: env_variables ?? config.env_variables,
      secret_env_variables: Object.fromEntries(
        secrets.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
      ),
      entrypoint: change.entrypoint === undefined ? config.entrypoint : change.entrypoint,
      args: change.args === undefined ? config.args : change.args,
      command: change.command === undefined ? config.command : change.command,
    },
    registry_config: {
      image_url: change.image_url ?? registry.image_url,
      registry_username: change.registry_username ?? registry.registry_username,
      registry_secret: change.registry_secret ?? registry.registry_secret,
    },
  };
}

export const ExtendRequest = z.strictObject({ duration_hours: z.int().min(1) });

export const Integer = z
  .string()
  .regex(/^-?\d+$/, 'Input should be a valid integer')
  .transform(Number);
const atLeast = (least: number) => Integer.pipe(z.int().min(least));
export const page = { page: atLeast(0).default(0) };
export const size = (byDefault: number) => ({
  page_size: Integer.pipe(z.int().min(1).max(100)).default(byDefault),
});

export const ReplicasQuery = z.object({ hardware_id: Integer, hardware_qty: atLeast(1) });

/** `location_ids` is a JSON array written as text. */
const LocationIds = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'Invalid JSON' });
    return z.NEVER;
  }
});

export const PriceQuery = z.object({
  location_ids: LocationIds.pipe(z.array(Id).min(1)),
  hardware_id: Integer,
  duration_hours: atLeast(1),
  gpus_per_container: atLeast(1),
  replica_count: atLeast(1),
});

export const STATUSES = [
  'running',
  'completed',
  'failed',
  'deployment requested',
  'termination requested',
  'destroyed',
] as const;

export const ListQuery = z.object({ status: z.enum(STATUSES).optional(), ...page, ...size(10) });
export const ContainersQuery = z.object({ ...page, ...size(20) });
export const LogQuery = z.object({ stream: z.enum(['stdout', 'stderr']).default('stdout') });

/** What is left of an order or a price question where small workers are not rented. */
export const sizeFrom = (fewest: number) =>
  z.object({
    gpus_per_container: z.union([z.int(), Integer]).pipe(z.int().min(fewest)),
  });
