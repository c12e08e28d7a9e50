import * as z from 'zod';
import { Sha256 } from '../../model/ids.ts';
import { IMAGE_FILE } from '../nft/metadata.ts';
import type { DiffusionSpec } from './spec.ts';

/** How a picture was made, and of which bytes that is said. */
const Generation = z.strictObject({
  model: z.strictObject({ name: z.string(), sha256: Sha256 }),
  prompt: z.string(),
  negativePrompt: z.string().optional(),
  seed: z.int(),
  steps: z.int(),
  guidance: z.number(),
  width: z.int(),
  height: z.int(),
  imageSha256: Sha256,
});

/** One JSON object, valid for Metaplex Core and ERC-721, which echoes the spec beside the image's hash. */
export const DiffusionMetadata = z.strictObject({
  name: z.string(),
  description: z.string(),
  image: z.literal(IMAGE_FILE),
  attributes: z.array(z.strictObject({ trait_type: z.string(), value: z.string() })),
  properties: z.strictObject({
    category: z.literal('image'),
    files: z.tuple([z.strictObject({ uri: z.literal(IMAGE_FILE), type: z.literal('image/png') })]),
    generation: Generation,
  }),
});
export type DiffusionMetadata = z.infer<typeof DiffusionMetadata>;

/** The one metadata of a picture: what a worker must upload beside it, key for key. */
export function diffusionMetadata(spec: DiffusionSpec, imageSha256: Sha256): DiffusionMetadata {
  const { name, description, attributes } = spec.metadata;
  const { model, prompt, negativePrompt, seed, steps, guidance, size } = spec;
  return {
    name,
    description,
    image: IMAGE_FILE,
    attributes: attributes.map(({ trait_type, value }) => ({ trait_type, value })),
    properties: {
      category: 'image',
      files: [{ uri: IMAGE_FILE, type: 'image/png' }],
      generation: {
        model: { name: model.name, sha256: model.sha256 },
        prompt,
        ...(negativePrompt === undefined ? {} : { negativePrompt }),
        seed,
        steps,
        guidance,
        width: size.width,
        height: size.height,
        imageSha256,
      },
    },
  };
}

/** As bytes: UTF-8 JSON, keys in that order, no spaces, one line feed. */
export const diffusionMetadataBytes = (metadata: DiffusionMetadata): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(metadata)}\n`);
