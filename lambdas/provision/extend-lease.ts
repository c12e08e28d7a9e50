import { changeHolding } from '../../shared/bursts/change-holding.ts';
import type { Driver, Step } from '../../shared/bursts/drive.ts';
import { isRefusal, Throttled } from '../../shared/errors.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import { holdMoney, settleHold } from '../../shared/ledger/money.ts';
import { yieldingInWords } from '../../shared/model/fair-share.ts';
import type { ClusterId } from '../../shared/model/ids.ts';
import { termMicroUsdOf } from '../../shared/model/limits.ts';
import type { Intent, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { dayOf, type Instant, plusSeconds } from '../../shared/model/time.ts';
import type { Invocation, Ports } from '../../shared/ports.ts';
import { beforeCalling, enoughTime, settled, withIntent } from '../../shared/provision/intents.ts';
import { mayExtend } from '../../shared/run/after-assigning.ts';

type ExtendPorts = Pick<Ports, 'ledger' | 'clusters'>;

const termSeconds = ({ lease }: Settings): number => lease.hourSeconds * lease.termHours;

/** Pause after a refused extension, seconds. The burst goes on with the time it has. */
const REFUSED_PAUSE_SECONDS = 300;

/**
 * Extend lease: one more prepaid term for work that needs it. Money first, then the intent, then one call.
 *
 * An earlier call without outcome is settled by comparing the paid time with the terms on record, after
 * its quarantine; inside it no second call is made. Always leads back to Run, which claims nothing that
 * the paid time does not cover.
 */
export const extendLease =
  (ports: ExtendPorts, settings: Settings, invocation: Invocation): Driver =>
  async (lease, _burst, now) => {
    const { clusterId } = lease;
    if (lease.phase !== 'ready' || clusterId === undefined) return { next: 'run' };
    const before = beforeCalling(lease, 'extend', settings, now);
    if (before.kind === 'wait') return { next: 'run', reason: 'an extension is in doubt' };
    if (before.kind === 'look') {
      return compare(ports, settings, lease, clusterId, before.intent, now);
    }
    // Run has asked for this on what it read; a call that comes late must not buy the term after it as well.
    if (!mayExtend(lease, settings, now)) return { next: 'run', reason: 'no term is due' };
    return buyTerm(ports, settings, invocation, lease, clusterId, now);
  };

/** What the provider says was paid for shows whether the doubtful call was carried out. */
async function compare(
  { ledger, clusters }: ExtendPorts,
  settings: Settings,
  lease: LeaseRow,
  clusterId: ClusterId,
  intent: Intent,
  now: Instant,
): Promise<Step> {
  const view = await clusters.get(clusterId);
  if (view === undefined) {
    const extendNotBefore = plusSeconds(now, REFUSED_PAUSE_SECONDS);
    const put = await changeLease(ledger, lease, { extendNotBefore, extendRefusal: undefined });
    return put.done
      ? { next: 'run', reason: 'the provider does not know the cluster' }
      : SUPERSEDED;
  }
  const bought = view.paidSeconds >= intent.term * termSeconds(settings);
  if (bought) return granted(ledger, settings, lease, intent);
  const hold = lease.holds.find(({ term }) => term === intent.term);
  if (hold !== undefined) await settleHold(ledger, settings, { ...lease, ...hold }, 0);
  const cleared = await changeLease(ledger, lease, {
    intents: settled(lease, intent, 'absent'),
    holds: lease.holds.filter(({ term }) => term !== intent.term),
  });
  return cleared.done ? { next: 'run', reason: 'not extended', lease: cleared.row } : SUPERSEDED;
}

async function buyTerm(
  { ledger, clusters }: ExtendPorts,
  settings: Settings,
  invocation: Invocation,
  lease: LeaseRow,
  clusterId: ClusterId,
  now: Instant,
): Promise<Step> {
  const term = lease.terms + 1;
  // Never the hold of an earlier attempt: one that runs on may still give it back.
  for (const earlier of lease.holds.filter((one) => one.term === term)) {
    await settleHold(ledger, settings, { ...lease, ...earlier }, 0);
  }
  const hold = { term, day: dayOf(now), microUsd: termMicroUsdOf(lease), attempt: lease.look };
  const holds = [...lease.holds.filter((one) => one.term !== term), hold];
  const { intents, intent } = withIntent(lease, { kind: 'extend', term, at: now });

  const noted = await changeLease(ledger, lease, { holds });
  if (!noted.done) return SUPERSEDED;
  const money = await holdMoney(ledger, settings, { ...lease, ...hold }, now);
  if (!money.held) {
    const reason = money.yields ? yieldingInWords(money.yields) : `budget: ${money.scope} cap`;
    return refuse(ledger, noted.row, hold.term, now, reason);
  }
  if (!enoughTime(invocation.remainingSeconds(), settings)) {
    return { next: 'run', reason: 'too little time left in this invocation' };
  }
  const announced = await changeHolding(ledger, settings, lease, hold, { intents });
  if (!announced.done) return SUPERSEDED;
  try {
    await clusters.extend(clusterId, settings.lease.termHours);
  } catch (error) {
    if (error instanceof Throttled) {
      const intents = settled(announced.row, intent, 'not-sent');
      await changeLease(ledger, announced.row, { intents });
    }
    if (!isRefusal(error)) throw error;
    await settleHold(ledger, settings, { ...lease, ...hold }, 0);
    const answered = { ...announced.row, intents: settled(announced.row, intent, 'refused') };
    return refuse(ledger, answered, term, now, `${error.name}: ${error.message}`);
  }
  return granted(ledger, settings, announced.row, intent);
}

async function granted(
  ledger: Ports['ledger'],
  settings: Settings,
  lease: LeaseRow,
  intent: Intent,
): Promise<Step> {
  const { paidUntil } = lease;
  const extended = await changeLease(ledger, lease, {
    intents: settled(lease, intent, 'granted'),
    terms: intent.term,
    quotedMicroUsd: lease.quotedMicroUsd + termMicroUsdOf(lease),
    ...(paidUntil === undefined
      ? {}
      : {
          paidUntil: plusSeconds(paidUntil, termSeconds(settings)),
        }),
  });
  return extended.done
    ? { next: 'run', reason: `term ${intent.term}`, lease: extended.row }
    : SUPERSEDED;
}

/** Running work goes on in the time that is paid; nothing that needs more is claimed. */
async function refuse(
  ledger: Ports['ledger'],
  lease: LeaseRow,
  term: number,
  now: Instant,
  reason: string,
): Promise<Step> {
  const changed = await changeLease(ledger, lease, {
    intents: lease.intents,
    holds: lease.holds.filter((hold) => hold.term !== term),
    extendNotBefore: plusSeconds(now, REFUSED_PAUSE_SECONDS),
    extendRefusal: reason.slice(0, 500),
  });
  return changed.done ? { next: 'run', reason, lease: changed.row } : SUPERSEDED;
}

const SUPERSEDED: Step = { next: 'superseded' };
