import { MAX_REDRAWS, type NftCollection, type NftSpec, traitsOf } from './spec.ts';
import { traitEntries, traitTable } from './traits.ts';

/** A token found no traits of its own within the redraws it may use. Nothing was planned. */
export class TraitsExhausted extends Error {
  override readonly name = 'TraitsExhausted';
  readonly tokenId: number;

  constructor(tokenId: number, supply: number) {
    super(
      `token ${tokenId} of ${supply} repeats an earlier one after ${MAX_REDRAWS} redraws: ` +
        'lower the supply or allow more traits',
    );
    this.tokenId = tokenId;
  }
}

/**
 * The tokens of a collection, 1 to `supply`, no two with the same traits.
 *
 * Uniqueness is settled here, in id order and before any work is handed out, so that a worker needs
 * nothing but its own token to draw it. Planning again gives the same specs.
 *
 * @throws TraitsExhausted when a token stays a duplicate: with rare traits that happens before the
 * trait space is full.
 */
export function planCollection(collection: NftCollection): NftSpec[] {
  const table = traitTable(collection.only);
  const taken = new Set<string>();
  return Array.from({ length: collection.supply }, (_, index) => {
    const tokenId = index + 1;
    for (let redraw = 0; redraw <= MAX_REDRAWS; redraw += 1) {
      const spec = { collection, tokenId, redraw };
      const traits = traitEntries(traitsOf(spec, table))
        .map(({ trait }) => trait)
        .join('|');
      if (taken.has(traits)) continue;
      taken.add(traits);
      return spec;
    }
    throw new TraitsExhausted(tokenId, collection.supply);
  });
}
