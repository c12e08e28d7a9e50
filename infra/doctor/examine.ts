import type { DoctorConfig, Told } from '../../shared/config.ts';
import { CapacityUnavailable } from '../../shared/errors.ts';
import { free } from '../../shared/ionet/ask.ts';
import { type ApiFlavour, BASE_URLS } from '../../shared/ionet/flavour.ts';
import { failureOf } from '../../shared/ionet/refusal.ts';
import type { Reply } from '../../shared/ionet/transport.ts';
import { Tenant } from '../../shared/model/ids.ts';
import type { Requirement } from '../../shared/model/rows.ts';
import type { Instant } from '../../shared/model/time.ts';
import type { Clock, Clusters, Offer } from '../../shared/ports.ts';
import { type Address, addressFinding, otherFlavour, spokenIn } from './address.ts';
import {
  CREDITS,
  catalogueFinding,
  clockFinding,
  type Finding,
  imageFinding,
  noImage,
  notTold,
  ok,
  priceFinding,
  providerFailure,
  skipped,
  storeFailure,
} from './findings.ts';

export interface DoctorPorts {
  readonly clock: Clock;
  readonly address: Address;
  /** One look with the key at the list of clusters, as one of the flavours has it. Never throws. */
  readonly look: (flavour: ApiFlavour) => Promise<Reply>;
  readonly isList: (flavour: ApiFlavour, text: string) => boolean;
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

/** Nothing was asked, because a variable is not usable. */
export const unasked = (finding: Finding): Finding[] => [
  finding,
  ...(['api', 'key', 'catalogue', 'price', 'clock'] as const)
    .filter((check) => check !== finding.check)
    .map((check) => skipped(check, `needs ${finding.check === 'key' ? 'a key' : 'the API'}`)),
  CREDITS,
];

/** What one look at the list says of address and key; `reply` where the provider's API answered at all. */
export async function examineAccess(ports: DoctorPorts): Promise<{
  readonly api: Finding;
  readonly reply?: Extract<Reply, { kind: 'answer' }>;
  readonly key?: Finding;
  readonly asked: Instant;
  readonly answered: Instant;
}> {
  const { clock, address } = ports;
  const asked = clock.now();
  const reply = await ports.look(address.flavour);
  const answered = clock.now();
  const isList = (flavour: ApiFlavour) => (text: string) => ports.isList(flavour, text);
  const spoken = spokenIn(reply, isList(address.flavour));
  const other = otherFlavour(address.flavour);
  const elsewhere =
    spoken === 'another' && spokenIn(await ports.look(other), isList(other)) === 'api';
  const api = addressFinding(address, reply, spoken, elsewhere);
  if (reply.kind === 'none' || api.state === 'failed') return { api, asked, answered };
  const key =
    reply.status < 300
      ? ok('key', 'io.net takes it; when it expires is not readable through the API')
      : ownAddress(address, providerFailure('key', failureOf(free('list'), reply, answered)));
  return { api, reply, key, asked, answered };
}

export async function examineProvider(ports: DoctorPorts): Promise<Finding[]> {
  const { clusters } = ports;
  const { api, reply, key, asked, answered } = await examineAccess(ports);
  if (reply === undefined || key === undefined) return unasked(api);
  const found = [api, key, clockFinding(reply.date, asked, answered), CREDITS];
  if (key.state === 'failed') {
    const rest = (['catalogue', 'price'] as const).map((check) =>
      skipped(check, 'needs a key that works'),
    );
    return [...found, ...rest];
  }
  try {
    const offers = await clusters.offers(NEED);
    return [...found, catalogueFinding(offers), await priceOf(clusters, offers)];
  } catch (error) {
    return [...found, providerFailure('catalogue', error), skipped('price', 'needs the catalogue')];
  }
}

/** Whoever refuses a key need not be io.net. */
const ownAddress = ({ flavour, baseUrl }: Address, key: Finding): Finding =>
  baseUrl === BASE_URLS[flavour]
    ? key
    : {
        ...key,
        mend: `${key.mend}; it was sent to IONET_BASE_URL (${baseUrl}): is that the one you mean?`,
      };

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
  {
    bucket,
    table,
    region,
    awsEndpoint,
  }: Pick<DoctorConfig, 'bucket' | 'table' | 'region' | 'awsEndpoint'>,
  stores: StorePorts,
): Promise<Finding[]> {
  const look = async (check: 'bucket' | 'table', name: Told<string>): Promise<Finding> => {
    const wrong = [awsEndpoint, region, name].find((told) => !told.told);
    if (wrong?.told === false) return notTold(check, wrong.wrong);
    if (!name.told || !region.told) return notTold(check, 'it is not named');
    try {
      await stores[check](name.value);
      return ok(check, `${check} ${name.value} answers in ${region.value}`);
    } catch (error) {
      return storeFailure(check, name.value, error);
    }
  };
  return [await look('bucket', bucket), await look('table', table)];
}
