import * as z from 'zod';
import type { ClusterPhase } from '../model/cluster.ts';
import { ForeignText } from '../model/foreign.ts';
import { ClusterId, WorkerId } from '../model/ids.ts';
import { Instant } from '../model/time.ts';

/**
 * Every reply of io.net's CaaS API that is used, under its own field names: tolerant where the API file
 * and reality differ (fields we do not know, number or text ids, times without a zone, `data` around the
 * body or not), strict about money, minutes and identity, because acting on a wrong one costs.
 */

/** The `data` envelope is documented for most replies and missing from some. */
export const unwrapped = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess(
    (reply) =>
      typeof reply === 'object' && reply !== null && 'data' in reply ? reply.data : reply,
    schema,
  );

/**
 * Hardware and location ids are numbers in the API file and text elsewhere, and are sent back the way
 * they came. Inside Burst they are text; a text that looks like a number keeps quotes around it.
 */
export const WireId = z.union([z.int(), z.string().regex(/^[\x21-\x7e]{1,100}$/)]);
export type WireId = z.infer<typeof WireId>;

const NUMERAL = /^-?\d+$/;

export const idText = (id: WireId): string =>
  typeof id === 'string' && NUMERAL.test(id) ? `"${id}"` : `${id}`;

/** The inverse of {@link idText}. */
export function wireId(text: string): WireId {
  if (NUMERAL.test(text)) return Number(text);
  return text.startsWith('"') && NUMERAL.test(text.slice(1, -1)) ? text.slice(1, -1) : text;
}

export const OpaqueId = z.union([z.string(), z.int().nonnegative()]).transform(String);
export const Count = z.int().nonnegative();
const Minutes = z.number().nonnegative().max(1e8);

/** Names no card any more once it is cut. */
const HardwareName = ForeignText(100);

/** Where a worker says it is. One bad URL is one worker without a URL, and not a list that cannot be read. */
const WorkerUrl = z
  .unknown()
  .optional()
  .transform((value): string | undefined => {
    const url = typeof value === 'string' ? value.trim() : '';
    return /^[\x21-\x7e]{1,2048}$/.test(url) ? url : undefined;
  });

/**
 * An ISO-like time; without a zone it is UTC. What cannot be read is absent, not an error. Like every other field
 * here that may be missing it starts with `optional`: a transform alone makes the key one that must be there.
 */
export const LenientTime = z
  .unknown()
  .optional()
  .transform((value): Instant | undefined => {
    if (typeof value !== 'string') return undefined;
    const match =
      /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)\s*(Z|z|[+-]\d{2}(?::?\d{2})?)?$/.exec(
        value.trim(),
      );
    if (match === null) return undefined;
    const [, date, time, zone = 'Z'] = match;
    const offset = /^[+-]/.test(zone)
      ? `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
      : 'Z';
    const milliseconds = Date.parse(`${date}T${time}${offset}`);
    if (Number.isNaN(milliseconds)) return undefined;
    return Instant.safeParse(new Date(milliseconds).toISOString()).data;
  });

const PHASES: Readonly<Record<string, ClusterPhase>> = {
  'deployment requested': 'PROVISIONING',
  running: 'RUNNING',
  failed: 'FAILED',
  completed: 'EXPIRED',
  'termination requested': 'DELETING',
  destroyed: 'DELETED',
};

/** Statuses arrive in any case, with spaces or underscores; one we have no word for is UNKNOWN. */
const Phase = z
  .unknown()
  .optional()
  .transform((status): ClusterPhase => {
    if (typeof status !== 'string') return 'UNKNOWN';
    const words = status.trim().toLowerCase().replaceAll('_', ' ');
    return Object.hasOwn(PHASES, words) ? (PHASES[words] ?? 'UNKNOWN') : 'UNKNOWN';
  });

export const HardwareList = unwrapped(
  z.looseObject({
    hardware: z.array(
      z.looseObject({
        hardware_id: WireId,
        hardware_name: HardwareName,
        max_gpus_per_container: Count,
      }),
    ),
  }),
);

export const ReplicaList = unwrapped(
  z.array(z.looseObject({ id: WireId, iso2: z.string(), available_replicas: Count })),
);

/** A free quote is no quote: a hold of nothing would guard nothing. */
export const Price = unwrapped(
  z.looseObject({
    replica_count: Count,
    gpus_per_container: Count,
    total_cost_usdc: z.number().positive().max(1e7),
  }),
);

export const Ack = unwrapped(z.looseObject({ deployment_id: OpaqueId.pipe(ClusterId) }));

export const DeploymentPage = unwrapped(
  z.looseObject({
    total: Count,
    deployments: z.array(
      z.looseObject({
        id: OpaqueId.pipe(ClusterId),
        name: z.string().nullish(),
        status: Phase,
        created_at: LenientTime,
      }),
    ),
  }),
);

export const Deployment = unwrapped(
  z.looseObject({
    id: OpaqueId.pipe(ClusterId),
    status: Phase,
    started_at: LenientTime,
    finished_at: LenientTime,
    amount_paid: z.number().nonnegative().max(1e7),
    hardware_name: HardwareName,
    gpus_per_container: Count,
    total_containers: Count,
    compute_minutes_served: Minutes,
    compute_minutes_remaining: Minutes,
  }),
);
export type Deployment = z.infer<typeof Deployment>;

export const ContainerPage = unwrapped(
  z.looseObject({
    total: Count,
    workers: z.array(
      z.looseObject({
        container_id: OpaqueId.pipe(WorkerId),
        public_url: WorkerUrl,
      }),
    ),
  }),
);
