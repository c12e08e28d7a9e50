import type { ProfileRow } from '../model/rows.ts';
import { MAX_COOLDOWN_DOUBLINGS, type Settings } from '../model/settings.ts';
import { type Instant, plusSeconds } from '../model/time.ts';

/** Work of a profile that has not ended, from a consistent query; nothing when no batch of it is open. */
export interface Backlog {
  /** Open batches, and those that slots are busy with. */
  readonly batches: number;
  /** Estimated slot time of what is left of them. */
  readonly slotSeconds: number;
  /** When the oldest open one was accepted; absent: it is not asked to wait for company. */
  readonly oldestAt?: Instant;
}

export type Opening =
  | { readonly open: true; readonly slots: number }
  | { readonly open: false; readonly reason: string };

type OpeningProfile = Pick<ProfileRow, 'bursts' | 'cooldownUntil' | 'cooldownReason'>;

/**
 * Whether a profile needs another burst, and how large.
 *
 * Slots wanted = backlog / `secondsPerSlot`, at least one per profile with work and at most one per batch.
 * Slots of every open burst count, whether it is planned, provisioning or ready: capacity on its way is
 * capacity, or every arrival during the minutes of provisioning would buy another cluster. Against the backlog,
 * which is what was estimated, slots of a GPU known to be twice as fast count twice; against batches each is one.
 *
 * Where nothing is open and the smallest cluster is larger than the work, the work waits for company: an hour
 * of a whole cluster for one task is the dearest there is. It waits until it would fill `fillShare` of that
 * cluster, or for `patienceSeconds`; acting when what was waited for is worth what it costs is within twice the
 * optimum (Dooly, Goldman, Scott: on-line acknowledgement delay).
 *
 * Pure. Taken in intake, in Run and in the sweep, always just before a compare-and-set on the profile.
 */
export function decideOpening(
  profile: OpeningProfile,
  backlog: Backlog,
  settings: Settings,
  now: Instant,
): Opening {
  if (backlog.batches === 0) return { open: false, reason: 'nothing is waiting' };
  const reason = whyNoneOpens(profile, settings, now);
  if (reason !== undefined) return { open: false, reason };
  const byTime = Math.max(1, Math.ceil(backlog.slotSeconds / settings.clusters.secondsPerSlot));
  const live = profile.bursts.filter(({ state }) => state === 'open');
  const present = live.reduce((sum, { slots }) => sum + slots, 0);
  const worth = live.reduce((sum, { slots, pace = 1 }) => sum + slots / pace, 0);
  const missing = Math.ceil(Math.min(backlog.batches - present, byTime - worth) - ROUNDING);
  if (missing <= 0) {
    const asGoodAs =
      worth === present ? '' : ` (as good as ${worth.toFixed(1)} at the estimated pace)`;
    const reason = `${present} slots are open or on their way${asGoodAs}, ${Math.min(backlog.batches, byTime)} are wanted`;
    return { open: false, reason };
  }
  if (present === 0) {
    const wait = companyAwaited(backlog, settings, now);
    if (wait !== undefined) return wait;
  }
  return { open: true, slots: missing };
}

/** What sums of quotients may be off by. */
const ROUNDING = 1e-9;

/** Why no burst may be opened, whatever is waiting; undefined: the backlog decides. */
export function whyNoneOpens(
  { bursts, cooldownUntil, cooldownReason }: OpeningProfile,
  settings: Settings,
  now: Instant,
): string | undefined {
  if (cooldownUntil !== undefined && now < cooldownUntil) return cooldownReason ?? 'cooling down';
  return bursts.length >= settings.clusters.maxBursts
    ? `${bursts.length} bursts are live, the most allowed`
    : undefined;
}

function companyAwaited(
  { batches, oldestAt }: Backlog,
  { clusters }: Settings,
  now: Instant,
): Opening | undefined {
  if (oldestAt === undefined) return undefined;
  const smallest = Math.min(clusters.maxWorkers, ...(clusters.sizes ?? [1]));
  const enough = Math.ceil(smallest * clusters.fillShare);
  const patientUntil = plusSeconds(oldestAt, clusters.patienceSeconds);
  if (batches >= enough || now >= patientUntil) return undefined;
  const reason = `${batches} of the ${enough} batches that are worth a cluster of ${smallest}, which is rented at ${patientUntil} in any case`;
  return { open: false, reason };
}

/** End of the pause after a burst that could not be had: one cooldown, doubling with each strike in a row. */
export const cooldownEnd = (now: Instant, strikes: number, settings: Settings): Instant =>
  plusSeconds(
    now,
    settings.clusters.cooldownSeconds * 2 ** Math.min(strikes, MAX_COOLDOWN_DOUBLINGS),
  );
