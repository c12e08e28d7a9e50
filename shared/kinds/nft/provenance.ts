import { createHash } from 'node:crypto';
import type { RgbaImage } from './rgba-image.ts';

/** SHA-256 of the pixels, in hexadecimal: the same however the image was compressed. */
export const pixelHash = (image: RgbaImage): string =>
  createHash('sha256').update(image.data).digest('hex');

/**
 * The provenance hash of a collection: SHA-256 over the pixel hashes, one after the other in token
 * order. Published before the mint, it proves at the reveal that no image was moved or changed.
 */
export const provenanceHash = (pixelHashes: readonly string[]): string =>
  createHash('sha256').update(pixelHashes.join(''), 'latin1').digest('hex');
