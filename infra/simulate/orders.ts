import * as z from 'zod';
import { Report } from './report.ts';

/** Share of the calls to the provider that fail, and nothing else goes wrong; absent: everything does. */
const ProviderErrors = z.number().min(0).max(1).optional();

/** What the simulator's process is asked to do, as its one argument. */
export const Order = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('campaign'),
    seed: z.int(),
    schedules: z.int().positive(),
    /** Instead of those that count on from the first. */
    seeds: z.array(z.int()).optional(),
    multiplier: z.number().nonnegative(),
    providerErrors: ProviderErrors,
    /** Stop at the first schedule that violates anything. */
    untilViolated: z.boolean(),
    /** Minimal traces to give, one for each invariant at most. */
    traces: z.int().nonnegative(),
  }),
  z.object({
    do: z.literal('replay'),
    seed: z.int(),
    multiplier: z.number().nonnegative(),
    providerErrors: ProviderErrors,
  }),
]);
export type Order = z.infer<typeof Order>;

/** One line of what it says, as JSON. */
export const Said = z.discriminatedUnion('say', [
  z.object({ say: z.literal('progress'), done: z.int(), violated: z.int() }),
  z.object({
    say: z.literal('trace'),
    seed: z.int(),
    invariant: z.string(),
    lines: z.array(z.string()),
  }),
  z.object({ say: z.literal('line'), line: z.string() }),
  z.object({ say: z.literal('report'), report: Report }),
]);
export type Said = z.infer<typeof Said>;
