import type * as z from 'zod';
import { ProviderRefused } from '../errors.ts';
import { type GpuNeed, gpuMeets, knownGpuModel } from '../model/gpu.ts';
import { Location } from '../model/task.ts';
import type { Offer } from '../ports.ts';
import { type HardwareList, idText, type ReplicaList, type WireId, wireId } from './schemas.ts';

type Hardware = z.output<typeof HardwareList>['hardware'][number];
type Replicas = z.output<typeof ReplicaList>[number];

/** The size some pages of the documentation call the only one. */
const WHOLE_MACHINE_GPUS = 8;

/** A question to ask about availability: this hardware, this many GPUs in one worker. */
export interface Shape {
  readonly hardwareId: WireId;
  readonly gpuModel: string;
  readonly gpusPerWorker: number;
}

/**
 * Shapes of worker that could run a task of this need, in the catalogue's order.
 *
 * A worker gets the GPUs of one task. Where the hardware goes to eight, a worker of all eight is offered
 * too, even if some of them are left over: the documentation says both "1 to 8" and "must be 8", and only a refused
 * create can tell.
 */
export function shapesFor(need: GpuNeed, catalogue: readonly Hardware[]): Shape[] {
  return catalogue.flatMap((hardware) => {
    const gpuModel = knownGpuModel(hardware.hardware_name);
    if (gpuModel === undefined || !gpuMeets(need, gpuModel)) return [];
    return [...new Set([need.gpus, WHOLE_MACHINE_GPUS])]
      .filter((gpusPerWorker) => gpusPerWorker <= hardware.max_gpus_per_container)
      .map((gpusPerWorker) => ({ hardwareId: hardware.hardware_id, gpuModel, gpusPerWorker }));
  });
}

/** Offers of one shape in the locations allowed (absent: all) that have a free worker. */
export function offersOf(
  shape: Shape,
  replicas: readonly Replicas[],
  locations: readonly string[] | undefined,
): Offer[] {
  return replicas.flatMap(({ id, iso2, available_replicas }) => {
    const location = Location.safeParse(iso2.trim().toUpperCase());
    if (!location.success || available_replicas === 0) return [];
    if (locations !== undefined && !locations.includes(location.data)) return [];
    const place = { locationId: idText(id), gpusPerWorker: shape.gpusPerWorker };
    return [
      {
        offerId: `${idText(shape.hardwareId)}${suffixOf(place)}`,
        gpuModel: shape.gpuModel,
        location: location.data,
        availableWorkers: available_replicas,
        ...place,
      },
    ];
  });
}

/**
 * The hardware an offer stands for: `offerId` is `<hardware>/<gpus>x@<location>`.
 *
 * @throws ProviderRefused when the id does not belong to the rest of the offer.
 */
export function hardwareOf(offer: Pick<Offer, 'offerId' | 'locationId' | 'gpusPerWorker'>): WireId {
  const suffix = suffixOf(offer);
  if (!offer.offerId.endsWith(suffix) || offer.offerId.length === suffix.length) {
    throw new ProviderRefused(`offer ${offer.offerId} is not one of this provider`);
  }
  return wireId(offer.offerId.slice(0, -suffix.length));
}

const suffixOf = ({ gpusPerWorker, locationId }: Pick<Offer, 'locationId' | 'gpusPerWorker'>) =>
  `/${gpusPerWorker}x@${locationId}`;
