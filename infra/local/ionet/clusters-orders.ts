import { hourlyRate } from './bill.ts';
import type { Hardware, Place } from './catalogue.ts';
import { modelName } from './clusters-replies.ts';
import type { ClusterRequest } from './clusters-requests.ts';
import { type Deployment, hasEnded } from './deployment.ts';
import { type Market, Refused } from './market.ts';

/** What the `/clusters` flavour offers and sells, in the words of the container API's market. */

/** What each GPU comes with. */
const VCPUS_PER_GPU = 8;
const RAM_GB_PER_GPU = 64;

/** Locations that keep these rules. */
const COMPLIANT = { GDPR: ['DE', 'FI'] };

export function hardwareNamed({ catalogue }: Market, name: string): Hardware {
  const hardware = catalogue.hardware.find((one) => modelName(one) === name);
  if (hardware === undefined) throw new Refused(404, `GPU model ${name} not found`);
  return hardware;
}

export function placeAt({ catalogue }: Market, iso2: string): Place {
  const place = catalogue.locations.find((one) => one.iso2 === iso2);
  if (place === undefined) throw new Refused(404, `Location ${iso2} not found`);
  return place;
}

export function freeOffers(market: Market, gpusPerWorker: number) {
  const { hardware, locations } = market.catalogue;
  const offers = hardware.flatMap((one) =>
    locations.map((place) => ({
      gpu_model: modelName(one),
      location: place.iso2,
      gpus_per_worker: gpusPerWorker,
      available_workers: market.freeReplicas(one, place, gpusPerWorker),
    })),
  );
  return { offers };
}

/** Rents in the first of the locations that has room. @throws Refused */
export function createCluster(market: Market, request: ClusterRequest): Deployment {
  const { num_gpus, gpus_per_worker, duration_hours } = request;
  if (market.all().some((one) => isNamed(one, request.cluster_name) && !hasEnded(one))) {
    throw new Refused(409, `A cluster named ${request.cluster_name} exists`);
  }
  if (num_gpus % gpus_per_worker !== 0) {
    throw new Refused(400, 'num_gpus must be a multiple of gpus_per_worker');
  }
  const hardware = hardwareNamed(market, request.gpu_model);
  const price = hourlyRate(hardware.microUsdPerGpuHour, num_gpus).totalMicroUsd * duration_hours;
  if (price > Math.round(request.max_spend * 1_000_000)) {
    throw new Refused(402, `The price is ${price / 1_000_000} USD, above max_spend`);
  }
  const isBigEnough =
    request.min_vcpus <= VCPUS_PER_GPU * num_gpus && request.min_ram <= RAM_GB_PER_GPU * num_gpus;
  const place = request.locations
    .map((iso2) => placeAt(market, iso2))
    .filter(({ iso2 }) => request.compliance.every((rule) => COMPLIANT[rule].includes(iso2)))
    .find((one) => market.freeGpus(hardware, one) >= num_gpus);
  if (!isBigEnough || place === undefined) {
    throw new Refused(400, 'No hardware of this size is available in these locations');
  }
  return market.deploy({
    resource_private_name: request.cluster_name,
    duration_hours,
    gpus_per_container: gpus_per_worker,
    hardware_id: hardware.id,
    location_ids: [place.id],
    container_config: {
      replica_count: num_gpus / gpus_per_worker,
      traffic_port: request.port,
      env_variables: request.env,
      secret_env_variables: request.secret_env,
    },
    registry_config: { image_url: request.image },
  });
}

const isNamed = ({ request }: Deployment, name: string): boolean =>
  request.resource_private_name === name;
