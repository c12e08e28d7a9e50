import * as z from 'zod';
import type { Random } from './behaviour.ts';

/** The calls of both APIs by what they do, so that one fault fits either. */
const OPERATIONS = [
  'catalogue',
  'availability',
  'price',
  'node-pools',
  'deploy',
  'list',
  'look',
  'extend',
  'update',
  'destroy',
  'containers',
  'log',
  'submit',
  'job',
  'cancel',
  'health',
  'drain',
] as const;
export const Operation = z.enum(OPERATIONS);
export type Operation = z.infer<typeof Operation>;

/**
 * One thing to go wrong with the next calls of an operation.
 *
 * - `answer`: the call is not carried out and gets this answer (a refusal, 429, 500, HTML …)
 * - `lose-request`: the connection dies before anything is done
 * - `lose-reply`: the call is carried out and the connection dies instead of the reply
 * - `delay`: the call is carried out so many seconds of the simulator's clock later
 */
export const Fault = z.intersection(
  z.object({ operation: Operation, times: z.int().min(1).default(1) }),
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('answer'),
      status: z.int().min(200).max(599),
      /** Text as it is, anything else as JSON. */
      body: z.unknown(),
      headers: z.record(z.string(), z.string()).default({}),
    }),
    z.object({ kind: z.literal('lose-request') }),
    z.object({ kind: z.literal('lose-reply') }),
    z.object({ kind: z.literal('delay'), seconds: z.number().nonnegative() }),
  ]),
);
export type Fault = z.infer<typeof Fault>;

/** A fault that may happen to any call of its operation, in so large a share of them. */
export type StandingFault = z.input<typeof Fault> & { readonly share: number };

export interface Faults {
  add(fault: z.input<typeof Fault>): void;
  /** The oldest fault set for this operation; each is used `times` times. */
  take(operation: Operation): Fault | undefined;
  clear(): void;
}

/** @param standing - What may happen whenever nothing waits to; drawn anew for every call. */
export function createFaults(standing?: {
  readonly faults: readonly StandingFault[];
  readonly random: Random;
}): Faults {
  const always = (standing?.faults ?? []).map(({ share, ...fault }) => ({
    fault: Fault.parse(fault),
    share,
  }));
  const drawn = (operation: Operation): Fault | undefined =>
    always.find(
      ({ fault, share }) => fault.operation === operation && (standing?.random() ?? 1) < share,
    )?.fault;
  const waiting: { fault: Fault; left: number }[] = [];
  return {
    add(input) {
      const fault = Fault.parse(input);
      waiting.push({ fault, left: fault.times });
    },
    take(operation) {
      const entry = waiting.find(({ fault }) => fault.operation === operation);
      if (entry === undefined) return drawn(operation);
      entry.left -= 1;
      if (entry.left === 0) waiting.splice(waiting.indexOf(entry), 1);
      return entry.fault;
    },
    clear() {
      waiting.length = 0;
    },
  };
}
