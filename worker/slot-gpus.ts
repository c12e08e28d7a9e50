/**
 * The GPUs of one slot as `CUDA_VISIBLE_DEVICES`. Each slot gets equally many, in their order, and none is in two.
 *
 * @param slot - Its number, from 0.
 * @param counts - Slots of this worker, and GPUs its driver shows.
 * @param visible - The variable as it is. Its entries, indices or UUIDs, are divided in the place of all GPUs.
 * @returns undefined where there are fewer GPUs than slots: the variable stays as it is.
 */
export function gpusOfSlot(
  slot: number,
  counts: { readonly slots: number; readonly gpus: number },
  visible: string | undefined,
): string | undefined {
  const all = visible?.split(',') ?? Array.from({ length: counts.gpus }, (_, index) => `${index}`);
  const given = all.map((entry) => entry.trim()).filter((entry) => entry !== '');
  const each = Math.floor(given.length / counts.slots);
  if (each === 0) return undefined;
  return given.slice(slot * each, (slot + 1) * each).join(',');
}
