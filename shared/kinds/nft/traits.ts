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
  crown: { Bare: 34, Halo: 18, Crescent: 14, 'Third Star': 12, Wreath: 10, Crown: 8, Orbit: 4 },
  marking: { Shadow: 36, Moonlit: 26, Kintsugi: 16, 'Night Within': 14, 'Sun Rings': 8 },
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

const LAYER_NAMES = Object.keys(LAYERS).filter((name): name is Layer =>
  Object.hasOwn(LAYERS, name),
);

/** The traits of a layer, in the order they are drawn. */
export const traitNames = <L extends Layer>(layer: L): Trait<L>[] =>
  Object.keys(LAYERS[layer]).filter((name): name is Trait<L> => Object.hasOwn(LAYERS[layer], name));

/** The traits a collection allows in some layers; a layer it does not name keeps all of its own. */
export type Allowed = { readonly [L in Layer]?: readonly Trait<L>[] | undefined };

/** The traits one layer can show, with their weights. */
interface Choices<L extends Layer> {
  readonly names: readonly Trait<L>[];
  readonly weights: readonly number[];
  readonly totalWeight: number;
}

/** What can be drawn in every layer. */
export type TraitTable = { readonly [L in Layer]: Choices<L> };

function choices<L extends Layer>(layer: L, allowed: Allowed): Choices<L> {
  const narrowed: readonly Trait<L>[] | undefined = allowed[layer];
  const names = traitNames(layer).filter((name) => narrowed?.includes(name) ?? true);
  const weightByName: Readonly<Record<string, number>> = LAYERS[layer];
  const weights = names.map((name) => weightByName[name] ?? 0);
  return { names, weights, totalWeight: weights.reduce((total, weight) => total + weight, 0) };
}

/** What can be drawn once a collection has narrowed some layers. */
export const traitTable = (allowed: Allowed): TraitTable => ({
  hour: choices('hour', allowed),
  light: choices('light', allowed),
  air: choices('air', allowed),
  land: choices('land', allowed),
  ground: choices('ground', allowed),
  guardian: choices('guardian', allowed),
  crown: choices('crown', allowed),
  marking: choices('marking', allowed),
  eyes: choices('eyes', allowed),
  flora: choices('flora', allowed),
  frame: choices('frame', allowed),
  facing: choices('facing', allowed),
});

/** How many different tokens a table makes. */
export const traitSpace = (table: TraitTable): number =>
  LAYER_NAMES.reduce((space, layer) => space * table[layer].names.length, 1);

/** Draws one trait of every layer, each by its weight among those of its layer. */
export const drawTraits = (random: Random, table: TraitTable): Traits => ({
  hour: draw(random, table.hour),
  light: draw(random, table.light),
  air: draw(random, table.air),
  land: draw(random, table.land),
  ground: draw(random, table.ground),
  guardian: draw(random, table.guardian),
  crown: draw(random, table.crown),
  marking: draw(random, table.marking),
  eyes: draw(random, table.eyes),
  flora: draw(random, table.flora),
  frame: draw(random, table.frame),
  facing: draw(random, table.facing),
});

function draw<L extends Layer>(
  random: Random,
  { names, weights, totalWeight }: Choices<L>,
): Trait<L> {
  let left = random.below(totalWeight);
  const index = weights.findIndex((weight) => {
    left -= weight;
    return left < 0;
  });
  const name = names[index];
  if (name === undefined) throw new RangeError('a layer without traits cannot be drawn from');
  return name;
}

/** Traits as a list, in layer order. */
export const traitEntries = (traits: Traits): { layer: Layer; trait: string }[] =>
  LAYER_NAMES.map((layer) => ({ layer, trait: traits[layer] }));
