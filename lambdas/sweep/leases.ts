import { nextLookBy } from '../../shared/bursts/drive.ts';
import { leaveProfile } from '../../shared/bursts/leave-profile.ts';
import { returnClaims } from '../../shared/bursts/return-claims.ts';
import { startSegment } from '../../shared/bursts/start.ts';
import { changeLease, type LeaseChange } from '../../shared/ledger/leases.ts';
import { readProviderView } from '../../shared/ledger/provider.ts';
import { LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { type Instant, plusSeconds } from '../../shared/model/time.ts';
import { judgeSegment } from '../../shared/sweep/silent-segment.ts';
import { eachDue } from './each-due.ts';
import type { SweepPorts } from './sweep-ports.ts';

/** Silent segments: started again, taken over, or given to the reaper. @returns how many. */
export async function sweepLeases(
  ports: SweepPorts,
  settings: Settings,
  now: Instant,
): Promise<number> {
  const view = await readProviderView(ports.ledger);
  return eachDue(ports, 'lease', now, LeaseRow, async (lease) => {
    const verdict = judgeSegment(lease, view, settings, now);
    if (verdict.do === 'leave') {
      if (lease.phase === 'teardown-owed') await letGo(ports, settings, lease, now);
      return false;
    }
    ports.log('sweep lease', { burst: lease.burstId, segment: lease.segment, verdict: verdict.do });
    await act[verdict.do](ports, settings, lease, now);
    return verdict.do !== 'note';
  });
}

type Act = (ports: SweepPorts, settings: Settings, lease: LeaseRow, now: Instant) => Promise<void>;

const act: Record<'start' | 'note' | 'take-over' | 'give-to-reaper' | 'settle', Act> = {
  async start(ports, settings, lease) {
    await startSegment(ports.bursts, lease, settings);
  },
  async note({ ledger }, _settings, lease) {
    await changeLease(ledger, lease, { latePasses: lease.latePasses + 1 });
  },
  'take-over': (ports, settings, lease, now) =>
    nextSegment(ports, settings, lease, now, { takeOvers: lease.takeOvers + 1 }),
  settle: (ports, settings, lease, now) =>
    nextSegment(ports, settings, lease, now, { phase: 'tearing-down', confirmLooks: 0 }),

  async 'give-to-reaper'(ports, settings, lease, now) {
    const owed = await changeLease(ports.ledger, lease, {
      phase: 'teardown-owed',
      leaseFence: lease.leaseFence + 1,
      failure: lease.failure ?? {
        Error: 'SegmentSilent',
        Cause: `${lease.takeOvers} take-overs brought no progress`,
      },
      nextLookBy: plusSeconds(now, settings.looks.graceSeconds),
    });
    if (owed.done) await letGo(ports, settings, owed.row, now);
  },
};

/** A burst without a driver: it counts for nothing, and what it claimed goes back. Repeated until it is settled. */
async function letGo({ ledger }: SweepPorts, settings: Settings, lease: LeaseRow, now: Instant) {
  await leaveProfile(ledger, lease, now);
  await returnClaims(ledger, settings, lease, 'its driver is gone', now);
}

/** The next segment under the next fence: what the old one still does is refused. */
async function nextSegment(
  { ledger, bursts }: SweepPorts,
  settings: Settings,
  lease: LeaseRow,
  now: Instant,
  change: LeaseChange,
): Promise<void> {
  const next = await changeLease(ledger, lease, {
    segment: lease.segment + 1,
    leaseFence: lease.leaseFence + 1,
    latePasses: 0,
    nextLookBy: nextLookBy(settings, now),
    ...change,
  });
  if (next.done) await startSegment(bursts, next.row, settings);
}
