import type { Driver, Step } from '../../shared/bursts/drive.ts';
import { returnClaims } from '../../shared/bursts/return-claims.ts';
import { liveBatches } from '../../shared/ledger/batches.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import { changeProfile, readProfile } from '../../shared/ledger/profiles.ts';
import { readStop, stopInWords } from '../../shared/ledger/stops.ts';
import { waitsForPrice } from '../../shared/model/limits.ts';
import type { LeaseRow, ProfileRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { type Instant, plusSeconds } from '../../shared/model/time.ts';
import { type ClosingCause, closing } from '../../shared/plan/closing.ts';
import type { Ports } from '../../shared/ports.ts';

type ClosePorts = Pick<Ports, 'ledger' | 'clock'>;

/**
 * Close burst: off the profile first, then its claims go back.
 *
 * A burst that merely ran out of work closes only if it has claimed nothing meanwhile and nothing open could still run on it: the profile's
 * `seq` is read before a consistent query, and the compare-and-set fails when a batch arrived since; then
 * it runs on. A burst that cannot go on closes whatever is open. Either way an arrival is never stranded:
 * it finds a profile on which this burst no longer counts.
 */
export const closeBurst =
  (ports: ClosePorts, settings: Settings): Driver =>
  async (lease, burst, now) => {
    if (lease.phase === 'tearing-down') return { next: 'tear-down' };
    const stop = await readStop(ports.ledger, lease.tenant);
    const usual = closing(lease, burst.failure, settings, now);
    const cause =
      stop === undefined || usual.forced
        ? usual
        : { ...usual, forced: true, reason: stopInWords(stop) };
    const outcome = await offTheProfile(ports, settings, lease, cause, now);
    if (outcome === 'runs-on') return { next: 'run', reason: 'work arrived' };

    const closed = await changeLease(ports.ledger, lease, {
      phase: 'closing',
      closeReason: lease.closeReason ?? cause.reason,
      takeOvers: 0,
      ...(lease.failure === undefined && cause.failure !== undefined
        ? { failure: cause.failure }
        : {}),
    });
    if (!closed.done) return { next: 'superseded' };
    await returnClaims(ports.ledger, settings, closed.row, cause.reason, now);
    return toTeardown(closed.row, cause.reason);
  };

/** Something may exist at the provider as soon as a create was ever sent. */
const toTeardown = (lease: LeaseRow, reason: string): Step => {
  const sent = lease.intents.some(
    ({ kind, outcome }) => kind === 'create' && (outcome === 'unknown' || outcome === 'granted'),
  );
  return { next: sent || lease.clusterId !== undefined ? 'tear-down' : 'settle', reason };
};

async function offTheProfile(
  { ledger }: ClosePorts,
  settings: Settings,
  lease: LeaseRow,
  cause: ClosingCause,
  now: Instant,
): Promise<'closed' | 'runs-on'> {
  for (;;) {
    const profile = await readProfile(ledger, lease.tenant, lease.profile);
    const entry = profile?.bursts.find(({ burstId }) => burstId === lease.burstId);
    if (profile === undefined || entry === undefined || entry.state === 'closing') return 'closed';
    if (!cause.forced && (await hasWork(ledger, lease, profile, now))) return 'runs-on';
    const change = {
      bursts: profile.bursts.map((live) =>
        live.burstId === lease.burstId ? { ...live, state: 'closing' as const } : live,
      ),
      ...cause.cooldown(profile.strikes),
      dueAt: plusSeconds(now, settings.clusters.cooldownSeconds),
    };
    if ((await changeProfile(ledger, profile, change)).done) return 'closed';
    if (!cause.forced) return 'runs-on';
  }
}

/** Whether there is something it could claim, or it has claimed something since it was found idle. */
async function hasWork(
  ledger: Ports['ledger'],
  { burstId }: LeaseRow,
  profile: ProfileRow,
  now: Instant,
): Promise<boolean> {
  const where = {
    ...profile.requirement,
    profile: profile.profile,
    oldestOpen: profile.oldestOpen,
  };
  const live = await liveBatches(ledger, where);
  return live.some((batch) =>
    batch.status === 'open' ? !waitsForPrice(batch, now) : batch.burst === burstId,
  );
}
