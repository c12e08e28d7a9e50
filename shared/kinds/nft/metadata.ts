import * as z from 'zod';
import { type NftSpec, traitsOf } from './spec.ts';
import { traitEntries } from './traits.ts';

/** The image beside the metadata; a publisher puts the final address in front of it. */
export const IMAGE_FILE = 'image.png';

const Attribute = z.strictObject({ trait_type: z.string().min(1), value: z.string().min(1) });

/** What ERC-721 asks of a token's JSON, with the attributes marketplaces read. */
export const Erc721Metadata = z.looseObject({
  name: z.string().min(1),
  description: z.string().min(1),
  image: z.string().min(1),
  attributes: z.array(Attribute),
});

/** What Metaplex Core asks of a token's JSON. */
export const MetaplexMetadata = z.looseObject({
  name: z.string().min(1),
  description: z.string().min(1),
  image: z.string().min(1),
  attributes: z.array(Attribute),
  properties: z.looseObject({
    category: z.literal('image'),
    files: z.array(z.strictObject({ uri: z.string().min(1), type: z.string().min(1) })).min(1),
  }),
});

/** The one JSON object we write: valid for both standards, and nothing else in it. */
export const TokenMetadata = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  image: z.literal(IMAGE_FILE),
  attributes: z.array(Attribute),
  properties: z.strictObject({
    category: z.literal('image'),
    files: z.tuple([z.strictObject({ uri: z.literal(IMAGE_FILE), type: z.literal('image/png') })]),
  }),
});
export type TokenMetadata = z.infer<typeof TokenMetadata>;

/** The metadata of a token: a function of its spec alone. */
export function metadataOf(spec: NftSpec): TokenMetadata {
  const traits = traitsOf(spec);
  const { name, description } = spec.collection;
  return {
    name: `${name} #${spec.tokenId}`,
    description:
      description ??
      `${traits.hour}: ${traits.guardian}, ${traits.light}, ${traits.land}, ${traits.ground}.`,
    image: IMAGE_FILE,
    attributes: traitEntries(traits).map(({ layer, trait }) => ({
      trait_type: layer.charAt(0).toUpperCase() + layer.slice(1),
      value: trait,
    })),
    properties: { category: 'image', files: [{ uri: IMAGE_FILE, type: 'image/png' }] },
  };
}

/** The metadata as bytes: UTF-8 JSON, keys in the order of the schema, no spaces, one line feed. */
export const metadataBytes = (metadata: TokenMetadata): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(TokenMetadata.parse(metadata))}\n`);
