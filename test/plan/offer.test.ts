import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  candidates,
  cheapest,
  chosen,
  noCapacity,
  workersWithin,
} from '../../shared/plan/offer.ts';
import type { Offer } from '../../shared/ports.ts';
import { aLease } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const { requirement } = aLease();

const anOffer = (more: Partial<Offer> = {}): Offer => ({
  offerId: '204/1x@1',
  gpuModel: 'RTX 4090',
  gpusPerWorker: 1,
  location: 'US',
  locationId: '1',
  availableWorkers: 10,
  ...more,
});

describe('an offer', () => {
  it.each([
    ['fits', {}, undefined],
    [
      'of a card with too little memory does not',
      { gpuModel: 'nonesuch' },
      'nonesuch does not meet the need',
    ],
    ['with too few GPUs does not', { gpusPerWorker: 0 }, '0 GPUs per worker are too few'],
    ['with one worker free fits', { availableWorkers: 1 }, undefined],
    ['with none free does not', { availableWorkers: 0 }, 'none free'],
    [
      'that was refused before does not',
      { offerId: 'refused' },
      'the provider refused it to this burst',
    ],
  ])('%s', (_what, offer, why) => {
    const { fitting, refused } = candidates(
      [anOffer(offer)],
      requirement,
      () => 2,
      ['refused'],
      settings,
    );
    expect(refused.map((one) => one.why)).toEqual(why === undefined ? [] : [why]);
    expect(fitting).toHaveLength(why === undefined ? 1 : 0);
  });

  it.each([
    { wanted: 1, free: 10, sizes: [4, 2], workers: 2 },
    { wanted: 2, free: 10, sizes: [2, 4], workers: 2 },
    { wanted: 3, free: 10, sizes: [2, 4], workers: 4 },
    { wanted: 9, free: 10, sizes: [2, 4], workers: 4 },
    { wanted: 3, free: 3, sizes: [2, 4], workers: 2 },
    { wanted: 1, free: 1, sizes: [2, 4], workers: undefined },
  ])(
    'with $free workers free and blocks of $sizes gives $workers where $wanted are wanted',
    ({ wanted, free, sizes, workers }) => {
      const blocks = testSettings({ clusters: { maxWorkers: 8, sizes } });
      const offers = [anOffer({ availableWorkers: free })];
      const { fitting } = candidates(offers, requirement, () => wanted, [], blocks);
      expect(fitting[0]?.workers).toBe(workers);
    },
  );

  it('elsewhere than allowed does not fit', () => {
    const need = { ...requirement, locations: ['DE'] };
    const { refused } = candidates(
      [anOffer(), anOffer({ location: 'DE' })],
      need,
      () => 2,
      [],
      settings,
    );
    expect(refused.map(({ why }) => why)).toEqual(['US is not among the allowed locations']);
  });

  it('where the deployment has ceased to rent does not fit, whatever was accepted before', () => {
    const narrowed = { ...settings, allowedLocations: ['DE'] };
    const need = { ...requirement, locations: ['DE', 'US'] };
    const offers = [anOffer(), anOffer({ location: 'DE' })];
    const { fitting, refused } = candidates(offers, need, () => 2, [], narrowed);
    expect(fitting.map(({ offer }) => offer.location)).toEqual(['DE']);
    expect(refused.map(({ why }) => why)).toEqual([
      'US is not among the locations of this deployment',
    ]);
  });

  it.each([
    [{ vramGb: 24 }, 1],
    [{ vramGb: 25 }, 0],
    [{ gpuModels: ['RTX 3090'] }, 0],
    [{ gpuModels: ['RTX 3090', 'RTX 4090'] }, 1],
  ])('is never a substitute for what was asked for: %j', (need, fits) => {
    const asked = { ...requirement, need: { ...requirement.need, ...need } };
    expect(candidates([anOffer()], asked, () => 2, [], settings).fitting).toHaveLength(fits);
  });

  it.each([
    ['one worker per slot', 3, {}, 3],
    ['as many as are free', 3, { availableWorkers: 2 }, 2],
    ['no more than a cluster may have', 9, {}, settings.clusters.maxWorkers],
    ['fewer machines with several slots', 3, { gpusPerWorker: 2 }, 2],
  ])('is cut to the size that is wanted: %s', (_how, slots, offer, workers) => {
    const [candidate] = candidates(
      [anOffer(offer)],
      requirement,
      () => slots,
      [],
      settings,
    ).fitting;
    expect(candidate?.workers).toBe(workers);
  });
});

describe('an offer for tasks that several workers must do', () => {
  const asked = { ...requirement, minWorkers: 3 };

  it.each([
    ['has that many workers, however little there is to do', 1, {}, 3],
    ['has more where there is more to do', 4, {}, 4],
    ['has that many machines, however many slots one has', 8, { gpusPerWorker: 8 }, 3],
    ['fits with just as many free', 1, { availableWorkers: 3 }, 3],
    ['does not fit with one fewer', 1, { availableWorkers: 2 }, undefined],
  ])('%s', (_what, slots, offer, workers) => {
    const { fitting, refused } = candidates([anOffer(offer)], asked, () => slots, [], settings);
    expect(fitting[0]?.workers).toBe(workers);
    expect(refused.map(({ why }) => why)).toEqual(
      workers === undefined ? ['2 workers can be had, 3 are needed'] : [],
    );
  });

  it('does not fit a deployment whose clusters have become smaller since', () => {
    const narrowed = testSettings({ clusters: { maxWorkers: 2 } });
    expect(candidates([anOffer()], asked, () => 1, [], narrowed).fitting).toEqual([]);
  });
});

describe('no capacity', () => {
  const why = (offers: readonly Offer[], locations?: string[]) => {
    const need = { ...requirement, locations };
    return noCapacity(candidates(offers, need, () => 2, ['refused'], settings).refused, need);
  };

  it.each([
    ['no offers', [], undefined, 'nothing is on offer'],
    ['a full one', [anOffer({ availableWorkers: 0 })], undefined, '204/1x@1: none free'],
    [
      'one elsewhere',
      [anOffer()],
      ['DE'],
      'nothing is on offer; on offer outside the allowed locations: RTX 4090 in US',
    ],
    ['a full one elsewhere', [anOffer({ availableWorkers: 0 })], ['DE'], 'nothing is on offer'],
    [
      'one here and some elsewhere',
      [
        anOffer({ offerId: 'refused', location: 'DE' }),
        anOffer(),
        anOffer({ offerId: '204/8x@1', gpusPerWorker: 8 }),
        anOffer({ offerId: '280/1x@3', gpuModel: 'H100 SXM', location: 'JP' }),
      ],
      ['DE'],
      'refused: the provider refused it to this burst; on offer outside the allowed locations: RTX 4090 in US, H100 SXM in JP',
    ],
  ])('is told with what there is: %s', (_what, offers, locations, told) => {
    expect(why(offers, locations)).toBe(told);
  });

  it('names five of many', () => {
    const many = Array.from({ length: 9 }, (_, n) => anOffer({ location: `A${'BCDEFGHIJ'[n]}` }));
    expect(why(many, ['DE']).match(/RTX 4090/g)).toHaveLength(5);
    const full = many.map((offer) => ({ ...offer, availableWorkers: 0 }));
    expect(why(full).match(/none free/g)).toHaveLength(5);
  });
});

describe('the cheapest offer', () => {
  const priced = (offerId: string, workers: number, termMicroUsd: number, gpusPerWorker = 1) => ({
    offer: anOffer({ offerId, gpusPerWorker }),
    ...{ workers, termMicroUsd, wantedSlots: 4 },
  });
  const best = (all: ReturnType<typeof priced>[]) => cheapest(all, 1)?.offer.offerId;

  it.each([
    [
      'has the lowest price of a slot, not of a cluster',
      [priced('a', 1, 300), priced('b', 4, 1000)],
      'b',
    ],
    ['counts no slot nobody wants', [priced('a', 4, 1000), priced('b', 1, 1200, 8)], 'a'],
    ['of two with one price spares more', [priced('a', 1, 1000, 8), priced('b', 4, 1000)], 'b'],
    ['of two alike is the first by name', [priced('b', 4, 1000), priced('a', 4, 1000)], 'a'],
  ])('%s', (_what, all, expected) => {
    expect(best(all)).toBe(expected);
  });

  it.each([
    ['the slow one where it needs no more slots', 1, 1, 'slow'],
    ['the fast one where it saves enough of them', 4, 2, 'fast'],
    ['the slow one where they cost as much', 3, 2, 'slow'],
  ])('is %s: %i slow slots or %i fast ones', (_what, slow, fast, expected) => {
    const all = [
      { ...priced('slow', slow, 200 * slow), wantedSlots: slow },
      { ...priced('fast', fast, 301 * fast), wantedSlots: fast },
    ];
    expect(best(all)).toBe(expected);
  });

  it('is not the slow one that brings half of what is wanted for a little less', () => {
    const half = { ...priced('slow', 4, 900), wantedSlots: 8 };
    expect(best([half, { ...priced('fast', 2, 1000), wantedSlots: 2 }])).toBe('fast');
  });

  it('is none of none', () => {
    expect(cheapest([], 1)).toBeUndefined();
  });

  it('does not depend on the order of the offers', () => {
    const any = fc.record({
      id: fc.string({ minLength: 1, maxLength: 3 }),
      workers: fc.integer({ min: 1, max: 4 }),
      price: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(any, { selector: ({ id }) => id }),
        fc.integer(),
        (drawn, seed) => {
          const all = drawn.map(({ id, workers, price }) => priced(id, workers, price));
          const turned = all.toSorted((a, b) => ((a.offer.offerId.length * seed) % 7) - b.workers);
          expect(best(turned)).toBe(best(all));
        },
      ),
    );
  });

  it('is kept as it was quoted', () => {
    const { offer, ...rest } = priced('a', 3, 900);
    expect(chosen({ offer, ...rest })).toEqual({
      offerId: 'a',
      gpuModel: 'RTX 4090',
      location: 'US',
      locationId: '1',
      gpusPerWorker: 1,
      workers: 3,
      termMicroUsd: 900,
    });
  });
});

describe('of a cluster that costs more than is left, as many workers are rented', () => {
  const three = { workers: 3, termMicroUsd: 57_000_000 };

  it.each([
    ['as are paid for', 38_000_000, {}, undefined, 2],
    ['one fewer a micro-dollar below that', 37_999_999, {}, undefined, 1],
    ['none where not even one is paid for', 18_999_999, {}, undefined, undefined],
    ['as are needed at least', 38_000_000, { minWorkers: 2 }, undefined, 2],
    ['none where more are needed', 38_000_000, { minWorkers: 3 }, undefined, undefined],
    ['as make a size that can be had', 38_000_000, {}, [1, 3], 1],
    ['none where no size is that small', 38_000_000, {}, [3], undefined],
    // The cap said no to all of them, whatever it says by now.
    ['fewer than were refused', 99_000_000, {}, undefined, 2],
  ])('%s', (_what, left, needs, sizes, expected) => {
    const clusters = { ...settings.clusters, sizes };
    expect(workersWithin(left, three, needs, clusters)).toBe(expected);
  });
});
