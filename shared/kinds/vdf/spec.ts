import * as z from 'zod';
import { printable } from '../printable.ts';

/** Squarings a stage may have, so that a worker that is lost loses minutes: about three of them. */
const MAX_STAGE_SQUARINGS = 20_000_000;

/** One output of the delay function: the spec of a task of the kind `vdf.wesolowski`. */
export const VdfSpec = z
  .strictObject({
    /** What the element to start from is hashed from. Public, as all of this is. */
    seed: printable(128),
    /** T of y = x^(2^T): squarings of which none can begin before the one before it has ended. */
    squarings: z.int().min(1_000).max(2_000_000_000),
    /**
     * Most stages of the work, one checkpoint after each but the last. Half of them, rounded up, are for y:
     * equal runs of squarings. The others are for the proof: equal runs of the same squarings, to
     * whole digits of eight. A run shorter than one squaring or one digit is one.
     */
    stages: z.int().min(2).max(1_000).default(20),
  })
  .superRefine(({ squarings, stages }, context) => {
    const fewest = 2 * Math.ceil(squarings / MAX_STAGE_SQUARINGS);
    if (context.issues.length > 0 || stages >= fewest) return;
    context.addIssue({
      code: 'custom',
      path: ['stages'],
      message: `${stages} stages are too few for ${squarings} squarings: use at least ${fewest}`,
    });
  });
export type VdfSpec = z.infer<typeof VdfSpec>;
