import * as z from 'zod';
import type { Failure } from '../model/burst.ts';
import type { LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds } from '../model/time.ts';
import { cooldownEnd } from './opening.ts';

/** Why a burst closes, and what its profile should remember of it. */
export interface ClosingCause {
  readonly reason: string;
  /** It cannot go on: it closes whatever is open. */
  readonly forced: boolean;
  /** Recorded as the execution's cause when the burst did not do what it was opened for. */
  readonly failure: Failure | undefined;
  /** Changes to the profile: a pause after a burst that had no cluster, or one that did nothing; none after others. */
  cooldown(strikes: number): {
    cooldownUntil?: Instant | null;
    cooldownReason?: string | null;
    strikes?: number;
  };
}

/** Classifies the end of a burst from its lease and from what the machine caught. */
export function closing(
  lease: LeaseRow,
  caught: Failure | undefined,
  settings: Settings,
  now: Instant,
): ClosingCause {
  const failure = caught === undefined ? undefined : inWords(caught);
  const drain =
    lease.paidUntil === undefined
      ? undefined
      : plusSeconds(lease.paidUntil, -settings.lease.drainBeforeSeconds);
  const atEdge = drain !== undefined && now >= drain;
  const hadCluster = lease.readyAt !== undefined;
  // A cluster whose workers can do nothing of it: the next one would do no better, and costs an hour.
  const wasUseless = failure?.Error === 'ClusterUnfit' && lease.paces.length === 0;
  const reason =
    failure === undefined
      ? atEdge
        ? 'the paid edge was reached'
        : 'nothing is left to do'
      : `${failure.Error}: ${failure.Cause ?? ''}`;
  return {
    reason,
    forced: atEdge || failure !== undefined || lease.phase !== 'ready',
    failure,
    cooldown: (strikes) => {
      // Of a second order the profile has another one under way.
      if (lease.hedges !== undefined && !hadCluster) return {};
      return (hadCluster && !wasUseless) || failure === undefined
        ? { cooldownUntil: null, cooldownReason: null, strikes: 0 }
        : {
            cooldownUntil: cooldownEnd(now, strikes, settings),
            cooldownReason: reason.slice(0, 500),
            strikes: strikes + 1,
          };
    },
  };
}

/** Lambda wraps what a function threw into JSON with its stack; people are shown the message alone. */
function inWords({ Error: name, Cause: cause = '' }: Failure): Failure {
  const thrown = LambdaCause.safeParse(cause);
  return { Error: name, Cause: thrown.success ? thrown.data.errorMessage : cause };
}

/** The machine cuts long causes short, so the JSON may have no end: the message stands before the stack. */
const LambdaCause = z
  .string()
  .transform((text) => /"errorMessage":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1])
  .transform((text, context): unknown => {
    if (text !== undefined) return { errorMessage: JSON.parse(`"${text}"`) };
    context.addIssue({ code: 'custom', message: 'not a cause of Lambda' });
    return z.NEVER;
  })
  .pipe(z.object({ errorMessage: z.string() }));
