import { gpuMeets } from '../model/gpu.ts';
import type { ChosenOffer, Requirement } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { Offer } from '../ports.ts';

/** An offer cut to the size a burst wants, not priced yet. */
export interface Candidate {
  readonly offer: Offer;
  readonly workers: number;
  /** Slots the work wants of this GPU, by how long it takes there. */
  readonly wantedSlots: number;
}

export type Refused = { readonly offer: Offer; readonly why: string };

/**
 * Offers that fit a requirement, cut to the slots that are wanted of each; the rest with the reason they do not.
 * A GPU that was not asked for is never substituted.
 */
export function candidates(
  offers: readonly Offer[],
  requirement: Requirement,
  slotsWanted: (offer: Offer) => number,
  refusedOffers: readonly string[],
  settings: Settings,
): { fitting: Candidate[]; refused: Refused[] } {
  const { minWorkers = 1 } = requirement;
  const fitting: Candidate[] = [];
  const refused: Refused[] = [];
  for (const offer of offers) {
    const why = misfit(offer, requirement, refusedOffers, settings);
    if (why !== undefined) {
      refused.push({ offer, why });
      continue;
    }
    const wantedSlots = slotsWanted(offer);
    const slotsPerWorker = Math.floor(offer.gpusPerWorker / requirement.need.gpus);
    const wanted = Math.max(Math.ceil(wantedSlots / slotsPerWorker), minWorkers);
    const most = Math.min(settings.clusters.maxWorkers, offer.availableWorkers);
    const workers = sizeFor(wanted, most, settings.clusters.sizes);
    if (workers >= minWorkers) fitting.push({ offer, workers, wantedSlots });
    else {
      const why = `${workers} workers can be had, ${minWorkers} are needed`;
      refused.push({ offer, why });
    }
  }
  return { fitting, refused };
}

/** The smallest size that holds what is wanted, else the largest there is; 0: none. */
function sizeFor(wanted: number, most: number, sizes: readonly number[] | undefined): number {
  if (sizes === undefined) return Math.min(wanted, most);
  const possible = sizes.filter((size) => size <= most).sort((a, b) => a - b);
  return possible.find((size) => size >= wanted) ?? possible.at(-1) ?? 0;
}

function misfit(
  offer: Offer,
  { need, locations }: Requirement,
  refusedOffers: readonly string[],
  { allowedLocations }: Pick<Settings, 'allowedLocations'>,
): string | undefined {
  if (!gpuMeets(need, offer.gpuModel)) return `${offer.gpuModel} does not meet the need`;
  if (offer.gpusPerWorker < need.gpus) return `${offer.gpusPerWorker} GPUs per worker are too few`;
  if (locations !== undefined && !locations.includes(offer.location)) {
    return `${offer.location} is not among the allowed locations`;
  }
  if (allowedLocations !== undefined && !allowedLocations.includes(offer.location)) {
    return `${offer.location} is not among the locations of this deployment`;
  }
  if (refusedOffers.includes(offer.offerId)) return 'the provider refused it to this burst';
  if (offer.availableWorkers < 1) return 'none free';
  return undefined;
}

/** Offers named where nothing could be rented. */
const MOST_NAMED = 5;

/**
 * Why nothing could be rented, for people: what stood against each offer in the allowed places, and where
 * else the same need is on offer now. A fact to act on; the burst never goes there.
 */
export function noCapacity(refused: readonly Refused[], { locations }: Requirement): string {
  const isElsewhere = ({ offer }: Refused) => locations?.includes(offer.location) === false;
  const here = refused
    .filter((one) => !isElsewhere(one))
    .map(({ offer, why }) => `${offer.offerId}: ${why}`);
  const elsewhere = refused
    .filter((one) => isElsewhere(one) && one.offer.availableWorkers > 0)
    .map(({ offer }) => `${offer.gpuModel} in ${offer.location}`);
  const why = here.slice(0, MOST_NAMED).join('; ') || 'nothing is on offer';
  if (elsewhere.length === 0) return why;
  const places = [...new Set(elsewhere)].slice(0, MOST_NAMED).join(', ');
  return `${why}; on offer outside the allowed locations: ${places}`;
}

/** A candidate with the price of its first term. */
export interface Priced extends Candidate {
  readonly termMicroUsd: number;
}

/**
 * The cheapest way to get the slots that are wanted: price of a term by the share of the wanted slots it brings, so
 * that a large machine of which little would be used is not called cheap, nor a slow one of which many are needed.
 * Ties go to the offer with fewer GPUs to spare, then to the name: the choice is a function of the offers alone.
 */
export function cheapest(priced: readonly Priced[], gpusPerTask: number): Priced | undefined {
  const slots = ({ offer, workers }: Candidate) =>
    workers * Math.floor(offer.gpusPerWorker / gpusPerTask);
  const forAll = (one: Priced) =>
    (one.termMicroUsd * one.wantedSlots) / Math.min(slots(one), one.wantedSlots);
  return priced.toSorted(
    (a, b) =>
      forAll(a) - forAll(b) || slots(a) - slots(b) || (a.offer.offerId < b.offer.offerId ? -1 : 1),
  )[0];
}

/**
 * How many workers of a priced offer the money that is left pays for; undefined: not as many as are needed at least.
 * Fewer today are better than none for ever: what waits would be too much for the cap tomorrow as well.
 */
export function workersWithin(
  availableMicroUsd: number,
  { workers, termMicroUsd }: Pick<Priced, 'workers' | 'termMicroUsd'>,
  { minWorkers = 1 }: Pick<Requirement, 'minWorkers'>,
  { sizes }: Settings['clusters'],
): number | undefined {
  const most = Math.min(workers - 1, Math.floor((workers * availableMicroUsd) / termMicroUsd));
  const fewer = most < 1 ? 0 : sizeFor(most, most, sizes);
  return fewer >= Math.max(1, minWorkers) ? fewer : undefined;
}

export const chosen = ({ offer, workers, termMicroUsd }: Priced): ChosenOffer => ({
  offerId: offer.offerId,
  gpuModel: offer.gpuModel,
  location: offer.location,
  locationId: offer.locationId,
  gpusPerWorker: offer.gpusPerWorker,
  workers,
  termMicroUsd,
});
