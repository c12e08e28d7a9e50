import * as z from 'zod';
import { BurstId } from './ids.ts';
import { Instant } from './time.ts';

/** Error and cause as Step Functions gives them to a Catch. */
export const Failure = z.object({ Error: z.string(), Cause: z.string().optional() });
export type Failure = z.infer<typeof Failure>;

/**
 * The document every state receives and returns: ids and counts only, so it stays far below 8 KiB.
 * Everything that must survive is in the ledger; this only says where the machine stands.
 */
export const BurstDocument = z.looseObject({
  v: z.literal(1),
  burstId: BurstId,
  /** Which execution of the burst this is, from 1. */
  segment: z.int().positive(),
  /** The lease fence this segment holds. */
  leaseFence: z.int().positive(),
  /** What the stage decided; the Choice behind each Task reads it. */
  next: z.string().optional(),
  /** How long the next Wait state waits. */
  waitSeconds: z.int().nonnegative().optional(),
  /** Waits in a row without news; waits grow with it. */
  quietLooks: z.int().nonnegative().default(0),
  /** Until when a failing look is repeated before the burst is closed. */
  lookUntil: Instant,
  /** Looks in a row that failed. The state machine counts it, a look that works resets it. */
  failedLooks: z.int().nonnegative().default(0),
  /** The state whose look failed. */
  failedIn: z.string().optional(),
  /** Why the look failed. Forgotten when a look works; it becomes the failure when looking is given up. */
  lookFailure: Failure.optional(),
  /** Why the burst is to be closed, where a stage or a refused create said so. */
  failure: Failure.optional(),
});
export type BurstDocument = z.infer<typeof BurstDocument>;

/** What the machine hands a function: the name of the state that asks, and the document. */
export const StageInput = z.object({ state: z.string(), burst: BurstDocument });
export type StageInput = z.infer<typeof StageInput>;
