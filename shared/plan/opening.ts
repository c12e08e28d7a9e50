import type { ProfileRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds } from '../model/time.ts';

/** Work of a profile that has not ended, from a consistent query; nothing when no batch of it is open. */
export interface Backlog {
  /** Open batches, and those that slots are busy with. */
  readonly batches: number;
  /** Estimated slot time of what is left of them. */
  readonly slotSeconds: number;
}

export type Opening =
  | { readonly open: true; readonly slots: number }
  | { readonly open: false; readonly reason: string };

/**
 * Whether a profile needs another burst, and how large.
 *
 * Slots wanted = backlog / `secondsPerSlot`, at least one per profile with work and at most one per batch.
 * Slots of every open burst count, whether it is planned, provisioning or ready: capacity on its way is
 * capacity, or every arrival during the minutes of provisioning would buy another cluster.
 *
 * Pure. Taken in intake, in Run and in the sweep, always just before a compare-and-set on the profile.
 */
export function decideOpening(
  profile: Pick<ProfileRow, 'bursts' | 'cooldownUntil' | 'cooldownReason'>,
  backlog: Backlog,
  settings: Settings,
  now: Instant,
): Opening {
  if (backlog.batches === 0) return { open: false, reason: 'nothing is waiting' };
  if (profile.cooldownUntil !== undefined && now < profile.cooldownUntil) {
    return { open: false, reason: profile.cooldownReason ?? 'cooling down' };
  }
  if (profile.bursts.length >= settings.clusters.maxBursts) {
    return { open: false, reason: `${profile.bursts.length} bursts are live, the most allowed` };
  }
  const wanted = Math.min(
    backlog.batches,
    Math.max(1, Math.ceil(backlog.slotSeconds / settings.clusters.secondsPerSlot)),
  );
  const present = profile.bursts
    .filter(({ state }) => state === 'open')
    .reduce((sum, { slots }) => sum + slots, 0);
  return present >= wanted
    ? { open: false, reason: `${present} slots are open or on their way, ${wanted} are wanted` }
    : { open: true, slots: wanted - present };
}

/** Strikes after which the cooldown no longer doubles. */
const MAX_DOUBLINGS = 4;

/** End of the pause after a burst that could not be had: one cooldown, doubling with each strike in a row. */
export const cooldownEnd = (now: Instant, strikes: number, settings: Settings): Instant =>
  plusSeconds(now, settings.clusters.cooldownSeconds * 2 ** Math.min(strikes, MAX_DOUBLINGS));
