import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Erc721Metadata,
  MetaplexMetadata,
  metadataBytes,
  metadataOf,
  TokenMetadata,
} from '../../../shared/kinds/nft/metadata.ts';
import { NftSpec, traitsOf } from '../../../shared/kinds/nft/spec.ts';
import { aToken } from './make.ts';

const written = (spec: NftSpec): unknown =>
  JSON.parse(new TextDecoder().decode(metadataBytes(metadataOf(spec))));

describe('the metadata of a token', () => {
  it('is one object that both standards and our own schema read the same', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 100_000 }),
        (name, tokenId) => {
          const collection = { name, seed: name, supply: 100_000, description: name };
          const spec = NftSpec.safeParse({ collection, tokenId });
          fc.pre(spec.success);
          const metadata = written(spec.data);
          expect(Erc721Metadata.parse(metadata)).toEqual(metadata);
          expect(MetaplexMetadata.parse(metadata)).toEqual(metadata);
          expect(TokenMetadata.parse(metadata)).toEqual(metadataOf(spec.data));
        },
      ),
      { seed: 12 },
    );
  });

  it('names the token, points at the image beside it and lists every trait', () => {
    const traits = traitsOf(aToken(7));
    const metadata = metadataOf(aToken(7));
    expect(metadata).toMatchObject({
      name: 'Lantern Prints #7',
      image: 'image.png',
      properties: { category: 'image', files: [{ uri: 'image.png', type: 'image/png' }] },
    });
    expect(metadata.attributes).toHaveLength(12);
    expect(metadata.attributes).toContainEqual({ trait_type: 'Guardian', value: traits.guardian });
    expect(metadata.description).toContain(traits.guardian);
  });

  it('carries the description of the collection where it has one', () => {
    expect(metadataOf(aToken(1, { description: 'Night prints.' })).description).toBe(
      'Night prints.',
    );
  });

  it('is written as the same bytes whatever order its keys were in', () => {
    const metadata = metadataOf(aToken(1));
    const { name, description, image, attributes, properties } = metadata;
    const shuffled = { properties, attributes, image, description, name };
    expect(metadataBytes(shuffled)).toEqual(metadataBytes(metadata));
  });

  it.each([
    ['no image', { image: undefined }],
    ['an attribute without a value', { attributes: [{ trait_type: 'Hour' }] }],
  ])('is refused by both standards with %s', (_what, change) => {
    const changed = { ...metadataOf(aToken(1)), ...change };
    expect(Erc721Metadata.safeParse(changed).success).toBe(false);
    expect(MetaplexMetadata.safeParse(changed).success).toBe(false);
  });

  it('is refused by Metaplex without its category and its files', () => {
    const { properties, ...plain } = metadataOf(aToken(1));
    expect(Erc721Metadata.safeParse(plain).success).toBe(true);
    expect(MetaplexMetadata.safeParse(plain).success).toBe(false);
    const unfiled = { ...plain, properties: { ...properties, files: [] } };
    expect(MetaplexMetadata.safeParse(unfiled).success).toBe(false);
  });
});
