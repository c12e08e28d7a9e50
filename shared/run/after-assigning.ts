import type { LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds, secondsBetween } from '../model/time.ts';
import { beforeCalling } from '../provision/intents.ts';
import { type Assigning, FAILED_HERE, NO_WORKER } from './assignment.ts';
import { drainAt } from './paid-edge.ts';

export type RunNext =
  | { readonly next: 'wait'; readonly waitSeconds: number }
  | { readonly next: 'extend' }
  | { readonly next: 'hold'; readonly waitSeconds: number }
  /** `failure`: it ends because it can do no more, not because it is done; the name of the error. */
  | {
      readonly next: 'close';
      readonly reason: string;
      readonly failure?: 'WorkersLost' | 'ClusterUnfit';
    };

/**
 * What the burst does after it has submitted what it could. `watched` are lost jobs whose URLs
 * still work: they are asked while the burst holds. `awaited` are those of them whose uploads would still count,
 * so that it is not idle. `others`: bursts of the profile that are open beside this one.
 *
 * An idle cluster is held for as long as it is paid in any case, and then for `idleSeconds`, or
 * `surplusIdleSeconds` where others are there to take what comes. One that is in use when its paid time ends goes
 * on where what is left of a later hour comes back.
 */
export function afterAssigning(
  lease: LeaseRow,
  jobs: {
    readonly live: number;
    readonly watched: number;
    readonly awaited: number;
    readonly others: number;
  },
  { needsTerm, stuck, left }: Pick<Assigning, 'needsTerm' | 'stuck' | 'left'>,
  settings: Settings,
  now: Instant,
): RunNext {
  const edge = drainAt(lease, settings);
  if (edge === undefined) {
    return {
      next: 'close',
      reason: 'the end of the paid time is unknown',
      failure: 'ClusterUnfit',
    };
  }
  const { looks } = settings;
  const idle = left.size === 0 && jobs.awaited === 0 ? lease.idleSince : undefined;
  const idleSeconds = idle === undefined ? 0 : secondsBetween(idle, now);
  const mostIdle = jobs.others > 0 ? looks.surplusIdleSeconds : looks.idleSeconds;
  const inUse = jobs.live > 0 || (idle !== undefined && idleSeconds < mostIdle);
  const goesOn = inUse && !stuck && lastCallIn(lease, settings, now) <= 0;
  if ((needsTerm || goesOn) && mayExtend(lease, settings, now)) return { next: 'extend' };
  if (jobs.live > 0) return { next: 'wait', waitSeconds: Math.ceil(looks.shortestSeconds) };
  if (now >= edge) return { next: 'close', reason: 'paid edge' };
  if (stuck) {
    // Its workers may be well: a batch that each of them failed needs others.
    if (left.has(FAILED_HERE)) {
      return { next: 'close', reason: `what waits ${FAILED_HERE}`, failure: 'ClusterUnfit' };
    }
    return {
      ...{ next: 'close', reason: NO_WORKER },
      ...(left.size > 0 ? { failure: 'WorkersLost' as const } : {}),
    };
  }
  const mayIdleSeconds =
    idle === undefined || isSunk(lease, settings, now)
      ? Number.POSITIVE_INFINITY
      : mostIdle - idleSeconds;
  if (mayIdleSeconds <= 0) {
    return { next: 'close', reason: 'nothing is left to do' };
  }
  const windowSeconds = needsTerm ? secondsToExtension(lease, settings, now) : 0;
  const seconds = Math.min(
    idleLookSeconds(idleSeconds, settings),
    windowSeconds > 0 ? windowSeconds : Number.POSITIVE_INFINITY,
    mayIdleSeconds,
    secondsBetween(now, edge),
  );
  const waitSeconds = Math.max(1, Math.ceil(seconds));
  return { next: jobs.watched > 0 ? 'wait' : 'hold', waitSeconds };
}

/** The share of its idle time that an idle cluster waits for its next look: who sends often sends soon. */
const HOLD_SHARE = 2 / 5;

/** Until the next look for work for what has been idle so long. */
export const idleLookSeconds = (idleSeconds: number, { looks }: Pick<Settings, 'looks'>): number =>
  Math.max(looks.holdSeconds, Math.min(looks.longestHoldSeconds, idleSeconds * HOLD_SHARE));

/** Until a cluster in use is to be extended if it is to go on, seconds; infinite where it is not. */
export const lastCallIn = (
  lease: LeaseRow,
  settings: Pick<Settings, 'lease'>,
  now: Instant,
): number => {
  const { bill, drainBeforeSeconds, lastCallSeconds } = settings.lease;
  if (lease.paidUntil === undefined || bill === 'hourly') return Number.POSITIVE_INFINITY;
  return secondsBetween(now, lease.paidUntil) - drainBeforeSeconds - lastCallSeconds;
};

/** Whether closing now would save nothing: the provider bills the time in any case. */
function isSunk(
  { terms, paidUntil }: LeaseRow,
  { lease: { bill, hourSeconds, termHours } }: Settings,
  now: Instant,
): boolean {
  if (bill !== 'ionet' || paidUntil === undefined) return bill === 'hourly';
  const laterHours = terms * termHours - 1;
  return now < plusSeconds(paidUntil, -laterHours * hourSeconds);
}

/** Until the extension window opens; negative inside it. */
const secondsToExtension = ({ paidUntil }: LeaseRow, { lease }: Settings, now: Instant): number =>
  paidUntil === undefined ? 0 : secondsBetween(now, paidUntil) - lease.extendBeforeSeconds;

/** Inside the extension window, not refused a moment ago, and no earlier call that may still be on its way. */
export const mayExtend = (lease: LeaseRow, settings: Settings, now: Instant): boolean =>
  lease.paidUntil !== undefined &&
  beforeCalling(lease, 'extend', settings, now).kind !== 'wait' &&
  secondsBetween(now, lease.paidUntil) <= settings.lease.extendBeforeSeconds &&
  secondsBetween(now, lease.paidUntil) > settings.lease.drainBeforeSeconds &&
  (lease.extendNotBefore === undefined || now >= lease.extendNotBefore);
