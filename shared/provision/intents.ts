import type { Intent, LeaseRow } from '../model/rows.ts';
import { quarantineSeconds, type Settings } from '../model/settings.ts';
import { type Instant, plusSeconds, secondsBetween } from '../model/time.ts';

/**
 * Two calls are paid and not idempotent: create and extend. Each is announced by an intent on the lease.
 * An intent without outcome means: a call may have been made, may still be on its way, and may have
 * bought something. It is waited out and looked for; only then may another call follow.
 */

export type BeforeCalling =
  /** No call is in doubt. */
  | { readonly kind: 'clear' }
  /** A call is in doubt and may still be on its way. */
  | { readonly kind: 'wait'; readonly waitSeconds: number; readonly intent: Intent }
  /** The doubtful call is dead, and the provider's answers show by now what it did. */
  | { readonly kind: 'look'; readonly intent: Intent };

/** What must happen before the next paid call of this kind. */
export function beforeCalling(
  lease: Pick<LeaseRow, 'intents'>,
  kind: Intent['kind'],
  settings: Settings,
  now: Instant,
): BeforeCalling {
  const intent = lease.intents.find((one) => one.kind === kind && one.outcome === 'unknown');
  if (intent === undefined) return { kind: 'clear' };
  const until = plusSeconds(intent.at, quarantineSeconds(settings));
  const waitSeconds = Math.ceil(secondsBetween(now, until));
  return waitSeconds > 0 ? { kind: 'wait', waitSeconds, intent } : { kind: 'look', intent };
}

/** The lease's intents with a new one, whose outcome is unknown until it is settled. */
export function withIntent(
  lease: Pick<LeaseRow, 'intents'>,
  next: { kind: Intent['kind']; term: number; at: Instant },
): { intents: Intent[]; intent: Intent } {
  const attempts = lease.intents.flatMap(({ kind, attempt }) =>
    kind === next.kind ? attempt : [],
  );
  const intent: Intent = { ...next, attempt: 1 + Math.max(0, ...attempts), outcome: 'unknown' };
  return { intents: [...recent(lease.intents), intent], intent };
}

/** Settled extensions kept on a lease: a burst of weeks has hundreds, and only the last ones matter. */
const EXTENSIONS_KEPT = 10;

function recent(intents: readonly Intent[]): Intent[] {
  const settledExtensions = intents.filter(
    ({ kind, outcome }) => kind === 'extend' && outcome !== 'unknown',
  );
  const dropped = new Set(settledExtensions.slice(0, -EXTENSIONS_KEPT));
  return intents.filter((intent) => !dropped.has(intent));
}

/**
 * Seconds until what a doubtful call may have bought has been missing long enough to be taken for absent; 0
 * when it has. One list without it proves nothing: the provider's lists blink.
 */
export const absentInSeconds = (intent: Intent, { looks }: Settings, now: Instant): number =>
  intent.missingSince === undefined
    ? looks.goneSeconds
    : Math.max(0, Math.ceil(looks.goneSeconds - secondsBetween(intent.missingSince, now)));

/** The lease's intents with the first look noted that did not show what one of them may have bought. */
export const missedNow = (
  lease: Pick<LeaseRow, 'intents'>,
  intent: Intent,
  now: Instant,
): Intent[] =>
  lease.intents.map((one) =>
    one.kind === intent.kind && one.attempt === intent.attempt
      ? { ...one, missingSince: one.missingSince ?? now }
      : one,
  );

/** The lease's intents with one of them settled. */
export const settled = (
  lease: Pick<LeaseRow, 'intents'>,
  intent: Intent,
  outcome: Intent['outcome'],
): Intent[] =>
  lease.intents.map((one) =>
    one.kind === intent.kind && one.attempt === intent.attempt ? { ...one, outcome } : one,
  );

/** Time a paid call needs inside its function, with a margin for the write behind it. */
export const enoughTime = (remainingSeconds: number, { limits }: Settings): boolean =>
  remainingSeconds > limits.providerSeconds + 5;
