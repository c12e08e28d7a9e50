import * as z from 'zod';

/**
 * Memory of the GPU models Burst knows, in GB per card. The provider's catalogue names models in free
 * text and gives no memory, so a need for memory can only be met by a model in this table.
 * Source: the vendor's product pages for each card.
 */
export const VRAM_GB: Readonly<Record<string, number>> = {
  'RTX 3090': 24,
  'RTX 4090': 24,
  'RTX 5090': 32,
  L40: 48,
  L40S: 48,
  'A100 80GB': 80,
  'H100 80GB': 80,
  H200: 141,
  B200: 192,
};

export const GPU_MODELS = Object.keys(VRAM_GB);

/** Known model whose name occurs in the provider's free text, the longest name first; else undefined. */
export function knownGpuModel(freeText: string): string | undefined {
  const squeezed = (text: string) => text.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const haystack = squeezed(freeText);
  return GPU_MODELS.toSorted((a, b) => b.length - a.length).find((model) =>
    haystack.includes(squeezed(model)),
  );
}

/** What one task needs of a machine. Tasks with equal needs may share a cluster. */
export const GpuNeed = z.strictObject({
  /** GPUs one task occupies while it runs. */
  gpus: z.int().min(1).max(8).default(1),
  /** Least memory per GPU, GB. */
  vramGb: z.int().min(1).max(1024).default(1),
  /** Acceptable models; absent: any that has the memory. Never substituted. */
  gpuModels: z.array(z.enum(GPU_MODELS)).min(1).max(16).optional(),
});
export type GpuNeed = z.infer<typeof GpuNeed>;

/** Whether `model` meets the need. An unknown model never does: its memory cannot be shown. */
export function gpuMeets(need: GpuNeed, model: string): boolean {
  const vramGb = VRAM_GB[model];
  if (vramGb === undefined || vramGb < need.vramGb) return false;
  return need.gpuModels === undefined || need.gpuModels.includes(model);
}
