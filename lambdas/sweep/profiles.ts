import { keepLimits } from '../../shared/bursts/keep-limits.ts';
import { launch, mayStart, openIfNeeded, PROFILE_LOOK_SECONDS } from '../../shared/bursts/open.ts';
import { inParallel } from '../../shared/concurrency.ts';
import { liveBatches, settleTasks } from '../../shared/ledger/batches.ts';
import { readLease } from '../../shared/ledger/leases.ts';
import { changeProfile } from '../../shared/ledger/profiles.ts';
import { readStop, stopInWords } from '../../shared/ledger/stops.ts';
import { endTask } from '../../shared/ledger/tasks.ts';
import {
  type BatchRow,
  type LeaseRow,
  type LiveBurst,
  ProfileRow,
} from '../../shared/model/rows.ts';
import { hasSeveralTenants, type Settings } from '../../shared/model/settings.ts';
import { type Instant, plusSeconds, secondsBetween } from '../../shared/model/time.ts';
import type { Opening } from '../../shared/plan/opening.ts';
import { secondOrder } from '../../shared/plan/second-order.ts';
import { isLate } from '../../shared/plan/usual-wait.ts';
import { yieldingProfiles } from '../../shared/sweep/scarce-machines.ts';
import { eachDue } from './each-due.ts';
import type { SweepPorts } from './sweep-ports.ts';

/**
 * Profiles at work: bursts they name get their lease and execution, settled ones leave, open batches nobody
 * serves get a burst, the watermark moves up. @returns how many needed something.
 */
export async function sweepProfiles(
  ports: SweepPorts,
  settings: Settings,
  now: Instant,
): Promise<number> {
  const due = hasSeveralTenants(settings) ? await dueProfiles(ports, now) : [];
  const yields = yieldingProfiles(due, settings, now);
  return eachDue(ports, 'profile', now, ProfileRow, (profile) =>
    sweepProfile(ports, settings, profile, yields.get(profile.profile), now),
  );
}

/** Profiles a pass looks at together to see who goes first where machines are scarce. */
const MOST_COMPARED = 100;

/** One that cannot be read is left out. */
async function dueProfiles({ ledger }: SweepPorts, now: Instant): Promise<ProfileRow[]> {
  const keys = await ledger.due({ of: 'profile', until: now, limit: MOST_COMPARED });
  const rows = await inParallel(keys, 10, (key) => ledger.read(key).catch(() => undefined));
  return rows.flatMap((row) => ProfileRow.safeParse(row).data ?? []);
}

async function sweepProfile(
  ports: SweepPorts,
  settings: Settings,
  profile: ProfileRow,
  yields: string | undefined,
  now: Instant,
): Promise<boolean> {
  const bursts: LiveBurst[] = [];
  const leases: LeaseRow[] = [];
  let launched = false;
  for (const burst of profile.bursts) {
    const lease = await readLease(ports.ledger, burst.burstId);
    if (lease?.phase === 'settled') continue;
    bursts.push(burst);
    if (lease !== undefined) {
      leases.push(lease);
      continue;
    }
    await launch(ports, settings, profile, burst);
    launched = true;
  }
  const where = { ...profile.requirement, profile: profile.profile };
  const { oldestOpen } = profile;
  const live = await liveBatches(ports.ledger, { ...where, oldestOpen });
  const stop = await readStop(ports.ledger, profile.requirement.tenant);
  let left: readonly BatchRow[] = [];
  if (stop?.mode === 'cancel') await cancelOpen(ports, live, stopInWords(stop), now);
  else left = await keepLimits(ports.ledger, settings, live, undefined, now);
  const late = new Set(leases.filter((one) => isLate(one, now)).map(({ burstId }) => burstId));
  const waiting = left.filter((batch) => mayStart(batch, now)).length;
  const second =
    stop === undefined ? secondOrder(profile, leases, waiting, settings, now).order : undefined;
  const facts = { stop: stop ?? 'none', live: left, late, second } as const;
  const opening =
    yields === undefined
      ? await openIfNeeded(ports, settings, profile, facts)
      : { opened: undefined, decision: { open: false, reason: yields } as const };
  if (opening.opened !== undefined) return true;

  tellOfWaiting(ports, profile, live, opening.decision, now);
  const idle = live.length === 0 && bursts.length === 0;
  await changeProfile(ports.ledger, profile, {
    bursts,
    oldestOpen: live[0]?.batchId ?? null,
    dueAt: idle ? null : plusSeconds(now, PROFILE_LOOK_SECONDS),
  });
  return launched || bursts.length < profile.bursts.length;
}

/** Cancels what nobody works on. */
async function cancelOpen(
  { ledger }: SweepPorts,
  batches: readonly BatchRow[],
  reason: string,
  now: Instant,
): Promise<void> {
  for (const batch of batches) {
    if (batch.status !== 'open') continue;
    for (const [index, { taskId }] of batch.tasks.entries()) {
      if (batch.settled.has(index)) continue;
      await endTask(ledger, batch.tenant, taskId, { status: 'cancelled', reason }, now);
    }
    const all = new Set(batch.tasks.keys());
    await settleTasks(ledger, batch, all, { cancelled: true });
  }
}

/** What waits and why, for a person who looks. */
function tellOfWaiting(
  { log }: SweepPorts,
  { requirement: { tenant }, profile, bursts }: ProfileRow,
  live: readonly BatchRow[],
  decision: Opening,
  now: Instant,
): void {
  const open = live.filter(({ status }) => status === 'open');
  if (open.length === 0) return;
  log('waiting', {
    tenant,
    profile,
    tasks: open.reduce((sum, { tasks, settled }) => sum + tasks.length - settled.size, 0),
    oldestSeconds: Math.max(...open.map(({ openedAt }) => secondsBetween(openedAt, now))),
    bursts: bursts.length,
    ...(decision.open ? {} : { reason: decision.reason }),
  });
}
