import { inParallel } from '../../shared/concurrency.ts';
import type { DoctorConfig } from '../../shared/config.ts';
import { CapacityUnavailable } from '../../shared/errors.ts';
import { canonicalJson } from '../../shared/model/digest.ts';
import type { GpuNeed } from '../../shared/model/gpu.ts';
import { GPUS } from '../../shared/model/gpu-table.ts';
import { Tenant } from '../../shared/model/ids.ts';
import type { Instant } from '../../shared/model/time.ts';
import type { Clock, Clusters, Offer } from '../../shared/ports.ts';
import { examineAccess } from '../doctor/examine.ts';
import { type Finding, providerFailure } from '../doctor/findings.ts';
import { providerPorts } from '../doctor/ports.ts';
import { beforeFees } from '../local/ionet/bill.ts';
import type { Catalogue } from '../local/ionet/catalogue.ts';

/** The calls an estimate makes of the provider. None of them buys, changes or ends anything. */
export type PriceList = Pick<Clusters, 'offers' | 'quote'>;

/** What the provider had and asked for it when it was looked at. */
export interface LivePrices {
  readonly catalogue: Catalogue;
  readonly baseUrl: string;
  readonly at: Instant;
  /** Places of a GPU that were priced. */
  readonly priced: number;
}

/** Prices that are asked for at a time. */
const WIDTH = 4;

/**
 * Asks the provider once what it has free for these needs and what that costs.
 *
 * @returns the prices, or in one line why there are none and what to do. The key is in neither.
 */
export async function livePrices(
  config: DoctorConfig,
  needs: readonly GpuNeed[],
  clock: Clock,
): Promise<LivePrices | { readonly wrong: string }> {
  const provider = providerPorts(config, clock);
  if ('wrong' in provider) return { wrong: inWords(provider.wrong) };
  const { clusters, address } = provider.ports;
  const { api, key } = await examineAccess(provider.ports);
  const failed = [api, key].find((finding) => finding?.state === 'failed');
  if (failed !== undefined) return { wrong: inWords(failed) };
  try {
    const { catalogue, priced, refused } = await catalogueFrom(clusters, needs);
    if (priced > 0) return { catalogue, priced, baseUrl: address.baseUrl, at: clock.now() };
    const why = refused === undefined ? '' : ` at a price (${refused})`;
    return {
      wrong: `catalogue: nothing these tasks could run on is free${why}: ask again later, or leave out --live for simulated prices`,
    };
  } catch (error) {
    return { wrong: inWords(providerFailure('catalogue', error)) };
  }
}

const inWords = ({ check, says, mend }: Finding): string =>
  `${check}: ${says}${mend === undefined ? '' : `: ${mend}`}`;

/** A GPU in one place. */
interface Place {
  readonly gpuModel: string;
  readonly locationId: string;
  readonly location: string;
  readonly microUsdPerGpuHour: number;
  readonly gpus: number;
  readonly gpusPerWorker: number;
}

/**
 * What is free now as a catalogue. Workers of exactly the size of a task are asked for, because the modelled
 * provider has no others; where a GPU is listed twice in one place, the cheaper counts.
 */
export async function catalogueFrom(
  prices: PriceList,
  needs: readonly GpuNeed[],
): Promise<{
  readonly catalogue: Catalogue;
  readonly priced: number;
  /** The last refusal of a price. */
  readonly refused: string | undefined;
}> {
  const places = new Map<string, Place>();
  let refused: string | undefined;
  for (const need of new Map(needs.map((one) => [canonicalJson(one), one])).values()) {
    const offers = await prices.offers({ tenant: TENANT, image: '', gpuUsed: true, need });
    const sized = offers.filter(({ gpusPerWorker }) => gpusPerWorker === need.gpus);
    for (const found of await inParallel(sized, WIDTH, (offer) => placeOf(prices, offer))) {
      if ('why' in found) refused = found.why;
      else {
        const name = `${found.gpuModel}@${found.locationId}`;
        places.set(name, merged(places.get(name), found));
      }
    }
  }
  return { catalogue: asCatalogue([...places.values()]), priced: places.size, refused };
}

const TENANT = Tenant.parse('estimate');

/** An offer that cannot be priced hides none of the others, as for the planner. */
async function placeOf(prices: PriceList, offer: Offer): Promise<Place | { readonly why: string }> {
  const { gpuModel, locationId, location, gpusPerWorker, availableWorkers } = offer;
  try {
    const { totalMicroUsd } = await prices.quote(offer, 1, 1);
    return {
      ...{ gpuModel, locationId, location, gpusPerWorker },
      microUsdPerGpuHour: Math.round(beforeFees(totalMicroUsd) / gpusPerWorker),
      gpus: availableWorkers * gpusPerWorker,
    };
  } catch (error) {
    if (error instanceof CapacityUnavailable) return { why: error.message };
    throw error;
  }
}

function merged(known: Place | undefined, found: Place): Place {
  if (known === undefined) return found;
  const cheaper = found.microUsdPerGpuHour < known.microUsdPerGpuHour ? found : known;
  return {
    ...cheaper,
    gpus: Math.max(known.gpus, found.gpus),
    gpusPerWorker: Math.max(known.gpusPerWorker, found.gpusPerWorker),
  };
}

/** One hardware for each model and price, since a hardware of a catalogue has one price everywhere. */
function asCatalogue(places: readonly Place[]): Catalogue {
  const locationIds = [...new Set(places.map(({ locationId }) => locationId))];
  const idOf = (locationId: string) => locationIds.indexOf(locationId) + 1;
  const priceOf = (place: Place) => `${place.gpuModel} at ${place.microUsdPerGpuHour}`;
  return {
    locations: locationIds.map((locationId) => {
      const iso2 = places.find((place) => place.locationId === locationId)?.location ?? '';
      return { id: idOf(locationId), iso2, name: iso2 };
    }),
    hardware: [...new Set(places.map(priceOf))].flatMap((price, index) => {
      const own = places.filter((place) => priceOf(place) === price);
      const [{ gpuModel, microUsdPerGpuHour } = { gpuModel: '', microUsdPerGpuHour: 0 }] = own;
      return {
        ...{ id: index + 1, name: gpuModel, brand: 'NVIDIA', microUsdPerGpuHour },
        vramMb: Math.ceil(((GPUS.get(gpuModel)?.vramGb ?? 0) * 1e9) / 2 ** 20),
        maxGpusPerContainer: Math.max(...own.map(({ gpusPerWorker }) => gpusPerWorker)),
        gpus: Object.fromEntries(own.map(({ locationId, gpus }) => [idOf(locationId), gpus])),
      };
    }),
  };
}
