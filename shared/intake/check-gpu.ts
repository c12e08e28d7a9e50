import { GPU_MODELS, type GpuNeed, gpuMeets } from '../model/gpu.ts';
import { GPUS } from '../model/gpu-table.ts';
import { type Refusal, refusal } from './refusal.ts';

/**
 * Why no GPU of the table meets a need, with the models that would meet it. None of them is taken instead:
 * the sender decides.
 */
export function gpuMisfit(need: GpuNeed): Refusal | undefined {
  if (need.nvlink && need.gpus < 2) {
    const reason =
      'joins GPUs, and the task has one; set resources.gpus to 2 or more, or leave it out';
    return refusal('E_GPU_MISMATCH', 'resources.nvlink', reason);
  }
  if (GPU_MODELS.some((model) => gpuMeets(need, model))) return undefined;

  const asked = need.gpuModels ?? GPU_MODELS;
  const largeEnough = asked.filter((model) => vramGbOf(model) >= need.vramGb);
  const [field, has] =
    largeEnough.length === 0
      ? (['resources.vramGb', lackOfMemory(asked, need)] as const)
      : (['resources.nvlink', lackOfNvLink(largeEnough)] as const);
  return refusal('E_GPU_MISMATCH', field, `${has}; ${instead(need)}`);
}

function lackOfMemory(asked: readonly string[], { vramGb, gpuModels }: GpuNeed): string {
  const most = Math.max(...asked.map(vramGbOf));
  const has =
    gpuModels === undefined
      ? `no GPU has more than ${most}`
      : [...new Set(asked)].map((model) => `${model} has ${vramGbOf(model)}`).join(', ');
  return `needs ${vramGb} GB per GPU; ${has}`;
}

/** Of models with the memory: none is an SXM module, or the need would be met. */
function lackOfNvLink(models: readonly string[]): string {
  const withBridge = models.filter((model) => GPUS.get(model)?.nvlink === 'bridge');
  const without = models.filter((model) => !withBridge.includes(model));
  const said = [
    ...(without.length === 0 ? [] : [`not on ${[...new Set(without)].join(', ')}`]),
    ...(withBridge.length === 0
      ? []
      : [`only as an option on ${[...new Set(withBridge)].join(', ')}`]),
  ];
  return `needs NVLink, which is ${said.join(' and ')}`;
}

/** What would meet the need, from the table. */
function instead({ gpuModels, ...need }: GpuNeed): string {
  const models = GPU_MODELS.filter((model) => gpuMeets(need, model));
  return models.length === 0 ? 'ask for less' : `models that meet the need: ${models.join(', ')}`;
}

const vramGbOf = (model: string): number => GPUS.get(model)?.vramGb ?? 0;
