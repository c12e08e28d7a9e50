import type { Random } from '../random.ts';
import type { Trait } from '../traits.ts';
import {
  disc,
  ellipse,
  limb,
  ONE,
  type Point,
  partway,
  quotient,
  type Ring,
  sine,
  smoothRing,
  TURN,
  UNITS,
} from './geometry.ts';
import { flat, glow, mixed, vertical } from './paint.ts';
import { band, FOOTING, GROUND_FOOT, HORIZON, type Scene } from './scene.ts';

/** What lies between the land and the knoll. */
export function paintGround(scene: Scene): void {
  GROUNDS[scene.traits.ground](scene, scene.random('ground'));
}

const GROUNDS: Readonly<Record<Trait<'ground'>, (scene: Scene, random: Random) => void>> = {
  'Still Lake': (scene, random) => {
    water(scene);
    glitter(scene, random);
  },
  Mist: (scene, random) => mist(scene, random),
  Waves: (scene) => waves(scene),
  Snowfield: (scene, random) => snow(scene, random),
  'Lantern River': (scene, random) => {
    water(scene);
    glitter(scene, random);
    lanterns(scene, random);
  },
};

function water({ canvas, palette }: Scene): void {
  canvas.fill(
    [[band(HORIZON + 40, GROUND_FOOT)]],
    vertical([
      [HORIZON + 40, mixed(palette.horizon, palette.sky, 50)],
      [HORIZON + 420, mixed(palette.sky, palette.near, 60)],
      [FOOTING + 100, mixed(palette.zenith, palette.near, 150)],
    ]),
  );
}

/** The light's path over the water: short strokes, wider and rarer toward us. */
function glitter({ canvas, palette, light }: Scene, random: Random): void {
  for (let row = 0; row < 46; row += 1) {
    const y = HORIZON + 56 + row * 20;
    const reach = 300 + row * 12;
    for (let stroke = 0; stroke < 3; stroke += 1) {
      const x = light[0] + random.between(-reach, reach);
      const half = quotient((reach - Math.abs(x - light[0])) * random.between(20, 70), 100) >> 1;
      canvas.fill(
        limb([
          [x - half, y, 3],
          [x, y, 13],
          [x + half, y, 3],
        ]),
        flat(palette.light, partway(220, 60, row, 46)),
      );
    }
  }
  for (let line = 0; line < 26; line += 1) {
    const x = random.below(UNITS);
    const y = HORIZON + 70 + random.below(800);
    const half = random.between(60, 300);
    canvas.fill(
      limb([
        [x - half, y, 2],
        [x, y, 8],
        [x + half, y, 2],
      ]),
      flat(palette.horizon, 70),
    );
  }
}

function mist({ canvas, palette }: Scene, random: Random): void {
  for (let bank = 0; bank < 4; bank += 1) {
    const y = HORIZON - 20 + bank * 190;
    const phase = random.below(TURN);
    const edge = Array.from(
      { length: 60 },
      (_, index): Point => [
        partway(-80, UNITS + 80, index, 59),
        y +
          quotient(70 * sine(phase + index * 130), ONE) +
          quotient(30 * sine(phase + index * 310), ONE),
      ],
    );
    const ring: Ring = [[-80, GROUND_FOOT], ...edge, [UNITS + 80, GROUND_FOOT]];
    const colour = mixed(palette.far, palette.near, 60 + bank * 45);
    canvas.fill(
      [[ring]],
      vertical([
        [y - 60, mixed(colour, palette.horizon, 60)],
        [y + 320, mixed(colour, palette.horizon, 175)],
      ]),
    );
  }
  for (let band = 0; band < 5; band += 1) {
    const x = random.below(UNITS);
    const y = HORIZON + random.between(-60, 620);
    const half = random.between(600, 1500);
    canvas.fill(
      [[ellipse([x, y], half, random.between(24, 60))]],
      flat(mixed(palette.horizon, palette.light, 80), 60),
    );
  }
}

/** Rows of concentric arcs (seigaiha), each row half a wave aside and larger than the one behind. */
function waves({ canvas, palette }: Scene): void {
  canvas.fill([[band(HORIZON + 40, GROUND_FOOT)]], flat(mixed(palette.sky, palette.near, 90)));
  let y = HORIZON + 90;
  for (let row = 0; y < FOOTING + 60; row += 1) {
    const radius = 110 + row * 17;
    const tone = mixed(
      mixed(palette.horizon, palette.sky, 110),
      palette.near,
      Math.min(200, row * 28),
    );
    for (let x = row % 2 === 0 ? 0 : radius; x < UNITS + radius; x += radius * 2) {
      for (let arc = 0; arc < 4; arc += 1) {
        const size = quotient(radius * (100 - arc * 24), 100);
        const colour = arc % 2 === 0 ? mixed(tone, palette.horizon, 130) : tone;
        canvas.fill([[disc([x, y + radius - 20], size)]], flat(colour));
        canvas.fill(
          [[disc([x, y + radius - 20], size - quotient(radius * 7, 100))]],
          flat(arc % 2 === 0 ? tone : mixed(tone, palette.near, 60)),
        );
      }
    }
    y += quotient(radius * 62, 100);
  }
}

function snow({ canvas, palette }: Scene, random: Random): void {
  const bright = mixed(palette.light, palette.horizon, 90);
  for (let drift = 0; drift < 3; drift += 1) {
    const y = HORIZON + 30 + drift * 230;
    const ring = smoothRing([
      [-500, GROUND_FOOT, true],
      [-500, y + random.between(-60, 60), false],
      [random.between(600, 1400), y + random.between(-90, 60), false],
      [random.between(2200, 3200), y + random.between(-60, 110), false],
      [UNITS + 500, y + random.between(-60, 60), false],
      [UNITS + 500, GROUND_FOOT, true],
    ]);
    canvas.fill(
      [[ring]],
      vertical([
        [y - 60, mixed(bright, palette.sky, 20 + drift * 24)],
        [y + 420, mixed(bright, palette.sky, 150 + drift * 20)],
      ]),
    );
  }
  for (let flake = 0; flake < 130; flake += 1) {
    const centre: Point = [random.below(UNITS), random.below(FOOTING)];
    canvas.fill(
      [[disc(centre, random.between(6, 17))]],
      flat(mixed(palette.star, palette.paper, 128), random.between(90, 230)),
    );
  }
}

/** Paper lanterns adrift, each with its light on the water. */
function lanterns({ canvas, palette }: Scene, random: Random): void {
  for (let lantern = 0; lantern < 17; lantern += 1) {
    const depth = quotient(lantern * lantern * 560, 17 * 17);
    const y = HORIZON + 110 + depth;
    const x = random.between(150, UNITS - 150);
    const size = 20 + quotient(depth, 14);
    canvas.fill([[disc([x, y], size * 5)]], glow([x, y], size * 5, palette.accent, 190), 'light');
    canvas.fill([[ellipse([x, y + size * 2], size, size)]], flat(palette.accent, 90));
    canvas.fill(
      [
        [
          [
            [x - size, y - size],
            [x + size, y - size],
            [x + quotient(size * 7, 10), y + size],
            [x - quotient(size * 7, 10), y + size],
          ],
        ],
      ],
      vertical([
        [y - size, mixed(palette.light, palette.accent, 60)],
        [y + size, palette.accent],
      ]),
    );
  }
}
