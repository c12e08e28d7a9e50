import type { Trait } from '../traits.ts';
import { type Colour, hex } from './paint.ts';

/** The colours of one hour of the day. Everything in a picture is mixed from these. */
export interface Palette {
  /** The sky from its top, over its middle, down to the horizon. */
  readonly zenith: Colour;
  readonly sky: Colour;
  readonly horizon: Colour;
  /** Moon and sun, and what they touch. */
  readonly light: Colour;
  readonly star: Colour;
  /** Ridges, from the farthest to the nearest. */
  readonly far: Colour;
  readonly near: Colour;
  /** What stands in front of the light. */
  readonly ink: Colour;
  /** The one colour that does not belong: lanterns, seal, gold in the cracks. */
  readonly accent: Colour;
  readonly paper: Colour;
  /** Lines printed on the paper. */
  readonly line: Colour;
}

const BLACK = hex('000000');

const palette = (digits: string): Palette => {
  const [
    zenith = BLACK,
    sky = BLACK,
    horizon = BLACK,
    light = BLACK,
    star = BLACK,
    far = BLACK,
    near = BLACK,
    ink = BLACK,
    accent = BLACK,
    paper = BLACK,
    line = BLACK,
  ] = digits.split(' ').map(hex);
  return { zenith, sky, horizon, light, star, far, near, ink, accent, paper, line };
};

/** In the order of the fields of `Palette`. */
export const PALETTES: Readonly<Record<Trait<'hour'>, Palette>> = {
  'Indigo Hour': palette(
    '0b1437 2c3d85 f0b089 fff1d0 fff4dc 6172b4 141d45 070b1e ff8a5b f4ead7 1b2450',
  ),
  'Rose Dusk': palette(
    '2b1b4d a0407a ffb899 fff4dc ffe9d6 b56d9a 32174a 170a26 ffd166 f8ebe0 4a1f52',
  ),
  'Harvest Gold': palette(
    '6b3d12 d0912f ffedb8 fff9e2 fff6d6 cf9f52 56351a 24140a b3261e f6ecd2 5a3413',
  ),
  'Jade Dawn': palette(
    '0d3b3e 3f8f7f f5e9ac fffbe0 f3fbe0 74b49e 12413f 061d1f e4572e f2eedc 14494a',
  ),
  'Frost Noon': palette(
    '2a5a86 7fb4d6 f1f7f4 ffffff ffffff b0cfdf 33607f 0e2639 e63946 f4f6f2 2b5778',
  ),
  'Violet Hour': palette(
    '14082e 54309a eda3d3 ffe9f7 f6e2ff 8460c0 1f1144 0b0620 7ef0d0 efe6f2 2f1a5c',
  ),
  'Deep Tide': palette(
    '031a26 0b5a69 9be8d2 eafff6 dffff4 33908f 06323d 02121a ff9f68 e9f1e8 0a4250',
  ),
  'Ember Evening': palette(
    '3a0d1e bf3a22 ffbd58 fff0b3 ffe6b0 cb5a33 40121a 1a0609 ffe08a f5e6ca 571324',
  ),
  'Rain Slate': palette(
    '2e3844 6d8091 d8dcd6 f8f5e8 eef2f0 929fa9 303b46 12181e d1495b ece8df 37434f',
  ),
  'Ink Wash': palette(
    'a9a69c d6d2c5 f5f1e4 c8102e 6d6a63 b7b4aa 4d4b47 131313 c8102e f8f4ea 2a2926',
  ),
  'Blood Moon': palette(
    '12040a 521019 d9412f ff7350 ffb09a 7e2026 26070f 0c0206 ffd9a0 efe0d0 4a0d16',
  ),
  'Gilded Night': palette(
    '060609 15131c 5a471b ffd873 ffe29a 40351b 120f12 050406 ffcf5c 0e0c12 c79a3c',
  ),
};
