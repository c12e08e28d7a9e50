import { gpuMeets, knownGpuModel } from '../../shared/model/gpu.ts';
import { GPUS } from '../../shared/model/gpu-table.ts';
import { usdOf } from '../../shared/model/money.ts';
import type { Requirement } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { candidates, cheapest, noCapacity, type Priced } from '../../shared/plan/offer.ts';
import type { Offer } from '../../shared/ports.ts';
import { hourlyRate } from '../local/ionet/bill.ts';
import type { Catalogue, Hardware } from '../local/ionet/catalogue.ts';

/** One GPU of a catalogue as a burst's planner sees it for one need. */
export interface GpuOption {
  /** Of the catalogue. */
  readonly hardwareId: number;
  readonly gpuModel: string;
  readonly vramGb: number;
  /** Without the provider's fees. */
  readonly usdPerGpuHour: number;
  /** Whether it could be rented for this need now. */
  readonly fits: boolean;
  /** The planner takes it first. */
  readonly chosen: boolean;
  /** Why it is, or is not. */
  readonly why: string;
}

/** What the planner would choose from. */
export interface GpuOptions {
  readonly options: readonly GpuOption[];
  /** The offer the planner takes; undefined: nothing can be rented. */
  readonly offerId: string | undefined;
  /** Why nothing can be rented, in the planner's words. */
  readonly noCapacity: string | undefined;
}

/** What a price is compared by: the term of a whole cluster, over the slots of it that would be used. */
const perSlot = ({ termMicroUsd, workers, offer, wantedSlots }: Priced, gpus: number): number =>
  termMicroUsd / Math.min(workers * Math.floor(offer.gpusPerWorker / gpus), wantedSlots);

/**
 * Every GPU of a catalogue beside the others, judged by the planner's own rules with everything free.
 *
 * @param wantedSlots - Of the first burst.
 */
export function gpuOptions(
  catalogue: Catalogue,
  requirement: Requirement,
  wantedSlots: number,
  settings: Settings,
): GpuOptions {
  const { gpus } = requirement.need;
  const offers = catalogue.hardware.flatMap((hardware) => offersOf(catalogue, hardware, gpus));
  const { fitting, refused } = candidates(offers, requirement, () => wantedSlots, [], settings);
  const priced = fitting.map((candidate): Priced => {
    const { offer, workers } = candidate;
    const hardware = catalogue.hardware.find(({ id }) => offer.offerId.startsWith(`${id}/`));
    const rate = hourlyRate(hardware?.microUsdPerGpuHour ?? 0, workers * offer.gpusPerWorker);
    return { ...candidate, termMicroUsd: rate.totalMicroUsd * settings.lease.termHours };
  });
  const best = cheapest(priced, gpus);
  // A provider is asked for the need, and names nothing else.
  const ofTheNeed = refused.filter(({ offer }) => gpuMeets(requirement.need, offer.gpuModel));
  const price = (one: Priced) => usd(perSlot(one, gpus));
  const options = catalogue.hardware.map((hardware): GpuOption => {
    const gpuModel = modelOf(hardware);
    const isOf = ({ offer }: { readonly offer: Offer }) =>
      offer.offerId.startsWith(`${hardware.id}/`);
    const own = cheapest(priced.filter(isOf), gpus);
    const isChosen = own !== undefined && own.offer.offerId === best?.offer.offerId;
    const whyNot = [...new Set(refused.filter(isOf).map(({ why }) => why))].join('; ');
    return {
      hardwareId: hardware.id,
      gpuModel,
      vramGb: GPUS.get(gpuModel)?.vramGb ?? Math.round((hardware.vramMb * 2 ** 20) / 1e9),
      usdPerGpuHour: usdOf(hardware.microUsdPerGpuHour),
      fits: own !== undefined,
      chosen: isChosen,
      why:
        own === undefined || best === undefined
          ? plainer(whyNot || 'nothing of it is on offer', requirement, gpuModel)
          : isChosen
            ? `cheapest: ${price(own)} a slot and term`
            : beaten(price(own), price(best), best),
    };
  });
  return {
    options,
    offerId: best?.offer.offerId,
    noCapacity: best === undefined ? noCapacity(ofTheNeed, requirement) : undefined,
  };
}

const beaten = (own: string, best: string, { offer }: Priced): string =>
  own === best
    ? `no cheaper than ${offer.gpuModel}: ${own} a slot and term`
    : `dearer: ${own} a slot and term, ${offer.gpuModel} ${best}`;

/** What exactly a GPU lacks, where the planner only says that it does not meet the need. */
function plainer(why: string, { need }: Requirement, gpuModel: string): string {
  const facts = GPUS.get(gpuModel);
  if (facts === undefined) return 'no known model: its memory cannot be shown';
  if (gpuMeets(need, gpuModel)) return why;
  if (facts.vramGb < need.vramGb) return `${facts.vramGb} GB are below the ${need.vramGb} needed`;
  if (need.nvlink && facts.nvlink !== 'board') return 'has no NVLink, which is needed';
  return `not asked for: ${need.gpuModels?.join(', ')}`;
}

const modelOf = ({ name }: Hardware): string => knownGpuModel(name) ?? name;

/** The offers of one kind of GPU, with all of it free. */
function offersOf(
  { locations }: Catalogue,
  hardware: Hardware,
  gpusPerTask: number,
): readonly Offer[] {
  const gpusPerWorker = Math.min(gpusPerTask, hardware.maxGpusPerContainer);
  return locations.map(({ id, iso2 }) => ({
    offerId: `${hardware.id}/${gpusPerWorker}x@${id}`,
    gpuModel: modelOf(hardware),
    gpusPerWorker,
    location: iso2,
    locationId: String(id),
    availableWorkers: Math.floor((hardware.gpus[id] ?? 0) / gpusPerWorker),
  }));
}

const usd = (microUsd: number): string => `$${usdOf(microUsd).toFixed(4)}`;
