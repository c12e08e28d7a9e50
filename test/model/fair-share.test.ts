import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  levelOf,
  type Sharer,
  sharesOf,
  yieldingIn,
  yieldingInWords,
  yieldingOf,
} from '../../shared/model/fair-share.ts';
import { Tenant } from '../../shared/model/ids.ts';

const named = (tenant: string, used: number, wants: number, weight = 1): Sharer => ({
  tenant: Tenant.parse(tenant),
  weight,
  usedMicroUsd: used,
  wantsMicroUsd: wants,
});
const sum = (amounts: readonly number[]) => amounts.reduce((all, amount) => all + amount, 0);
const demand = ({ usedMicroUsd, wantsMicroUsd }: Sharer) => usedMicroUsd + wantsMicroUsd;
const usedBy = (sharers: readonly Sharer[]) => sum(sharers.map((one) => one.usedMicroUsd));

/** A cap that holds what is used, with so much left of it; all that is used is held. */
const leaving = (availableMicroUsd: number, sharers: readonly Sharer[]) => {
  const heldMicroUsd = usedBy(sharers);
  const capMicroUsd = availableMicroUsd + heldMicroUsd;
  return { scope: 'stack', capMicroUsd, availableMicroUsd, heldMicroUsd };
};
const judge = (available: number, asks: Sharer, ...others: Sharer[]) =>
  yieldingOf(asks, others, leaving(available, [asks, ...others]));

describe('shares', () => {
  it.each<[string, number, Sharer[], number[]]>([
    ['a lone tenant has all it demands', 10, [named('a', 4, 6)], [10]],
    ['a lone tenant has no more than there is', 10, [named('a', 4, 60)], [10]],
    ['equal demands are met equally', 10, [named('a', 9, 9), named('b', 0, 9)], [5, 5]],
    ['what one leaves is the others', 10, [named('a', 9, 9), named('b', 0, 2)], [8, 2]],
    ['weights count', 12, [named('a', 0, 20, 3), named('b', 0, 20, 1)], [9, 3]],
    [
      'weights count among those that are left',
      12,
      [named('a', 0, 20, 2), named('b', 0, 20, 1), named('c', 0, 3, 9)],
      [6, 3, 3],
    ],
    ['nothing is shared where there is less than nothing', -1, [named('a', 0, 2)], [0]],
  ])('%s', (_, capacity, sharers, shares) => {
    expect(sharesOf(capacity, sharers)).toEqual(shares);
  });
});

describe('a tenant that asks', () => {
  it.each([
    ['one below what all want', 5, true],
    ['what all want', 6, false],
    ['one above', 7, false],
  ])('over its share yields while there is %s', (_, available, yields) => {
    const outcome = judge(available, named('amber', 8, 3), named('birch', 2, 3));
    expect(outcome !== undefined).toBe(yields);
  });

  it.each([
    ['below its share', 4, false],
    ['up to its share', 5, false],
    ['one above it', 6, true],
  ])('yields with %s', (_, used, yields) => {
    // Of 16, birch demands 8 and amber may have 8.
    const outcome = yieldingOf(named('amber', used, 3), [named('birch', 1, 7)], {
      ...{ scope: 'stack', capMicroUsd: 16, availableMicroUsd: 16 - used - 1, heldMicroUsd: 7 },
    });
    expect(outcome !== undefined).toBe(yields);
  });

  it.each([
    ['one less than it has', 4, true],
    ['as much', 5, false],
    ['one more', 6, false],
  ])('lets one go first that has %s for its weight', (_, other, yields) => {
    const outcome = judge(5, named('amber', 10, 4, 2), named('birch', other, 4));
    expect(outcome !== undefined).toBe(yields);
  });

  it.each([
    ['all holds given back would just meet', 13, true],
    ['nothing could meet', 14, false],
  ])('yields to a demand that %s', (_, wants, yields) => {
    const outcome = judge(5, named('amber', 8, 2), named('birch', 0, wants));
    expect(outcome !== undefined).toBe(yields);
  });

  it('is told the numbers, in words that give them back', () => {
    const yields = judge(1_500_000, named('amber', 1_000_000, 900_000), named('birch', 0, 900_000));
    expect(yields).toEqual({
      ...{ tenant: 'amber', scope: 'stack', capMicroUsd: 2_500_000, waiting: 1 },
      ...{ usedMicroUsd: 1_000_000, wantsMicroUsd: 900_000, shareMicroUsd: 1_600_000 },
    });
    const words = yields && yieldingInWords(yields);
    expect(words).toBe(
      'fair-share: tenant amber has 1 USD of the 2.5 USD stack cap and asks for 0.9; its share beside 1 waiting tenant is 1.6 USD',
    );
    expect(yieldingIn(`BudgetExceeded: ${words}`)?.facts).toEqual({
      ...{ scope: 'stack', hasUsd: 1, capUsd: 2.5, asksUsd: 0.9, waiting: 1, shareUsd: 1.6 },
    });
    expect(yieldingIn('budget: 1 USD are needed, 0 are left of the stack cap')).toBeUndefined();
  });
});

const amount = fc.integer({ min: 0, max: 1000 });
const sharer = (tenant: string) =>
  fc.record({
    tenant: fc.constant(Tenant.parse(tenant)),
    weight: fc.integer({ min: 1, max: 1000 }),
    usedMicroUsd: amount,
    wantsMicroUsd: amount,
  });
const asking = sharer('a').map((one) => ({ ...one, wantsMicroUsd: one.wantsMicroUsd + 1 }));
const others = fc
  .tuple(sharer('b'), sharer('c'), sharer('d'))
  .chain((all) => fc.subarray(all, { minLength: 0 }));

describe('whatever tenants have and want,', () => {
  it('shares together are the capacity, or all demands where those are less', () => {
    fc.assert(
      fc.property(amount, asking, others, (capacity, one, more) => {
        const all = [one, ...more];
        const shares = sharesOf(capacity, all);
        expect(sum(shares)).toBe(Math.min(capacity, sum(all.map(demand))));
        shares.forEach((share, place) => {
          expect(share).toBeGreaterThanOrEqual(0);
          expect(share).toBeLessThanOrEqual(all[place] ? demand(all[place]) : 0);
        });
      }),
    );
  });

  it('nobody whose demand is unmet has less for its weight than another, but for rounding', () => {
    fc.assert(
      fc.property(amount, asking, others, (capacity, one, more) => {
        const all = [one, ...more];
        const shares = sharesOf(capacity, all);
        all.forEach((unmet, place) => {
          const share = shares[place] ?? 0;
          if (share === demand(unmet)) return;
          all.forEach(({ weight }, other) => {
            const theirs = (shares[other] ?? 0) - all.length;
            expect(theirs / weight).toBeLessThanOrEqual((share + all.length) / unmet.weight);
          });
        });
      }),
    );
  });

  it('a share falls neither with more capacity nor with more weight, but for rounding', () => {
    fc.assert(
      fc.property(amount, asking, others, amount, amount, (capacity, one, more, extra, heavier) => {
        const [share = 0] = sharesOf(capacity, [one, ...more]);
        const slack = more.length + 1;
        const [richer = 0] = sharesOf(capacity + extra, [one, ...more]);
        expect(richer).toBeGreaterThanOrEqual(share - slack);
        const weighty = { ...one, weight: one.weight + heavier };
        const [larger = 0] = sharesOf(capacity, [weighty, ...more]);
        expect(larger).toBeGreaterThanOrEqual(share - slack);
      }),
    );
  });

  it('nobody yields within its share, to nobody, or where all that is wanted is there', () => {
    fc.assert(
      fc.property(amount, asking, others, (available, one, more) => {
        const yields = judge(available, one, ...more);
        if (yields === undefined) return;
        expect(demand(one)).toBeGreaterThan(yields.shareMicroUsd);
        expect(yields.waiting).toBeGreaterThan(0);
        expect(sum([one, ...more].map(({ wantsMicroUsd }) => wantsMicroUsd))).toBeGreaterThan(
          available,
        );
      }),
    );
  });

  it('of those that wait somebody need not yield, so nothing is kept from all', () => {
    fc.assert(
      fc.property(amount, asking, others, (available, one, more) => {
        const all = [one, ...more].filter(({ wantsMicroUsd }) => wantsMicroUsd > 0);
        const least = all.toSorted((a, b) => levelOf(a) - levelOf(b))[0] ?? one;
        const rest = [one, ...more].filter((other) => other !== least);
        expect(judge(available, least, ...rest)).toBeUndefined();
      }),
    );
  });

  it('whoever yields leaves what those below it can have', () => {
    fc.assert(
      fc.property(amount, asking, others, (available, one, more) => {
        if (judge(available, one, ...more) === undefined) return;
        const below = more.filter(
          (other) => other.wantsMicroUsd > 0 && levelOf(other) < levelOf(one),
        );
        expect(below.length).toBeGreaterThan(0);
        const needed = sum(below.map(({ wantsMicroUsd }) => wantsMicroUsd));
        expect(available - one.wantsMicroUsd).toBeLessThan(needed);
      }),
    );
  });

  it('who yields would yield with less weight too, and who goes on would with more', () => {
    fc.assert(
      fc.property(amount, asking, others, amount, (available, one, more, heavier) => {
        const weighty = { ...one, weight: one.weight + heavier + 1 };
        // A share is whole: near its edge a rounding may tell either way.
        fc.pre(more.every(({ weight }) => weight < 100) && one.weight < 100);
        const light = judge(available, one, ...more);
        const heavy = judge(available, weighty, ...more);
        if (light !== undefined) return;
        expect(heavy === undefined || demand(one) - heavy.shareMicroUsd <= 4).toBe(true);
      }),
    );
  });
});
