import { liveBatches } from '../ledger/batches.ts';
import { createLease } from '../ledger/leases.ts';
import { type ProfileChange, updateProfile } from '../ledger/profiles.ts';
import { readStop, type Stop, stopInWords } from '../ledger/stops.ts';
import type { BatchId, BurstId } from '../model/ids.ts';
import { waitsForPrice } from '../model/limits.ts';
import type { BatchRow, LiveBurst, ProfileRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds } from '../model/time.ts';
import { type Backlog, decideOpening, type Opening, whyNoneOpens } from '../plan/opening.ts';
import type { SecondOrder } from '../plan/second-order.ts';
import type { Ports } from '../ports.ts';
import { openSeconds } from '../run/lanes.ts';
import { nextLookBy } from './drive.ts';
import { burstIdOf, startSegment } from './start.ts';

/** How soon the sweep looks at a profile that has work or bursts. */
export const PROFILE_LOOK_SECONDS = 60;

export interface Opened {
  readonly opened: BurstId | undefined;
  readonly decision: Opening;
}

/** What the caller of a decision knows already. */
export interface OpeningFacts {
  /**
   * The oldest batch that was just written; recorded in the same compare-and-set even when nothing is opened, so
   * that no burst can close over it.
   */
  readonly arrived?: BatchId;
  /** What holds for the tenant, where the caller has asked. */
  readonly stop?: Stop | 'none';
  /** Live batches, where the caller has read them consistently since it read the profile. */
  readonly live?: readonly BatchRow[];
  /** Bursts whose clusters may never come; they are not counted on, but they are live. */
  readonly late?: ReadonlySet<BurstId>;
  /** What is opened where the backlog asks for nothing more. */
  readonly second?: SecondOrder | undefined;
}

/**
 * Takes the opening decision on a fresh backlog and carries it out: compare-and-set on the profile, lease,
 * execution, in this order. A crash after any of them leaves a profile that names a burst without lease or
 * execution, which the sweep finishes.
 */
export async function openIfNeeded(
  ports: Pick<Ports, 'ledger' | 'bursts' | 'clock' | 'log'>,
  settings: Settings,
  profile: ProfileRow,
  known: OpeningFacts = {},
): Promise<Opened> {
  const { arrived } = known;
  const now = ports.clock.now();
  let decision: Opening = { open: false, reason: 'not decided' };
  let burst: LiveBurst | undefined;
  const after = await updateProfile(ports.ledger, profile, async (seen) => {
    const oldestOpen = older(seen.oldestOpen, arrived);
    const live = seen === profile ? known.live : undefined;
    decision = await openingOf(ports.ledger, settings, seen, { ...known, live, oldestOpen, now });
    const second = decision.open ? undefined : stillWanted(known.second, seen, settings, now);
    if (second !== undefined) decision = { open: true, slots: second.slots };
    burst = decision.open
      ? {
          burstId: burstIdOf(seen, seen.seq + 1, settings),
          state: 'open',
          slots: decision.slots,
          openedAt: now,
          ...(second && { hedge: { of: second.of, notOffer: second.notOffer } }),
        }
      : undefined;
    if (burst === undefined && arrived === undefined) return undefined;
    const change: ProfileChange = {
      ...(oldestOpen === undefined ? {} : { oldestOpen }),
      ...(burst === undefined ? {} : { bursts: [...seen.bursts, burst] }),
      ...(second && { hedged: second.of }),
      dueAt: plusSeconds(now, PROFILE_LOOK_SECONDS),
    };
    return change;
  });
  if (burst === undefined) return { opened: undefined, decision };
  await launch(ports, settings, after, burst);
  return { opened: burst.burstId, decision };
}

/** The second order, while the first is live, no other pass has placed one, and another burst may be opened. */
const stillWanted = (
  second: SecondOrder | undefined,
  seen: ProfileRow,
  settings: Settings,
  now: Instant,
) =>
  second !== undefined &&
  seen.hedged !== second.of &&
  seen.bursts.every(({ hedge }) => hedge === undefined) &&
  seen.bursts.some(({ burstId, state }) => burstId === second.of && state === 'open') &&
  whyNoneOpens(seen, settings, now) === undefined
    ? second
    : undefined;

/** Reads stops, and the backlog, which is many rows, only where the decision depends on them. */
async function openingOf(
  ledger: Ports['ledger'],
  settings: Settings,
  seen: ProfileRow,
  about: Omit<OpeningFacts, 'live'> & {
    readonly live: readonly BatchRow[] | undefined;
    readonly oldestOpen: BatchId | undefined;
    readonly now: Instant;
  },
): Promise<Opening> {
  const { arrived, oldestOpen, stop, late, now } = about;
  const ruledOut = arrived === undefined ? undefined : whyNoneOpens(seen, settings, now);
  if (ruledOut !== undefined) return { open: false, reason: ruledOut };
  const stands = stop ?? (await readStop(ledger, seen.requirement.tenant)) ?? 'none';
  if (stands !== 'none') return { open: false, reason: stopInWords(stands) };
  const all = about.live ?? (await liveBatches(ledger, watermarked(seen, oldestOpen)));
  const live = all.filter((batch) => !waitsForPrice(batch, now));
  const bursts = seen.bursts.map((one) => (late?.has(one.burstId) ? { ...one, slots: 0 } : one));
  return decideOpening({ ...seen, bursts }, backlogOf(live, seen.requirement, now), settings, now);
}

/** Gives a burst that its profile names its lease and its first execution. Safe to repeat. */
export async function launch(
  ports: Pick<Ports, 'ledger' | 'bursts' | 'log'>,
  settings: Settings,
  profile: ProfileRow,
  burst: LiveBurst,
): Promise<void> {
  const { row: lease } = await createLease(ports.ledger, {
    burstId: burst.burstId,
    profile,
    slots: burst.slots,
    ...(burst.hedge && { hedge: burst.hedge }),
    now: burst.openedAt,
    nextLookBy: nextLookBy(settings, burst.openedAt),
  });
  if (lease === undefined || lease.phase === 'settled') return;
  const outcome = await startSegment(ports.bursts, lease, settings);
  ports.log('open burst', {
    burst: burst.burstId,
    profile: profile.profile,
    slots: burst.slots,
    execution: outcome,
    ...(burst.hedge && { standsInFor: burst.hedge.of }),
  });
}

/**
 * Claimed work counts beside the open: it keeps the slots busy that the decision counts as capacity. What
 * several workers must do, all of it or a sample, is that much more of it. Nothing is opened for batches that all
 * wait out a pause: a cluster would wait with them.
 */
export const backlogOf = (
  live: readonly BatchRow[],
  { minWorkers = 1, sample = 1 }: ProfileRow['requirement'],
  now: Instant,
): Backlog => {
  const oldest = live.find((batch) => mayStart(batch, now));
  return oldest === undefined
    ? { batches: 0, slotSeconds: 0 }
    : {
        batches: live.length,
        slotSeconds:
          (1 + (minWorkers - 1) * sample) *
          live.reduce((sum, batch) => sum + openSeconds(batch), 0),
        oldestAt: oldest.openedAt,
      };
};

/** Open, and not waiting out a pause. */
export const mayStart = ({ status, notBefore }: BatchRow, now: Instant): boolean =>
  status === 'open' && (notBefore ?? now) <= now;

const watermarked = (profile: ProfileRow, oldestOpen: BatchId | undefined) => ({
  tenant: profile.requirement.tenant,
  profile: profile.profile,
  oldestOpen,
});

export const older = (a: BatchId | undefined, b: BatchId | undefined): BatchId | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;
