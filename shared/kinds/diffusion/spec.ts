import * as z from 'zod';
import { Sha256 } from '../../model/ids.ts';
import { printable } from '../printable.ts';

/** A latent pixel stands for eight of the picture: other sizes are cut or padded by the pipelines. */
const PIXELS_PER_LATENT = 8;

const side = z
  .int()
  .min(64)
  .max(2048)
  .multipleOf(PIXELS_PER_LATENT)
  .describe(`Pixels; a multiple of ${PIXELS_PER_LATENT}.`);

/** Two decimals at most, so that it is written alike by every program that echoes it. */
const twoDecimals = z.number().multipleOf(0.01);

/** One picture to make: the spec of a task of the kind `nft.diffusion`. */
export const DiffusionSpec = z.strictObject({
  model: z
    .strictObject({
      name: printable(100).describe('For people; the digest decides.'),
      sha256: Sha256.describe(
        'Digest of the model folder: SHA-256 of its files’ lines `<sha256>  <path>`, sorted by path.',
      ),
    })
    .describe('A model the worker image of this deployment brings.'),
  prompt: printable(2000),
  negativePrompt: printable(2000).optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .describe('Of the first noise. GPUs of two models still make slightly different pictures.'),
  steps: z.int().min(1).max(200),
  guidance: twoDecimals.min(0).max(30).describe('Guidance scale; two decimals at most.'),
  size: z.strictObject({ width: side, height: side }),
  metadata: z
    .strictObject({
      name: printable(100),
      description: printable(1000),
      attributes: z
        .array(z.strictObject({ trait_type: printable(64), value: printable(128) }))
        .max(32)
        .default([]),
    })
    .describe('What the token’s JSON says beside how it was made.'),
  verification: z
    .discriminatedUnion('policy', [
      z.strictObject({
        policy: z.literal('sample'),
        share: twoDecimals
          .min(0.01)
          .max(1)
          .default(0.1)
          .describe('Share of the tasks that a second worker does again; it is paid for.'),
      }),
      z.strictObject({ policy: z.literal('structural') }),
    ])
    .default({ policy: 'sample', share: 0.1 })
    .describe(
      'sample: a secret draw picks tasks that a second worker does again, and both pictures must look alike · structural: only that there is a picture of that size which says how it was made. Neither shows that it fits its prompt.',
    ),
});
export type DiffusionSpec = z.infer<typeof DiffusionSpec>;
