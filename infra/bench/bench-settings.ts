import type { Catalogue } from '../local/ionet/catalogue.ts';

export const BENCH_GPU = {
  id: 204,
  name: 'GeForce RTX 4090',
  brand: 'NVIDIA',
  vramMb: 24_564,
  maxGpusPerContainer: 8,
  microUsdPerGpuHour: 300_000,
} as const;

/** One GPU model in one place, more than any policy could want of it. */
export const CATALOGUE: Catalogue = {
  locations: [{ id: 1, iso2: 'US', name: 'United States' }],
  hardware: [{ ...BENCH_GPU, gpus: { 1: 100_000 } }],
};

const IMAGE = `registry.test/worker@sha256:${'ab'.repeat(32)}`;
const NO_CAP_MICRO_USD = 1e15;

/** A deployment that no cap stops. */
export const UNCAPPED = {
  stackName: 'burst',
  tenantOfQueue: {},
  images: { 'bench.traced': IMAGE },
  workerSecret: 'no secret in a benchmark',
  caps: {
    stackMicroUsd: NO_CAP_MICRO_USD,
    dayMicroUsd: NO_CAP_MICRO_USD,
    defaultTenantMicroUsd: NO_CAP_MICRO_USD,
  },
} as const;
