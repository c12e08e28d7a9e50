import { describe, expect, it } from 'vitest';
import { NftSpec, traitsOf } from '../../../shared/kinds/nft/spec.ts';
import { LAYERS, traitSpace, traitTable } from '../../../shared/kinds/nft/traits.ts';
import { aCollection, aToken, eightTokens } from './make.ts';

const collection = { name: 'Prints', seed: 's', supply: 10 };

const issuesOf = (spec: unknown) =>
  NftSpec.safeParse(spec).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('NftSpec', () => {
  it('fills in size, redraw and an unnarrowed choice of traits', () => {
    expect(NftSpec.parse({ collection, tokenId: 1 })).toEqual({
      collection: { ...collection, size: 512, only: {} },
      tokenId: 1,
      redraw: 0,
    });
  });

  it.each([
    { field: 'collection.supply', limits: [1, 100_000] },
    { field: 'collection.size', limits: [64, 1024] },
    { field: 'redraw', limits: [0, 1000] },
  ])('takes $field from $limits.0 to $limits.1 and nothing outside', ({ field, limits }) => {
    const at = (value: number) =>
      NftSpec.safeParse(
        field === 'redraw'
          ? { collection, tokenId: 1, redraw: value }
          : { collection: { ...collection, [field.slice(11)]: value }, tokenId: 1 },
      );
    for (const limit of limits) expect(at(limit).success).toBe(true);
    for (const [index, step] of [-1, 1].entries()) {
      expect(at((limits[index] ?? 0) + step).error?.issues[0]?.path.join('.')).toBe(field);
    }
    expect(at(64.5).success).toBe(false);
  });

  it.each([
    { name: 'name', length: 64 },
    { name: 'seed', length: 128 },
    { name: 'description', length: 1000 },
  ])('takes a $name of 1 to $length characters', ({ name, length }) => {
    const at = (value: string) =>
      issuesOf({ collection: { ...collection, [name]: value }, tokenId: 1 });
    expect(at('x')).toBeUndefined();
    expect(at('x'.repeat(length))).toBeUndefined();
    expect(at('')?.[0]).toMatch(`collection.${name}`);
    expect(at('x'.repeat(length + 1))?.[0]).toMatch(`collection.${name}`);
  });

  it.each([
    ['a line feed', 'a\nb'],
    ['NUL', 'a\u0000'],
    ['half a surrogate pair', 'a\ud800'],
    ['a right-to-left mark', 'a\u200f'],
    ['an escape sequence', '\u001b[31m'],
  ])('refuses a name with %s', (_what, name) => {
    expect(issuesOf({ collection: { ...collection, name }, tokenId: 1 })).toEqual([
      'collection.name: has a character that cannot be printed',
    ]);
  });

  it('takes the last token of the supply and refuses the one after it', () => {
    expect(issuesOf({ collection, tokenId: 10 })).toBeUndefined();
    expect(issuesOf({ collection, tokenId: 11 })).toEqual([
      'tokenId: tokenId 11 is above the supply of 10',
    ]);
    expect(issuesOf({ collection, tokenId: 0 })?.[0]).toMatch('tokenId');
  });

  it('refuses a field it does not know, wherever it stands', () => {
    expect(issuesOf({ collection, tokenId: 1, gpu: 'H100' })).toHaveLength(1);
    expect(issuesOf({ collection: { ...collection, owner: 'me' }, tokenId: 1 })).toHaveLength(1);
  });

  it('refuses a trait that its layer does not have, an empty layer, and a trait named twice', () => {
    for (const hour of [['Noon'], [], ['Ink Wash', 'Ink Wash']]) {
      const issues = issuesOf({ collection: { ...collection, only: { hour } }, tokenId: 1 });
      expect(issues?.[0]).toMatch('collection.only.hour');
    }
  });
});

describe('the trait space', () => {
  it('is the product of its layers, far above the largest supply', () => {
    const product = Object.values(LAYERS).reduce(
      (all, layer) => all * Object.keys(layer).length,
      1,
    );
    expect(traitSpace(traitTable({}))).toBe(product);
    expect(product).toBeGreaterThan(100_000);
  });

  it.each([
    { supply: 7, taken: true },
    { supply: 8, taken: true },
    { supply: 9, taken: false },
  ])('of eight tokens and a supply of $supply: taken is $taken', ({ supply, taken }) => {
    expect(
      NftSpec.safeParse({ collection: { ...collection, supply, only: eightTokens }, tokenId: 1 })
        .success,
    ).toBe(taken);
  });

  it('names both numbers when the supply is above it', () => {
    expect(
      issuesOf({ collection: { ...collection, supply: 9, only: eightTokens }, tokenId: 1 }),
    ).toEqual([
      'collection.supply: supply 9 is above the 8 different tokens these traits can make',
    ]);
  });
});

describe('traitsOf', () => {
  it('depends on seed, token and redraw, and on nothing else of the collection', () => {
    const traits = traitsOf(aToken(3));
    expect(traitsOf(aToken(3, { name: 'Other', size: 128, supply: 50 }))).toEqual(traits);
    expect(traitsOf(aToken(4))).not.toEqual(traits);
    expect(traitsOf(aToken(3, { seed: 'other' }))).not.toEqual(traits);
    expect(traitsOf({ ...aToken(3), redraw: 1 })).not.toEqual(traits);
  });

  it('draws only what the collection allows', () => {
    const narrowed = aCollection({ only: { guardian: ['Stag', 'Sky Whale'], facing: ['West'] } });
    const seen = Array.from({ length: 60 }, (_, index) =>
      traitsOf({ collection: narrowed, tokenId: index + 1, redraw: 0 }),
    );
    expect(new Set(seen.map(({ guardian }) => guardian))).toEqual(new Set(['Stag', 'Sky Whale']));
    expect(new Set(seen.map(({ facing }) => facing))).toEqual(new Set(['West']));
  });

  it('draws every trait about as often as its weight says', () => {
    const draws = 4000;
    const wide = aCollection({ supply: draws });
    const counts = new Map<string, number>();
    for (let tokenId = 1; tokenId <= draws; tokenId += 1) {
      const { guardian } = traitsOf({ collection: wide, tokenId, redraw: 0 });
      counts.set(guardian, (counts.get(guardian) ?? 0) + 1);
    }
    for (const [guardian, weight] of Object.entries(LAYERS.guardian)) {
      const expected = (draws * weight) / 100;
      const spread = 4 * Math.sqrt(expected); // four standard deviations of a count, and a fixed seed
      expect(Math.abs((counts.get(guardian) ?? 0) - expected), guardian).toBeLessThan(spread);
    }
  });
});
