import * as z from 'zod';

/** What the simulated provider has to rent. Ids are the provider's own, so numbers that mean nothing. */
export const Catalogue = z.strictObject({
  locations: z.array(
    z.strictObject({ id: z.int(), iso2: z.string().regex(/^[A-Z]{2}$/), name: z.string() }),
  ),
  hardware: z.array(
    z.strictObject({
      id: z.int(),
      /** Free text, as io.net writes it. */
      name: z.string(),
      brand: z.string(),
      /** What a worker on it reports about each of its GPUs. */
      vramMb: z.int().positive(),
      maxGpusPerContainer: z.int().min(1).max(8),
      microUsdPerGpuHour: z.int().positive(),
      /** GPUs by location id. */
      gpus: z.record(z.string(), z.int().nonnegative()),
    }),
  ),
});
export type Catalogue = z.infer<typeof Catalogue>;
export type Hardware = Catalogue['hardware'][number];
export type Place = Catalogue['locations'][number];

/** Prices per GPU-hour are those published between June and October 2026. */
export const DEFAULT_CATALOGUE: Catalogue = {
  locations: [
    { id: 1, iso2: 'US', name: 'United States' },
    { id: 2, iso2: 'DE', name: 'Germany' },
    { id: 3, iso2: 'FI', name: 'Finland' },
  ],
  hardware: [
    {
      id: 203,
      name: 'GeForce RTX 3090',
      brand: 'NVIDIA',
      vramMb: 24_576,
      maxGpusPerContainer: 8,
      microUsdPerGpuHour: 270_000,
      gpus: { 1: 16, 2: 8, 3: 8 },
    },
    {
      id: 204,
      name: 'GeForce RTX 4090',
      brand: 'NVIDIA',
      vramMb: 24_564,
      maxGpusPerContainer: 8,
      microUsdPerGpuHour: 300_000,
      gpus: { 1: 32, 2: 16, 3: 8 },
    },
    {
      id: 248,
      name: 'L40',
      brand: 'NVIDIA',
      vramMb: 46_068,
      maxGpusPerContainer: 4,
      microUsdPerGpuHour: 660_000,
      gpus: { 1: 8, 2: 8 },
    },
    {
      id: 280,
      name: 'H100 80GB HBM3',
      brand: 'NVIDIA',
      vramMb: 81_559,
      maxGpusPerContainer: 8,
      microUsdPerGpuHour: 2_090_000,
      gpus: { 1: 16, 3: 8 },
    },
  ],
};
