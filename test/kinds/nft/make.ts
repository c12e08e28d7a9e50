import type * as z from 'zod';
import { NftCollection, NftSpec } from '../../../shared/kinds/nft/spec.ts';

/** A small collection; what a test is about goes into `changes`. */
export const aCollection = (changes: Partial<z.input<typeof NftCollection>> = {}): NftCollection =>
  NftCollection.parse({
    name: 'Lantern Prints',
    seed: 'lantern',
    supply: 100,
    size: 64,
    ...changes,
  });

export const aToken = (
  tokenId: number,
  changes: Partial<z.input<typeof NftCollection>> = {},
): NftSpec => NftSpec.parse({ collection: aCollection(changes), tokenId });

/** Layers narrowed until 4 eyes and 2 directions are left: eight tokens, none of them very rare. */
export const eightTokens: Partial<NftCollection['only']> = {
  hour: ['Ink Wash'],
  light: ['Eclipse'],
  air: ['Clear'],
  land: ['Alps'],
  ground: ['Mist'],
  guardian: ['Stag'],
  crown: ['Bare'],
  marking: ['Shadow'],
  eyes: ['Ember', 'Pearl', 'Jade', 'Closed'],
  flora: ['Grass'],
  frame: ['Plain'],
};
