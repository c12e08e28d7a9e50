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
  H100: 80,
  H200: 141,
  B200: 192,
};

export const GPU_MODELS = Object.keys(VRAM_GB);

/** Words that mark a smaller chip under a desktop card's name. */
const OTHER_CHIP = ['LAPTOP', 'MOBILE', 'MAXQ'];

/**
 * The known model that the provider's free text names: all of its words occur, in any order
 * (`NVIDIA A100-SXM4-80GB` is an `A100 80GB`). The model with the most words wins; undefined when none
 * fits, because a guess would rent the wrong machine.
 */
export function knownGpuModel(freeText: string): string | undefined {
  const words = wordsOf(freeText.replace(/max-q/i, 'MAXQ'));
  if (OTHER_CHIP.some((word) => words.has(word))) return undefined;
  return GPU_MODELS.toSorted((a, b) => wordsOf(b).size - wordsOf(a).size).find((model) =>
    [...wordsOf(model)].every((word) => words.has(word)),
  );
}

const wordsOf = (text: string): ReadonlySet<string> =>
  new Set(text.toUpperCase().match(/[A-Z0-9]+/g) ?? []);

/**
 * What one task needs of a machine. Tasks with equal needs may share a cluster.
 * The descriptions end up in `task.schema.json`.
 */
export const GpuNeed = z.strictObject({
  gpus: z.int().min(1).max(8).default(1).describe('GPUs the task occupies while it runs.'),
  vramGb: z.int().min(1).max(1024).default(1).describe('Least memory per GPU, GB.'),
  gpuModels: z
    .array(z.enum(GPU_MODELS))
    .min(1)
    .max(16)
    .optional()
    .describe('Acceptable GPU models; absent: any that has the memory. No other is substituted.'),
});
export type GpuNeed = z.infer<typeof GpuNeed>;

/** Whether `model` meets the need. An unknown model never does: its memory cannot be shown. */
export function gpuMeets(need: GpuNeed, model: string): boolean {
  const vramGb = VRAM_GB[model];
  if (vramGb === undefined || vramGb < need.vramGb) return false;
  return need.gpuModels === undefined || need.gpuModels.includes(model);
}
