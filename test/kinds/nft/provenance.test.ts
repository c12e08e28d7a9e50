import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pixelHash, provenanceHash } from '../../../shared/kinds/nft/provenance.ts';
import { tokenImage } from '../../../shared/kinds/nft/render-token.ts';
import { aToken } from './make.ts';

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

describe('the provenance hash', () => {
  const hashes = [1, 2, 3].map((tokenId) => pixelHash(tokenImage(aToken(tokenId))));

  it('is SHA-256 over the pixel hashes written one after the other', () => {
    expect(provenanceHash(hashes)).toBe(sha256(hashes.join('')));
    expect(provenanceHash([])).toBe(sha256(''));
  });

  it('changes when two images change places, and when one is missing', () => {
    expect(provenanceHash(hashes.toReversed())).not.toBe(provenanceHash(hashes));
    expect(provenanceHash(hashes.slice(0, 2))).not.toBe(provenanceHash(hashes));
  });

  it('is made of the pixels, not of the file', () => {
    const image = tokenImage(aToken(1));
    expect(hashes[0]).toBe(sha256(image.data));
  });
});
