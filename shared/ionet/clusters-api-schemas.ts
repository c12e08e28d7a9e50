import * as z from 'zod';
import type { ClusterPhase } from '../model/cluster.ts';
import { ClusterId, WorkerId } from '../model/ids.ts';
import { Count, LenientTime, OpaqueId, unwrapped } from './schemas.ts';

/** Every reply of the `/clusters` flavour (`clusters-api.ts`), as tolerant and as strict as `schemas.ts`. */

/** READY is the provider's word; ours follows from the health job alone. */
const PHASES: Readonly<Record<string, ClusterPhase>> = {
  PROVISIONING: 'PROVISIONING',
  READY: 'RUNNING',
  FAILED: 'FAILED',
  EXPIRED: 'EXPIRED',
  DELETING: 'DELETING',
  DELETED: 'DELETED',
};

/** A state in any case; one we have no word for is UNKNOWN. */
const Phase = z
  .unknown()
  .optional()
  .transform((status): ClusterPhase => {
    const word = typeof status === 'string' ? status.trim().toUpperCase() : '';
    return Object.hasOwn(PHASES, word) ? (PHASES[word] ?? 'UNKNOWN') : 'UNKNOWN';
  });

const Gpus = z.int().positive();
const Hours = z.int().positive().max(100_000);
const Id = OpaqueId.pipe(ClusterId);

export const OfferList = unwrapped(
  z.looseObject({
    offers: z.array(
      z.looseObject({
        gpu_model: z.string().min(1).max(100),
        location: z.string().min(1).max(100),
        available_workers: Count,
      }),
    ),
  }),
);

/** What was priced comes back, so that no other price is taken for it. */
export const OfferPrice = unwrapped(
  z.looseObject({
    num_gpus: Count,
    duration_hours: Count,
    total_usd: z.number().positive().max(1e7),
  }),
);

export const Created = unwrapped(z.looseObject({ id: Id }));

export const ClusterPage = unwrapped(
  z.looseObject({
    total: Count,
    clusters: z.array(
      z.looseObject({
        id: Id,
        cluster_name: z.string().nullish(),
        status: Phase,
        created_at: LenientTime,
      }),
    ),
  }),
);

export const Cluster = unwrapped(
  z.looseObject({
    id: Id,
    status: Phase,
    gpu_model: z.string(),
    num_gpus: Gpus,
    gpus_per_worker: Gpus,
    started_at: LenientTime,
    ended_at: LenientTime,
    /** Bought so far. */
    duration_hours: Hours,
    served_seconds: z.number().nonnegative().max(1e10),
    /** US dollars; after the end, less what came back. */
    amount_paid: z.number().nonnegative().max(1e7),
    workers: z.array(z.looseObject({ worker_id: OpaqueId.pipe(WorkerId) })),
  }),
);
export type Cluster = z.infer<typeof Cluster>;

/** What a worker said to the provider; null: it was asked and did not answer. */
export const Relayed = unwrapped(
  z.looseObject({
    worker_id: OpaqueId.pipe(WorkerId),
    worker_reply: z.object({ status: z.int().min(100).max(599), body: z.unknown() }).nullable(),
  }),
);
export type Relayed = z.infer<typeof Relayed>;
