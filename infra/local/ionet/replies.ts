import type { HourlyRate } from './bill.ts';
import {
  activeMilliseconds,
  type Container,
  chargedMicroUsd,
  type Deployment,
  gpusOf,
  hasEnded,
} from './deployment.ts';
import type { Market } from './market.ts';

/** Replies under the names and types of io.net's published API file. */

export const usd = (microUsd: number): number => microUsd / 1_000_000;
export const time = (milliseconds: number): string => new Date(milliseconds).toISOString();
export const timeOrNull = (milliseconds: number | undefined): string | null =>
  milliseconds === undefined ? null : time(milliseconds);

export function hardwareReply(market: Market) {
  const hardware = market.catalogue.hardware.map((one) => ({
    max_gpus_per_container: one.maxGpusPerContainer,
    available: market.catalogue.locations.reduce((sum, at) => sum + market.freeGpus(one, at), 0),
    hardware_id: one.id,
    hardware_name: one.name,
    brand_name: one.brand,
  }));
  return { data: { hardware, total: hardware.length } };
}

export interface PriceFacts extends HourlyRate {
  readonly hours: number;
  readonly gpusPerContainer: number;
  readonly replicas: number;
  readonly availableReplicas: readonly number[];
}

export const priceReply = (price: PriceFacts) => ({
  data: {
    replica_count: price.replicas,
    gpus_per_container: price.gpusPerContainer,
    available_replica_count: price.availableReplicas,
    discount: 0,
    ionet_fee: usd(price.reservationFeeMicroUsd * price.hours),
    ionet_fee_percent: 0.25,
    currency_conversion_fee: usd(price.conversionFeeMicroUsd * price.hours),
    currency_conversion_fee_percent: 2,
    total_cost_usdc: usd(price.totalMicroUsd * price.hours),
  },
});

export const acknowledgement = ({ id, status }: Deployment) => ({ status, deployment_id: id });

/** Whole minutes: served ones are rounded down, so the two always add up to what was bought. */
function minutesOf(deployment: Deployment, nowMs: number) {
  const bought = deployment.hoursBought * 60;
  const served = Math.min(bought, Math.floor(activeMilliseconds(deployment, nowMs) / 60_000));
  const remaining = hasEnded(deployment) ? 0 : bought - served;
  return {
    completed_percent: Math.round((served / bought) * 10_000) / 100,
    compute_minutes_served: served,
    compute_minutes_remaining: remaining,
  };
}

export const listEntry = (deployment: Deployment, nowMs: number) => ({
  id: deployment.id,
  status: deployment.status,
  name: deployment.request.resource_private_name,
  created_at: time(deployment.createdAtMs),
  hardware_quantity: gpusOf(deployment.request),
  brand_name: deployment.hardware.brand,
  hardware_name: deployment.hardware.name,
  ...minutesOf(deployment, nowMs),
});

export function detailReply(deployment: Deployment, nowMs: number) {
  const { request, hardware, place } = deployment;
  const { container_config: config } = request;
  return {
    data: {
      id: deployment.id,
      status: deployment.status,
      created_at: time(deployment.createdAtMs),
      started_at: timeOrNull(deployment.startedAtMs),
      finished_at: timeOrNull(deployment.endedAtMs),
      amount_paid: usd(chargedMicroUsd(deployment)),
      total_gpus: gpusOf(request),
      gpus_per_container: request.gpus_per_container,
      total_containers: config.replica_count,
      hardware_name: hardware.name,
      hardware_id: hardware.id,
      locations: [place],
      brand_name: hardware.brand,
      ...minutesOf(deployment, nowMs),
      container_config: {
        entrypoint: config.entrypoint ?? null,
        env_variables: config.env_variables,
        traffic_port: config.traffic_port,
        image_url: request.registry_config.image_url,
        secret_env_keys: Object.keys(config.secret_env_variables),
      },
    },
  };
}

/** A container shows its URL once it listens and its time has come, and keeps it when it dies. */
export function containerEntry(container: Container, { hardware, request }: Deployment) {
  const port = container.worker.port();
  return {
    device_id: container.deviceId,
    container_id: container.containerId,
    hardware: hardware.name,
    brand_name: hardware.brand,
    created_at: time(container.createdAtMs),
    uptime_percent: container.worker.state() === 'exited' ? 0 : 100,
    gpus_per_container: request.gpus_per_container,
    status: STATUS_OF_CONTAINER[container.worker.state()],
    container_events: [{ time: time(container.createdAtMs), message: 'Container created' }],
    public_url: container.reachable && port !== undefined ? `http://127.0.0.1:${port}` : null,
  };
}

const STATUS_OF_CONTAINER = {
  starting: 'pending',
  listening: 'running',
  exited: 'failed',
} as const;
