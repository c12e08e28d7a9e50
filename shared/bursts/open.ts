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
import type { Ports } from '../ports.ts';
import { openSeconds } from '../run/lanes.ts';
import { nextLookBy } from './drive.ts';
import { burstIdOf, startSegment } from './start.ts';

/** How soon the sweep looks at a profile that has work or bursts. */
const PROFILE_LOOK_SECONDS = 60;

export interface Opened {
  readonly opened: BurstId | undefined;
  readonly decision: Opening;
}

/**
 * Takes the opening decision on a fresh backlog and carries it out: compare-and-set on the profile, lease,
 * execution, in this order. A crash after any of them leaves a profile that names a burst without lease or
 * execution, which the sweep finishes.
 *
 * `arrived`: the oldest batch that was just written; recorded in the same compare-and-set even when nothing
 * is opened, so that no burst can close over it. `stop`: what holds for the tenant, where the caller has asked.
 * `late`: bursts whose clusters may never come; they are not counted on, but they are live.
 */
export async function openIfNeeded(
  ports: Pick<Ports, 'ledger' | 'bursts' | 'clock' | 'log'>,
  settings: Settings,
  profile: ProfileRow,
  hints: {
    readonly arrived?: BatchId;
    readonly stop?: Stop | 'none';
    readonly late?: ReadonlySet<BurstId>;
  } = {},
): Promise<Opened> {
  const { arrived, stop, late } = hints;
  const now = ports.clock.now();
  let decision: Opening = { open: false, reason: 'not decided' };
  let burst: LiveBurst | undefined;
  const stands = stop ?? (await readStop(ports.ledger, profile.requirement.tenant)) ?? 'none';
  const after = await updateProfile(ports.ledger, profile, async (seen) => {
    const oldestOpen = older(seen.oldestOpen, arrived);
    const about = { arrived, oldestOpen, stands, late, now };
    decision = await openingOf(ports.ledger, settings, seen, about);
    burst = decision.open
      ? {
          burstId: burstIdOf(seen, seen.seq + 1, settings),
          state: 'open',
          slots: decision.slots,
          openedAt: now,
        }
      : undefined;
    if (burst === undefined && arrived === undefined) return undefined;
    const change: ProfileChange = {
      ...(oldestOpen === undefined ? {} : { oldestOpen }),
      ...(burst === undefined ? {} : { bursts: [...seen.bursts, burst] }),
      dueAt: plusSeconds(now, PROFILE_LOOK_SECONDS),
    };
    return change;
  });
  if (burst === undefined) return { opened: undefined, decision };
  await launch(ports, settings, after, burst);
  return { opened: burst.burstId, decision };
}

/** Reads the backlog, which is many rows, only where the decision depends on it. */
async function openingOf(
  ledger: Ports['ledger'],
  settings: Settings,
  seen: ProfileRow,
  about: {
    readonly arrived: BatchId | undefined;
    readonly oldestOpen: BatchId | undefined;
    readonly stands: Stop | 'none';
    readonly late: ReadonlySet<BurstId> | undefined;
    readonly now: Instant;
  },
): Promise<Opening> {
  const { arrived, oldestOpen, stands, late, now } = about;
  if (stands !== 'none') return { open: false, reason: stopInWords(stands) };
  const ruledOut = arrived === undefined ? undefined : whyNoneOpens(seen, settings, now);
  if (ruledOut !== undefined) return { open: false, reason: ruledOut };
  const all = await liveBatches(ledger, watermarked(seen, oldestOpen));
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
  const oldest = live.find(
    ({ status, notBefore }) => status === 'open' && (notBefore ?? now) <= now,
  );
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

const watermarked = (profile: ProfileRow, oldestOpen: BatchId | undefined) => ({
  tenant: profile.requirement.tenant,
  profile: profile.profile,
  oldestOpen,
});

export const older = (a: BatchId | undefined, b: BatchId | undefined): BatchId | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;
