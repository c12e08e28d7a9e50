import { gpuMeets } from '../model/gpu.ts';
import type { ChosenOffer, Requirement } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { Offer } from '../ports.ts';

/** An offer cut to the size a burst wants, not priced yet. */
export interface Candidate {
  readonly offer: Offer;
  readonly workers: number;
}

export type Refused = { readonly offerId: string; readonly why: string };

/**
 * Offers that fit a requirement, cut to `wantedSlots`; the rest with the reason they do not. A GPU that
 * was not asked for is never substituted.
 */
export function candidates(
  offers: readonly Offer[],
  requirement: Requirement,
  wantedSlots: number,
  refusedOffers: readonly string[],
  settings: Settings,
): { fitting: Candidate[]; refused: Refused[] } {
  const fitting: Candidate[] = [];
  const refused: Refused[] = [];
  for (const offer of offers) {
    const why = misfit(offer, requirement, refusedOffers, settings);
    if (why !== undefined) {
      refused.push({ offerId: offer.offerId, why });
      continue;
    }
    const slotsPerWorker = Math.floor(offer.gpusPerWorker / requirement.need.gpus);
    const wanted = Math.ceil(wantedSlots / slotsPerWorker);
    const workers = Math.min(wanted, settings.clusters.maxWorkers, offer.availableWorkers);
    fitting.push({ offer, workers });
  }
  return { fitting, refused };
}

function misfit(
  offer: Offer,
  { need, locations }: Requirement,
  refusedOffers: readonly string[],
  { clusters }: Settings,
): string | undefined {
  if (!gpuMeets(need, offer.gpuModel)) return `${offer.gpuModel} does not meet the need`;
  if (offer.gpusPerWorker < need.gpus) return `${offer.gpusPerWorker} GPUs per worker are too few`;
  if (locations !== undefined && !locations.includes(offer.location)) {
    return `${offer.location} is not among the allowed locations`;
  }
  if (clusters.locations !== undefined && !clusters.locations.includes(offer.location)) {
    return `${offer.location} is not a location this deployment rents in`;
  }
  if (refusedOffers.includes(offer.offerId)) return 'the provider refused it to this burst';
  if (offer.availableWorkers < 1) return 'none free';
  return undefined;
}

/** A candidate with the price of its first term. */
export interface Priced extends Candidate {
  readonly termMicroUsd: number;
}

/**
 * The cheapest way to get the slots that are wanted: price of a term by useful slot, so that a large
 * machine of which little would be used is not called cheap. Ties go to the offer with fewer GPUs to
 * spare, then to the name: the choice is a function of the offers alone.
 */
export function cheapest(
  priced: readonly Priced[],
  gpusPerTask: number,
  wantedSlots: number,
): Priced | undefined {
  const slots = ({ offer, workers }: Candidate) =>
    workers * Math.floor(offer.gpusPerWorker / gpusPerTask);
  const perSlot = (one: Priced) => one.termMicroUsd / Math.min(slots(one), wantedSlots);
  return priced.toSorted(
    (a, b) =>
      perSlot(a) - perSlot(b) ||
      slots(a) - slots(b) ||
      (a.offer.offerId < b.offer.offerId ? -1 : 1),
  )[0];
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
