import { IMAGE_FILE, metadataBytes, metadataOf } from './metadata.ts';
import { encodePng } from './png-encode.ts';
import { paintPicture } from './print/picture.ts';
import { pixelHash } from './provenance.ts';
import { dnaOf, type NftSpec, traitsOf } from './spec.ts';

/** The metadata beside the image. */
export const METADATA_FILE = 'metadata.json';

/** What the executor of `nft.generative` uploads. */
export interface RenderedToken {
  /** Bytes by file name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly pixelSha256: string;
}

/** The pixels of a token. */
export const tokenImage = (spec: NftSpec) =>
  paintPicture(dnaOf(spec), traitsOf(spec), spec.collection.size);

/** Renders one token. Pure, and the same on every machine: the verifier does it again. */
export function renderToken(spec: NftSpec): RenderedToken {
  const image = tokenImage(spec);
  return {
    files: new Map([
      [IMAGE_FILE, encodePng(image)],
      [METADATA_FILE, metadataBytes(metadataOf(spec))],
    ]),
    pixelSha256: pixelHash(image),
  };
}
