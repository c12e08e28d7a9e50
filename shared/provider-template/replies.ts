import * as z from 'zod';
import { Count, LenientTime, OpaqueId, unwrapped } from '../ionet/schemas.ts';
import type { ClusterPhase } from '../model/cluster.ts';
import { ForeignText } from '../model/foreign.ts';
import { ClusterId, WorkerId } from '../model/ids.ts';

/**
 * Every reply that is used, under the provider's own names: tolerant about fields, times and states nobody knows,
 * strict about money, counts and identity.
 */

/** Every state the provider documents; another is UNKNOWN, which waits and destroys nothing. */
const PHASES: Readonly<Record<string, ClusterPhase>> = {
  starting: 'PROVISIONING',
  running: 'RUNNING',
  broken: 'FAILED',
  ended: 'EXPIRED',
  stopping: 'DELETING',
  stopped: 'DELETED',
};

const Phase = z
  .unknown()
  .optional()
  .transform((state): ClusterPhase => {
    const word = typeof state === 'string' ? state.trim().toLowerCase() : '';
    return Object.hasOwn(PHASES, word) ? (PHASES[word] ?? 'UNKNOWN') : 'UNKNOWN';
  });

const Id = OpaqueId.pipe(ClusterId);
const Usd = z.number().nonnegative().max(1e7);

export const OfferList = unwrapped(
  z.looseObject({
    offers: z.array(
      z.looseObject({
        id: z.string().regex(/^[\x21-\x7e]{1,100}$/),
        gpu: z.string(),
        gpus: z.int().positive(),
        country: z.string(),
        free: Count,
      }),
    ),
  }),
);

/** What was priced comes back, so that no other price is taken for it. A price of nothing is none. */
export const Price = unwrapped(z.looseObject({ count: Count, hours: Count, usd: Usd.positive() }));

export const Rented = unwrapped(z.looseObject({ id: Id }));

export const RentalPage = unwrapped(
  z.looseObject({
    total: Count,
    rentals: z.array(
      z.looseObject({ id: Id, name: z.string().nullish(), state: Phase, created_at: LenientTime }),
    ),
  }),
);

export const Rental = unwrapped(
  z.looseObject({
    id: Id,
    state: Phase,
    gpu: ForeignText(100),
    gpus: z.int().positive(),
    count: Count,
    started_at: LenientTime,
    ended_at: LenientTime,
    paid_hours: z.int().positive().max(100_000),
    served_seconds: z.number().nonnegative().max(1e10),
    /** US dollars; after the end, less what came back. */
    paid_usd: Usd,
    machines: z.array(
      z.looseObject({ id: OpaqueId.pipe(WorkerId), url: z.string().max(2048).nullish() }),
    ),
  }),
);
export type Rental = z.infer<typeof Rental>;
