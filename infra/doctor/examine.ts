import type { DoctorConfig, Told } from '../../shared/config.ts';
import { CapacityUnavailable } from '../../shared/errors.ts';
import { Tenant } from '../../shared/model/ids.ts';
import type { Requirement } from '../../shared/model/rows.ts';
import type { Clock, Clusters, Offer } from '../../shared/ports.ts';
import {
  CREDITS,
  catalogueFinding,
  clockFinding,
  type Finding,
  failed,
  imageFinding,
  noImage,
  noKey,
  ok,
  priceFinding,
  providerFailure,
  skipped,
  storeFailure,
} from './findings.ts';

export interface DoctorPorts {
  readonly clock: Clock;
  /** One look at the list of clusters with the key: the `Date` header of the reply. Throws as the adapters do. */
  readonly lookWithKey: () => Promise<string | undefined>;
  readonly clusters: Pick<Clusters, 'offers' | 'quote'>;
}

/** Looks at stores of AWS; each throws what the SDK throws. */
export interface StorePorts {
  readonly bucket: (name: string) => Promise<void>;
  readonly table: (name: string) => Promise<void>;
}

const NEED: Requirement = {
  tenant: Tenant.parse('doctor'),
  image: '',
  need: { gpus: 1, vramGb: 24 },
  gpuUsed: true,
};

/** Sizes of worker whose price is asked before it is given up. */
const MOST_SIZES = 3;

/** @param ports - Made from the key; undefined: there is none to use. */
export async function examineProvider(
  ports: DoctorPorts | undefined,
  wrong: string,
): Promise<Finding[]> {
  const notAsked = (['catalogue', 'price', 'clock'] as const).map((check) =>
    skipped(check, 'needs a key that works'),
  );
  if (ports === undefined) return [noKey(wrong), ...notAsked, CREDITS];
  const { clock, clusters } = ports;
  const asked = clock.now();
  let date: string | undefined;
  try {
    date = await ports.lookWithKey();
  } catch (error) {
    return [providerFailure('key', error), ...notAsked, CREDITS];
  }
  const found = [
    ok('key', 'io.net takes it; when it expires is not readable through the API'),
    clockFinding(date, asked, clock.now()),
    CREDITS,
  ];
  try {
    const offers = await clusters.offers(NEED);
    return [...found, catalogueFinding(offers), await priceOf(clusters, offers)];
  } catch (error) {
    return [...found, providerFailure('catalogue', error), skipped('price', 'needs the catalogue')];
  }
}

/** Of the smallest worker that is priced at all. */
async function priceOf(
  clusters: DoctorPorts['clusters'],
  offers: readonly Offer[],
): Promise<Finding> {
  const bySize = offers
    .toSorted((a, b) => a.gpusPerWorker - b.gpusPerWorker)
    .filter(({ gpusPerWorker }, n, all) => all[n - 1]?.gpusPerWorker !== gpusPerWorker);
  let refused: unknown;
  for (const offer of bySize.slice(0, MOST_SIZES)) {
    try {
      return priceFinding(offer, (await clusters.quote(offer, 1, 1)).totalMicroUsd);
    } catch (error) {
      refused = error;
      if (!(error instanceof CapacityUnavailable)) break;
    }
  }
  if (refused === undefined) return skipped('price', 'needs an offer');
  return providerFailure('price', refused);
}

export const examineImage = (image: Told<string>): Finding =>
  image.told ? imageFinding(image.value) : noImage(image.wrong);

/** @param stores - Made for the region that was told. */
export async function examineStores(
  { bucket, table, region }: Pick<DoctorConfig, 'bucket' | 'table' | 'region'>,
  stores: StorePorts,
): Promise<Finding[]> {
  const look = async (check: 'bucket' | 'table', name: Told<string>): Promise<Finding> => {
    const mend = `set it, or leave AWS out with --provider-only`;
    if (!region.told) return failed(check, region.wrong, mend);
    if (!name.told) return failed(check, name.wrong, mend);
    try {
      await stores[check](name.value);
      return ok(check, `${check} ${name.value} answers in ${region.value}`);
    } catch (error) {
      return storeFailure(check, name.value, error);
    }
  };
  return [await look('bucket', bucket), await look('table', table)];
}
