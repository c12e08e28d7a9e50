import { changeHolding } from '../../shared/bursts/change-holding.ts';
import type { Driver, Step } from '../../shared/bursts/drive.ts';
import { keepLimits } from '../../shared/bursts/keep-limits.ts';
import { CapacityUnavailable } from '../../shared/errors.ts';
import { liveBatches } from '../../shared/ledger/batches.ts';
import { pacesOf, provisioningOf, readKnowledge } from '../../shared/ledger/knowledge.ts';
import { changeLease, readLease } from '../../shared/ledger/leases.ts';
import { holdMoney, settleHold } from '../../shared/ledger/money.ts';
import { readProfile, updateProfile } from '../../shared/ledger/profiles.ts';
import { readStop, stopInWords } from '../../shared/ledger/stops.ts';
import { yieldingInWords } from '../../shared/model/fair-share.ts';
import { slotPrice, tooDear, waitsForPrice } from '../../shared/model/limits.ts';
import { usdOf } from '../../shared/model/money.ts';
import type { BatchRow, ChosenOffer, LeaseRow, PaceRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { dayOf, type Instant } from '../../shared/model/time.ts';
import {
  estimatedOf,
  type Pace,
  type Place,
  paceOfWork,
  slotsAt,
} from '../../shared/plan/learned.ts';
import {
  type Candidate,
  candidates,
  cheapest,
  chosen,
  noCapacity,
  type Priced,
  workersWithin,
} from '../../shared/plan/offer.ts';
import { usualWait } from '../../shared/plan/usual-wait.ts';
import type { Ports } from '../../shared/ports.ts';

type PlanPorts = Pick<Ports, 'ledger' | 'clusters'>;

/** Offers priced per plan: each price is a call to the provider. */
const MAX_QUOTES = 12;

/**
 * Plan burst: the cheapest fitting offer, and the money for its first term. The lease names the hold
 * before any is taken, so that settlement finds it whatever happens in between.
 */
export const planBurst =
  (ports: PlanPorts, settings: Settings): Driver =>
  async (lease, _burst, now) => {
    if (lease.clusterId !== undefined) return { next: 'provision', reason: 'already provisioned' };
    // Its money is held and may be in use: only a refusal leads back to choosing.
    if (lease.phase === 'creating' && lease.offer !== undefined) {
      await tellProfile(ports.ledger, lease, lease.offer);
      return { next: 'provision', reason: 'an offer is chosen already' };
    }
    if (lease.phase !== 'planned') return { next: 'close', reason: `phase ${lease.phase}` };
    const stop = await readStop(ports.ledger, lease.tenant);
    if (stop !== undefined) return { next: 'close', reason: stopInWords(stop) };
    if (await hasFirstCome(ports, lease)) {
      return { next: 'close', reason: 'the order it was to stand in for has come' };
    }
    const open = await openWork(ports, lease, now);
    if (open.length === 0) return { next: 'close', reason: 'nothing is open' };

    // Everywhere: the answer is the same number of calls, and tells what else there would have been.
    const offers = await ports.clusters.offers({ ...lease.requirement, locations: undefined });
    const paces = await knownPaces(ports.ledger, open, now);
    const { fitting, refused } = candidates(
      offers,
      lease.requirement,
      (offer) => slotsAt(paces(offer).ratio, lease.wantedSlots, open.length),
      lease.refusedOffers,
      settings,
    );
    const priced: Priced[] = [];
    for (const candidate of fitting.slice(0, MAX_QUOTES)) {
      const price = await priceOf(ports, candidate, settings);
      if ('why' in price) refused.push({ offer: candidate.offer, why: price.why });
      else priced.push({ ...candidate, ...price });
    }
    const best = cheapest(priced, lease.requirement.need.gpus);
    if (best === undefined) {
      const reason = `no-capacity: ${noCapacity(refused, lease.requirement)}`;
      return nothingBought(ports, lease, 'CapacityUnavailable', reason);
    }
    const termSeconds = settings.lease.hourSeconds * settings.lease.termHours;
    const price = slotPrice(lease, chosen(best), termSeconds);
    // What is too dear for a second order may cost little enough on the first, and is not put off.
    const affordable =
      lease.hedges === undefined
        ? await keepLimits(ports.ledger, settings, open, price, now)
        : open.filter((batch) => tooDear(batch, price) === undefined);
    if (affordable.length === 0) return { next: 'close', reason: 'no open task may cost as much' };
    return holdAndChoose(ports, settings, lease, best, paces(best.offer), now);
  };

/** Of a second order: whether the first one has its cluster by now. */
const hasFirstCome = async ({ ledger }: PlanPorts, { hedges }: LeaseRow): Promise<boolean> =>
  hedges !== undefined && (await readLease(ledger, hedges))?.phase === 'ready';

/** The first order may still come: that no second one could be placed is no failure, and pauses nothing. */
async function nothingBought(
  { ledger }: PlanPorts,
  lease: LeaseRow,
  error: string,
  reason: string,
): Promise<Step> {
  const close = { next: 'close', reason };
  if (lease.hedges === undefined) return { ...close, failure: { Error: error, Cause: reason } };
  const noted = await changeLease(ledger, lease, { closeReason: reason });
  return noted.done ? close : { next: 'superseded' };
}

async function openWork({ ledger }: PlanPorts, lease: LeaseRow, now: Instant): Promise<BatchRow[]> {
  const profile = await readProfile(ledger, lease.tenant, lease.profile);
  if (profile === undefined) return [];
  const batches = await liveBatches(ledger, { ...lease, oldestOpen: profile.oldestOpen });
  return batches.filter((batch) => batch.status === 'open' && !waitsForPrice(batch, now));
}

/** An offer that cannot be priced as it stands hides none of the others. */
async function priceOf(
  { clusters }: PlanPorts,
  { offer, workers }: Candidate,
  { lease }: Settings,
): Promise<{ readonly termMicroUsd: number } | { readonly why: string }> {
  try {
    return { termMicroUsd: (await clusters.quote(offer, workers, lease.termHours)).totalMicroUsd };
  } catch (error) {
    if (error instanceof CapacityUnavailable) return { why: error.message };
    throw error;
  }
}

/** How long what is open will take at a place, by what earlier bursts of its kinds have shown. */
async function knownPaces(
  ledger: Ports['ledger'],
  open: readonly BatchRow[],
  now: Instant,
): Promise<(place: Place) => Pace> {
  const work = estimatedOf(open);
  const known = new Map<string, readonly PaceRow[]>();
  for (const kind of work.byKind.keys()) known.set(kind, await pacesOf(ledger, kind));
  return (place) => paceOfWork(work, known, place, now);
}

const inWords = ({ ratio, by }: Pace): string =>
  by === 'the estimate'
    ? 'tasks are taken to last as estimated'
    : `tasks are taken to last ${ratio} times what was estimated, by ${by}`;

/** The profile counts the slots the offer really has, so that the opening decision sees what is missing. */
async function tellProfile(
  ledger: Ports['ledger'],
  lease: LeaseRow,
  offer: ChosenOffer,
): Promise<void> {
  const { pace: ratio = 1 } = offer;
  const slots = offer.workers * Math.floor(offer.gpusPerWorker / lease.requirement.need.gpus);
  const profile = await readProfile(ledger, lease.tenant, lease.profile);
  if (profile === undefined) return;
  const { burstId } = lease;
  await updateProfile(ledger, profile, ({ bursts }) =>
    bursts.some(
      (live) => live.burstId === burstId && !(live.slots === slots && (live.pace ?? 1) === ratio),
    )
      ? {
          bursts: bursts.map(({ pace, ...live }) =>
            live.burstId === burstId
              ? { ...live, slots, ...(ratio === 1 ? {} : { pace: ratio }) }
              : { ...live, ...(pace === undefined ? {} : { pace }) },
          ),
        }
      : undefined,
  );
}

/** The same offer with as many workers as the money that is left pays for; undefined: with none. */
async function withinCap(
  ports: PlanPorts,
  settings: Settings,
  { requirement }: LeaseRow,
  best: Priced,
  availableMicroUsd: number,
): Promise<Priced | undefined> {
  const workers = workersWithin(availableMicroUsd, best, requirement, settings.clusters);
  if (workers === undefined) return undefined;
  const price = await priceOf(ports, { ...best, workers }, settings);
  return 'why' in price ? undefined : { ...best, workers, ...price };
}

/** Takes the refused hold off the lease, where it would be taken for money that is held. */
async function refusedByCap(
  ports: PlanPorts,
  lease: LeaseRow,
  kept: LeaseRow['holds'],
  reason: string,
): Promise<Step> {
  const unnamed = await changeLease(ports.ledger, lease, { holds: kept });
  if (!unnamed.done) return { next: 'superseded' };
  return nothingBought(ports, lease, 'BudgetExceeded', reason);
}

async function holdAndChoose(
  ports: PlanPorts,
  settings: Settings,
  lease: LeaseRow,
  best: Priced,
  pace: Pace,
  now: Instant,
): Promise<Step> {
  const { ledger } = ports;
  const kept = lease.holds.filter((hold) => hold.kept);
  for (const earlier of lease.holds.filter((hold) => !hold.kept)) {
    await settleHold(ledger, settings, { ...lease, ...earlier }, 0);
  }
  const hold = {
    ...{ term: 1, day: dayOf(now), microUsd: best.termMicroUsd },
    attempt: lease.look,
  };
  const noted = await changeLease(ledger, lease, { holds: [...kept, hold] });
  if (!noted.done) return { next: 'superseded' };

  const outcome = await holdMoney(ledger, settings, { ...lease, ...hold }, now);
  if (!outcome.held) {
    const fewer =
      outcome.yields === undefined
        ? await withinCap(ports, settings, lease, best, outcome.availableMicroUsd)
        : undefined;
    if (fewer !== undefined) return holdAndChoose(ports, settings, noted.row, fewer, pace, now);
    const reason = outcome.yields
      ? yieldingInWords(outcome.yields)
      : `budget: ${usdOf(best.termMicroUsd)} USD are needed, ${usdOf(outcome.availableMicroUsd)} are left of the ${outcome.scope} cap`;
    return refusedByCap(ports, lease, kept, reason);
  }
  const offer = { ...chosen(best), ...(pace.ratio === 1 ? {} : { pace: pace.ratio }) };
  const waits = (await readKnowledge(ledger, provisioningOf(offer)))?.samples ?? [];
  const { p90Seconds } = usualWait(waits, now);
  const created = await changeHolding(ledger, settings, lease, hold, {
    phase: 'creating',
    offer,
    usualSeconds: p90Seconds,
    quotedMicroUsd: offer.termMicroUsd,
  });
  if (!created.done) return { next: 'superseded' };
  await tellProfile(ledger, lease, offer);
  return {
    next: 'provision',
    reason: `${offer.workers} x ${offer.gpusPerWorker} ${offer.gpuModel} in ${offer.location} for ${usdOf(offer.termMicroUsd)} USD; ${inWords(pace)}; nine in ten like it come within ${Math.round(p90Seconds)} s (${waits.length} seen)`,
    lease: created.row,
  };
}
