import type { Hardware } from './catalogue.ts';
import {
  activeMilliseconds,
  type Container,
  chargedMicroUsd,
  type Deployment,
  gpusOf,
  hasEnded,
  type Status,
} from './deployment.ts';
import type { WorkerReply } from './relay.ts';
import { time, timeOrNull, usd } from './replies.ts';

/** Replies of the `/clusters` flavour. */

/** After the founding document's `NVIDIA_3090`: brand and number, without series and memory. */
export const modelName = ({ brand, name }: Hardware): string =>
  `${brand}_${name.replace(/GeForce |RTX | \d+GB.*$/g, '')}`.toUpperCase().replaceAll(' ', '_');

const STATES: Readonly<Record<Status, string>> = {
  'deployment requested': 'PROVISIONING',
  running: 'READY',
  completed: 'EXPIRED',
  failed: 'FAILED',
  'termination requested': 'DELETING',
  destroyed: 'DELETED',
};

export const clusterEntry = (deployment: Deployment) => ({
  id: deployment.id,
  cluster_name: deployment.request.resource_private_name,
  status: STATES[deployment.status],
  created_at: time(deployment.createdAtMs),
});

export function clusterReply(deployment: Deployment, nowMs: number) {
  const { request, containers } = deployment;
  return {
    ...clusterEntry(deployment),
    gpu_model: modelName(deployment.hardware),
    num_gpus: gpusOf(request),
    gpus_per_worker: request.gpus_per_container,
    location: deployment.place.iso2,
    duration_hours: deployment.hoursBought,
    started_at: timeOrNull(deployment.startedAtMs),
    ended_at: timeOrNull(deployment.endedAtMs),
    served_seconds: Math.floor(activeMilliseconds(deployment, nowMs) / 1000),
    amount_paid: usd(chargedMicroUsd(deployment)),
    workers: hasEnded(deployment) ? [] : containers.map(workerEntry),
  };
}

const workerEntry = ({ containerId, worker, reachable }: Container) => ({
  worker_id: containerId,
  status: worker.state() === 'listening' && !reachable ? 'starting' : worker.state(),
});

export const relayedReply = ({ containerId }: Container, reply: WorkerReply | null) => ({
  worker_id: containerId,
  worker_reply: reply,
});
