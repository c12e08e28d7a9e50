import * as z from 'zod';
import { ClusterId, WorkerId } from '../ids.ts';
import { MicroUsd } from '../money.ts';
import { Location } from '../task.ts';
import { Instant } from '../time.ts';

/** `$#<scope>`: money. `available` + holds + billed = cap, always. */
export const MoneyRow = z.looseObject({
  v: z.literal(1),
  scope: z.string(),
  capMicroUsd: MicroUsd,
  available: z.int(),
  /** `<burst>.<term>-<attempt>` to the amount held. */
  holds: z.record(z.string(), MicroUsd),
});
export type MoneyRow = z.infer<typeof MoneyRow>;

/** `S#<tenant>#`, or `S##` for the whole stack: nothing new is begun. */
export const StopRow = z.looseObject({
  v: z.literal(1),
  /** finish: what runs ends · cancel: and what waits is cancelled · none: it was taken back. */
  mode: z.enum(['none', 'finish', 'cancel']),
  reason: z.string(),
  at: Instant,
});
export type StopRow = z.infer<typeof StopRow>;

/** `W#<worker>`: a worker whose results were wrong. */
export const WorkerRow = z.looseObject({
  v: z.literal(1),
  workerId: WorkerId,
  quarantinedUntil: Instant,
  reason: z.string(),
});
export type WorkerRow = z.infer<typeof WorkerRow>;

/** `K#provisioning#…`: what was measured about a shape of cluster. Newest sample last. */
export const KnowledgeRow = z.looseObject({
  v: z.literal(1),
  samples: z.array(z.object({ at: Instant, seconds: z.number().nonnegative() })),
});
export type KnowledgeRow = z.infer<typeof KnowledgeRow>;

/** `K#<kind>` / `<gpu model>#<location>`: how long tasks took for every second their kind estimates. */
export const PaceRow = z.looseObject({
  v: z.literal(1),
  gpuModel: z.string(),
  location: Location,
  /** Bursts that have taught it; rises with each. */
  bursts: z.int().positive(),
  /** What they count for together at `at`, the older ones less. */
  weight: z.number().positive(),
  /** Sum of the logarithms of their ratios, weighted alike. */
  logSum: z.number(),
  at: Instant,
});
export type PaceRow = z.infer<typeof PaceRow>;

/** `V#provider`: what the provider listed, as of a time. Reap writes it, everyone reads it. */
export const ProviderView = z.looseObject({
  v: z.literal(1),
  asOf: Instant,
  clusters: z.array(
    z.object({
      clusterId: ClusterId,
      name: z.string(),
      phase: z.string(),
      /** Since when no lease owns it; absent: it is owned. */
      unownedSince: Instant.optional(),
      /** Lists that showed it unowned. */
      unownedLists: z.int().nonnegative().default(0),
    }),
  ),
});
export type ProviderView = z.infer<typeof ProviderView>;
