import * as z from 'zod';
import { GPUS } from './gpu-table.ts';

export const GPU_MODELS = [...GPUS.keys()];

/** Longer texts name no card. */
const MAX_NAME_LENGTH = 100;

/**
 * Every model the free text may mean: its whole name is how one of them is written, and the memory it names,
 * if it names any, is that model's. One: the text is an alias of it. Several: it leaves out what tells them
 * apart (`A100` without its memory). None: unknown, or another chip.
 */
export function modelsNamed(freeText: string): string[] {
  if (freeText.length > MAX_NAME_LENGTH) return [];
  const { name, sizesGb } = readName(freeText);
  return GPU_MODELS.filter((model) => {
    const facts = GPUS.get(model);
    return facts?.written.test(name) && sizesGb.every((size) => size === facts.vramGb);
  });
}

/** The one model that the text means; undefined where it is not one, because a guess would rent the wrong machine. */
export function knownGpuModel(freeText: string): string | undefined {
  const [model, ...others] = modelsNamed(freeText);
  return others.length === 0 ? model : undefined;
}

const TRADE_MARKS = /[®™]|\((?:R|TM)\)/gi;

/** Splits a text into the memory sizes it names and the rest. A letter that is no ASCII fits no name. */
function readName(freeText: string): { name: string; sizesGb: number[] } {
  const sizesGb: number[] = [];
  const name = freeText
    .replace(TRADE_MARKS, ' ')
    .replace(/[\s_/,()-]+/g, ' ')
    .replace(/(?<= )(\d+) ?Gi?B?(?= |$)/gi, (_all, size: string) => {
      sizesGb.push(Number(size));
      return '';
    })
    .replace(/ +/g, ' ')
    .trim();
  return { name, sizesGb };
}

/**
 * A model as a task may name it. A name in small letters is how ids and variables are written, not cards: it
 * is asked back with the model it seems to mean.
 */
const GpuModel = z
  .string()
  .overwrite((text) => (isSmall(text) ? text : (knownGpuModel(text) ?? text)))
  .refine((text) => GPUS.has(text), 'is no GPU model');

const isSmall = (text: string): boolean => /[a-z]/.test(text) && !/[A-Z]/.test(text);

/** GPUs of the largest worker: the most the provider's API takes for one container. */
const MAX_GPUS = 8;

/**
 * What one task needs of a machine. Tasks with equal needs may share a cluster.
 * The descriptions end up in `task.schema.json`.
 */
export const GpuNeed = z
  .strictObject({
    gpus: z
      .int()
      .min(1)
      .max(
        MAX_GPUS,
        `expected <=${MAX_GPUS}: no worker has more GPUs; ask for fewer, or split the task`,
      )
      .default(1)
      .describe('GPUs the task occupies while it runs.'),
    vramGb: z.int().min(1).max(1024).default(1).describe('Least memory per GPU, GB.'),
    gpuModels: z
      .array(GpuModel)
      .min(1)
      .max(16)
      .optional()
      .describe(
        `Acceptable GPU models; absent: any that has the memory. No other is substituted. Known: ${GPU_MODELS.join(', ')}; "H100" and "A100 80GB" mean either form, SXM or PCIe. An unambiguous alias such as "NVIDIA_3090" or "A100-SXM4-80GB" is the same model.`,
      ),
    nvlink: z
      .boolean()
      .optional()
      .describe(
        'Whether the GPUs of the task must be joined by NVLink; needs two or more of them. Met by SXM modules only: no catalogue shows whether cards have the bridge they could take.',
      ),
  })
  .overwrite(({ nvlink, ...need }) => (nvlink ? { ...need, nvlink } : need));
export type GpuNeed = z.infer<typeof GpuNeed>;

/** Whether `model` meets the need. An unknown model never does: its memory cannot be shown. */
export function gpuMeets(need: GpuNeed, model: string): boolean {
  const facts = GPUS.get(model);
  if (facts === undefined || facts.vramGb < need.vramGb) return false;
  if (need.nvlink && facts.nvlink !== 'board') return false;
  return need.gpuModels === undefined || need.gpuModels.some((asked) => isGpuModel(asked, model));
}

/** Whether `model` is what was asked for: the model itself, or a form of it (`H100 SXM` is an `H100`). */
export const isGpuModel = (asked: string, model: string): boolean =>
  model === asked || model.replace(/ (?:SXM|PCIe)(?= |$)/, '') === asked;

/** Of the memory of a card a driver shows at least this share: with ECC on, some of it is taken (T4: 99 %). */
const SHOWN_SHARE = 0.98;

/** Whether a driver that shows `vramMb` (MiB) for one GPU may stand on a `model`. */
export const hasMemoryOf = (model: string, vramMb: number): boolean =>
  vramMb * 2 ** 20 >= (GPUS.get(model)?.vramGb ?? Number.POSITIVE_INFINITY) * 1e9 * SHOWN_SHARE;

/** A need for a person: `2 GPUs (H100 SXM) of 80 GB or more, joined by NVLink`. */
export function needInWords({ gpus, vramGb, gpuModels, nvlink }: GpuNeed): string {
  const models = gpuModels === undefined ? '' : ` (${gpuModels.join(', ')})`;
  const linked = nvlink ? ', joined by NVLink' : '';
  return `${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}${models} of ${vramGb} GB or more${linked}`;
}
