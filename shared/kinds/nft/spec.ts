import { createHash } from 'node:crypto';
import * as z from 'zod';
import { printable } from '../printable.ts';
import { randomFor } from './random.ts';
import {
  drawTraits,
  type Layer,
  type Traits,
  type TraitTable,
  traitNames,
  traitSpace,
  traitTable,
} from './traits.ts';

/** How often the traits of one token may be redrawn before its collection is called exhausted. */
export const MAX_REDRAWS = 1000;

const someOf = <L extends Layer>(layer: L) =>
  z
    .array(z.enum(traitNames(layer)))
    .min(1)
    .refine((names) => new Set(names).size === names.length, 'names a trait twice')
    .optional();

/** The traits a collection narrows a layer to. A layer left out keeps all of its traits. */
const AllowedTraits = z.strictObject({
  hour: someOf('hour'),
  light: someOf('light'),
  air: someOf('air'),
  land: someOf('land'),
  ground: someOf('ground'),
  guardian: someOf('guardian'),
  crown: someOf('crown'),
  marking: someOf('marking'),
  eyes: someOf('eyes'),
  flora: someOf('flora'),
  frame: someOf('frame'),
  facing: someOf('facing'),
});

/** A collection of prints: the same for all of its tokens. */
export const NftCollection = z
  .strictObject({
    /** Name of the collection; a token is called `<name> #<tokenId>`. */
    name: printable(64),
    /** Text for every token. @default a sentence about the token's own traits. */
    description: printable(1000).optional(),
    /** What all tokens are drawn from. Keep it secret until the reveal: it is the whole collection. */
    seed: printable(128),
    /** How many tokens there are, numbered from 1. */
    supply: z.int().min(1).max(100_000),
    /** Side of the square picture in pixels. */
    size: z.int().min(64).max(1024).default(512),
    /** Layers that show only some of their traits. */
    only: AllowedTraits.default({}),
  })
  .superRefine(({ supply, only }, context) => {
    const space = traitSpace(traitTable(only));
    if (supply <= space) return;
    context.addIssue({
      code: 'custom',
      path: ['supply'],
      message: `supply ${supply} is above the ${space} different tokens these traits can make`,
    });
  });
export type NftCollection = z.infer<typeof NftCollection>;

/** One token to render: the spec of a task of the kind `nft.generative`. */
export const NftSpec = z
  .strictObject({
    collection: NftCollection,
    tokenId: z.int().min(1),
    /** How many times this token's traits were redrawn so that no two tokens are the same. */
    redraw: z.int().min(0).max(MAX_REDRAWS).default(0),
  })
  .superRefine(({ collection, tokenId }, context) => {
    if (tokenId <= collection.supply) return;
    context.addIssue({
      code: 'custom',
      path: ['tokenId'],
      message: `tokenId ${tokenId} is above the supply of ${collection.supply}`,
    });
  });
export type NftSpec = z.infer<typeof NftSpec>;

/** What everything about a token is drawn from: SHA-256(seed | tokenId | redraw). */
export const dnaOf = ({ collection, tokenId, redraw }: NftSpec): Uint8Array =>
  createHash('sha256').update(`${collection.seed}|${tokenId}|${redraw}`, 'utf8').digest();

/** What the token shows. @param table - The one of the collection, where a caller has it ready. */
export const traitsOf = (
  spec: NftSpec,
  table: TraitTable = traitTable(spec.collection.only),
): Traits => drawTraits(randomFor(dnaOf(spec), 'traits'), table);
