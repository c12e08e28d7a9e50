import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planCollection, TraitsExhausted } from '../../../shared/kinds/nft/plan-collection.ts';
import { NftSpec, traitsOf } from '../../../shared/kinds/nft/spec.ts';
import { aCollection, eightTokens } from './make.ts';

const looks = (spec: NftSpec) => JSON.stringify(traitsOf(spec));

describe('planCollection', () => {
  it('gives every token of the supply once, in id order, each a spec the kind takes', () => {
    const specs = planCollection(aCollection({ supply: 200 }));
    expect(specs.map(({ tokenId }) => tokenId)).toEqual(
      Array.from({ length: 200 }, (_, index) => index + 1),
    );
    for (const spec of specs) expect(NftSpec.parse(spec)).toEqual(spec);
  });

  it('never plans two tokens that look the same, whatever the seed and however small the space', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9]{1,20}$/),
        fc.integer({ min: 1, max: 8 }),
        (seed, supply) => {
          const specs = planCollection(aCollection({ seed, supply, only: eightTokens }));
          expect(new Set(specs.map(looks)).size).toBe(supply);
        },
      ),
      { numRuns: 60, seed: 41 },
    );
  });

  it('redraws the later token of a pair, never the earlier one', () => {
    const specs = planCollection(aCollection({ supply: 8, only: eightTokens }));
    expect(specs[0]?.redraw).toBe(0);
    for (const [index, spec] of specs.entries()) {
      const earlier = new Set(specs.slice(0, index).map(looks));
      for (let redraw = 0; redraw < spec.redraw; redraw += 1) {
        expect(earlier).toContain(looks({ ...spec, redraw }));
      }
    }
    expect(specs.some(({ redraw }) => redraw > 0)).toBe(true);
  });

  it('plans the same specs again', () => {
    const collection = aCollection({ supply: 50 });
    expect(planCollection(collection)).toEqual(planCollection(collection));
  });

  it('gives up on a token after 1,000 redraws and names it', () => {
    // A supply above the space cannot come from the schema; the planner must still end.
    const impossible = { ...aCollection({ supply: 8, only: eightTokens }), supply: 9 };
    const attempt = () => planCollection(impossible);
    expect(attempt).toThrow(TraitsExhausted);
    expect(attempt).toThrow('token 9 of 9 repeats an earlier one after 1000 redraws');
  });
});
