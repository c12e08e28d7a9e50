import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { paintPicture } from '../../../shared/kinds/nft/print/picture.ts';
import { pixelHash } from '../../../shared/kinds/nft/provenance.ts';
import { tokenImage } from '../../../shared/kinds/nft/render-token.ts';
import { dnaOf, NftSpec, traitsOf } from '../../../shared/kinds/nft/spec.ts';
import { LAYERS } from '../../../shared/kinds/nft/traits.ts';
import { aToken } from './make.ts';

describe('a picture', () => {
  it.each([
    {
      tokenId: 1,
      size: 64,
      pixels: '6422657fe003db83b9c19ce84372e3bf6aba139153f32bd66db8420d9d2951b1',
    },
    {
      tokenId: 2,
      size: 128,
      pixels: '255815c5536e1d0b201edc01279bcf7809a2602ce9ecdf7d9f1938c082d0d764',
    },
    {
      tokenId: 3,
      size: 200,
      pixels: 'cdf1e1717970b4899d09dcb9cdb91760c29ff37b5459e3842a7518f70c2547b0',
    },
    {
      tokenId: 4,
      size: 512,
      pixels: 'd93c53302e311cfcf8cfdc3133b161f7e84992eda58a235cb6d947a656ed7e8c',
    },
    {
      tokenId: 5,
      size: 1024,
      pixels: 'a4b5e447f7914bd3459e33d22f03b40058f100702a95899e4a0459f4be72459b',
    },
  ])('of token $tokenId at $size pixels never changes', ({ tokenId, size, pixels }) => {
    expect(pixelHash(tokenImage(aToken(tokenId, { size })))).toBe(pixels);
  });

  it('is another one for another token, another redraw and another seed', () => {
    const token = aToken(1);
    const others = [token, { ...token, redraw: 1 }, aToken(2), aToken(1, { seed: 'other' })];
    expect(new Set(others.map((spec) => pixelHash(tokenImage(spec)))).size).toBe(4);
  });

  it('shows every single trait: changing one layer changes the pixels', () => {
    const spec = aToken(1);
    const traits = traitsOf(spec);
    const picture = (changed: object) =>
      pixelHash(paintPicture(dnaOf(spec), { ...traits, ...changed }, 64));
    for (const [layer, names] of Object.entries(LAYERS)) {
      const pictures = new Set(Object.keys(names).map((name) => picture({ [layer]: name })));
      expect(pictures.size, layer).toBe(Object.keys(names).length);
    }
  });

  it('is opaque, square and not blank at every size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 64, max: 200 }),
        fc.integer({ min: 1, max: 100_000 }),
        (size, tokenId) => {
          const collection = { name: 'x', seed: 'any', supply: 100_000, size };
          const { width, height, data } = tokenImage(NftSpec.parse({ collection, tokenId }));
          expect([width, height, data.length]).toEqual([size, size, size * size * 4]);
          expect(data.every((value, index) => index % 4 !== 3 || value === 255)).toBe(true);
          expect(new Set(data).size).toBeGreaterThan(32);
        },
      ),
      { numRuns: 25, seed: 11 },
    );
  });
});
