import type { Random } from './random.ts';

/**
 * What a token can be: for every layer its traits, each with a relative integer weight. Weights of
 * one layer need not add up to anything.
 *
 * The order of layers is the order they are drawn in; with the weights it is part of what a seed
 * means. Changing either changes every collection, so it goes with a new `RENDERER`.
 */
export const LAYERS = {
  hour: {
    'Indigo Hour': 14,
    'Rose Dusk': 13,
    'Harvest Gold': 12,
    'Jade Dawn': 12,
    'Frost Noon': 11,
    'Violet Hour': 10,
    'Deep Tide': 9,
    'Ember Evening': 9,
    'Rain Slate': 8,
    'Ink Wash': 4,
    'Blood Moon': 3,
    'Gilded Night': 1,
  },
  light: {
    'Full Moon': 26,
    Crescent: 22,
    'Low Sun': 20,
    'Ringed World': 12,
    'Twin Moons': 10,
    Comet: 7,
    Eclipse: 3,
  },
  air: {
    Clear: 24,
    Starfield: 22,
    'Cloud Bands': 20,
    Birds: 14,
    Constellation: 9,
    'Meteor Rain': 7,
    Aurora: 4,
  },
  land: {
    Alps: 22,
    'Pine Hills': 20,
    Dunes: 18,
    Mesas: 15,
    'Sea Stacks': 12,
    Karst: 9,
    Volcano: 4,
  },
  ground: { 'Still Lake': 30, Mist: 26, Waves: 20, Snowfield: 16, 'Lantern River': 8 },
  guardian: {
    Hare: 18,
    Fox: 17,
    Heron: 15,
    Cat: 14,
    Owl: 12,
    Stag: 10,
    Wolf: 8,
    Bear: 5,
    'Sky Whale': 1,
  },
  crown: { Bare: 34, Halo: 18, Crescent: 14, 'Third Star': 12, Wreath: 10, Crown: 8, 'Orbit': 4 },
  marking: { Shadow: 36, Moonlit: 26, Kintsugi: 16, 'Night Within': 14, 'Sun Bands': 8 },
  eyes: { Closed: 20, Ember: 32, Pearl: 28, Jade: 16, Void: 4 },
  flora: { Grass: 24, Reeds: 20, Pines: 18, Blossom: 16, Birches: 12, Lanterns: 10 },
  frame: { Plain: 26, Arch: 24, 'Double Line': 20, 'Moon Gate': 14, Octagon: 10, Reliquary: 6 },
  facing: { East: 1, West: 1 },
} as const satisfies Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The name of a layer. */
export type Layer = keyof typeof LAYERS;

/** The name of a trait of one layer. */
export type Trait<L extends Layer> = keyof (typeof LAYERS)[L] & string;

/** One trait of every layer: what a token shows. */
export type Traits = { readonly [L in Layer]: Trait<L> };
