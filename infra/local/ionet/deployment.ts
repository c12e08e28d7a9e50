import { finalBill, type HourlyRate } from './bill.ts';
import type { Hardware, Place } from './catalogue.ts';
import type { DeployRequest } from './requests.ts';
import type { WorkerProcess } from './worker-process.ts';

/** One rented cluster as the provider's books have it. */

export type Status =
  | 'deployment requested'
  | 'running'
  | 'completed'
  | 'failed'
  | 'termination requested'
  | 'destroyed';

export interface Container {
  readonly containerId: string;
  readonly deviceId: string;
  readonly createdAtMs: number;
  readonly worker: WorkerProcess;
  /** Whether its URL may be shown, if it listens. */
  reachable: boolean;
}

export interface Deployment {
  readonly id: string;
  request: DeployRequest;
  readonly hardware: Hardware;
  readonly place: Place;
  readonly rate: HourlyRate;
  readonly createdAtMs: number;
  status: Status;
  startedAtMs?: number;
  endedAtMs?: number;
  hoursBought: number;
  containers: Container[];
  /** Cancels what is scheduled for it. */
  pending: (() => void)[];
}

const ENDED: ReadonlySet<Status> = new Set(['completed', 'failed', 'destroyed']);
export const hasEnded = ({ status }: Deployment): boolean => ENDED.has(status);

/** How long it has run, in milliseconds of the simulator's clock. */
export const activeMilliseconds = (
  { startedAtMs, endedAtMs }: Deployment,
  nowMs: number,
): number => (startedAtMs === undefined ? 0 : Math.max(0, (endedAtMs ?? nowMs) - startedAtMs));

/** What the account has been charged: all that was bought, and after the end the final bill. */
export function chargedMicroUsd(deployment: Deployment): number {
  const { rate, hoursBought, status, startedAtMs, endedAtMs } = deployment;
  if (status === 'failed' && startedAtMs === undefined) return 0;
  if (endedAtMs === undefined) return rate.totalMicroUsd * hoursBought;
  return finalBill(rate.totalMicroUsd, hoursBought, activeMilliseconds(deployment, endedAtMs));
}

export const gpusOf = (request: DeployRequest): number =>
  request.gpus_per_container * request.container_config.replica_count;
