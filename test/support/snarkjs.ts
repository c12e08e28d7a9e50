import { createRequire } from 'node:module';
import * as z from 'zod';

const Snarkjs = z.object({
  groth16: z.object({
    verify: z.custom<(vk: unknown, signals: unknown, proof: unknown) => Promise<boolean>>(
      (value) => typeof value === 'function',
    ),
  }),
});

/** snarkjs is GPL and no part of this repository; where somebody has installed it, it is asked for its opinion. */
function load(): z.infer<typeof Snarkjs> | undefined {
  try {
    return Snarkjs.parse(createRequire(import.meta.url)('snarkjs'));
  } catch {
    return undefined;
  }
}

export const snarkjs = load();
