import { createHash } from 'node:crypto';
import type * as z from 'zod';
import {
  diffusionMetadata,
  diffusionMetadataBytes,
} from '../../../shared/kinds/diffusion/metadata.ts';
import { DiffusionSpec } from '../../../shared/kinds/diffusion/spec.ts';
import { encodePng } from '../../../shared/kinds/nft/png-encode.ts';
import type { RgbaImage } from '../../../shared/kinds/nft/rgba-image.ts';
import { sha256Of } from '../../../shared/model/digest.ts';

export const MODEL = 'd'.repeat(64);

/** A spec as a dApp would write it; what a test is about goes into `changes`. */
export const diffusionSpec = (
  changes: Partial<z.input<typeof DiffusionSpec>> = {},
): z.input<typeof DiffusionSpec> => ({
  model: { name: 'lantern-diffusion', sha256: MODEL },
  prompt: 'a harbour full of paper lanterns',
  seed: 7,
  steps: 30,
  guidance: 7.5,
  size: { width: 64, height: 64 },
  metadata: { name: 'Harbour #7', description: 'Lanterns at the quay.' },
  ...changes,
});

export const aDiffusionSpec = (changes: Partial<z.input<typeof DiffusionSpec>> = {}) =>
  DiffusionSpec.parse(diffusionSpec(changes));

/** Coarse blocks of colour that hang on a word, with fine noise that hangs on another. */
export function picture(
  { width, height }: DiffusionSpec['size'],
  word: string,
  noise = '',
): RgbaImage {
  const blocks = createHash('sha512').update(word).digest();
  const grain = createHash('sha512').update(noise).digest();
  const data = new Uint8Array(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const block = Math.floor((x * 8) / width) + 8 * Math.floor((y * 8) / height);
    const value = 20 + ((blocks[block] ?? 0) * 200) / 255 + ((grain[pixel % 64] ?? 0) % 4);
    data.set([value, value, value, 255], pixel * 4);
  }
  return { width, height, data };
}

/** What a worker uploads for a picture. */
export function uploaded(spec: DiffusionSpec, image: Uint8Array): Map<string, Uint8Array> {
  const metadata = diffusionMetadataBytes(diffusionMetadata(spec, sha256Of(image)));
  return new Map([
    ['image.png', image],
    ['metadata.json', metadata],
  ]);
}

export const drawn = (spec: DiffusionSpec, word: string, noise = ''): Map<string, Uint8Array> =>
  uploaded(spec, encodePng(picture(spec.size, word, noise)));
