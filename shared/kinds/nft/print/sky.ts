import type { Random } from '../random.ts';
import type { Trait } from '../traits.ts';
import {
  disc,
  limb,
  ONE,
  type Point,
  partway,
  quotient,
  type Ring,
  rectangle,
  sine,
  star,
  TURN,
  UNITS,
} from './geometry.ts';
import { flat, glow, mixed, vertical } from './paint.ts';
import { band, LAND_FOOT, type Scene } from './scene.ts';

/** The sky and what hangs in the air, painted before the lights. */
export function paintSky(scene: Scene): void {
  const { canvas, palette, light } = scene;
  canvas.fill(
    [[band(-64, LAND_FOOT)]],
    vertical([
      [0, palette.zenith],
      [1450, palette.sky],
      [2450, palette.horizon],
    ]),
  );
  canvas.fill(
    [[disc(light, 2300)]],
    glow(light, 2300, mixed(palette.horizon, palette.light, 128), 120),
    'light',
  );
  AIR[scene.traits.air](scene, scene.random('air'));
}

const AIR: Readonly<Record<Trait<'air'>, (scene: Scene, random: Random) => void>> = {
  Clear: (scene, random) => stars(scene, random, 40),
  Starfield: (scene, random) => {
    stars(scene, random, 240);
    for (let count = 0; count < 7; count += 1) {
      const centre: Point = [random.between(300, 3800), random.between(250, 1500)];
      scene.canvas.fill(
        [[star(centre, 4, random.between(36, 70), 5)]],
        flat(scene.palette.star, 230),
      );
    }
  },
  'Cloud Bands': (scene, random) => {
    stars(scene, random, 30);
    cloudBands(scene, random);
  },
  Birds: (scene, random) => {
    stars(scene, random, 24);
    birds(scene, random);
  },
  Constellation: (scene, random) => {
    stars(scene, random, 110);
    constellation(scene, random);
  },
  'Meteor Rain': (scene, random) => {
    stars(scene, random, 120);
    meteors(scene, random);
  },
  Aurora: (scene, random) => {
    stars(scene, random, 120);
    aurora(scene, random);
  },
};

function stars({ canvas, palette }: Scene, random: Random, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const y = quotient(random.below(2200) * random.between(30, 100), 100); // denser toward the top
    const centre: Point = [random.below(UNITS), y];
    const radius = random.chance(1, 9) ? random.between(11, 15) : random.between(5, 9);
    const alpha = partway(random.between(120, 255), 20, y, 2300);
    canvas.fill([[disc(centre, radius)]], flat(palette.star, alpha));
  }
}

/** Long flat clouds with round ends, as in a woodblock print. */
function cloudBands({ canvas, palette }: Scene, random: Random): void {
  const colour = mixed(palette.horizon, palette.light, 110);
  for (let cloud = 0; cloud < 6; cloud += 1) {
    const y = partway(420, 2150, cloud, 5) + random.between(-90, 90);
    const x = random.between(0, UNITS);
    const thickness = partway(44, 84, cloud, 5);
    const bars = Array.from({ length: 4 }, (_, bar) => {
      const length = random.between(500, 1500) - (bar % 3) * 160;
      const middle = x + random.between(-500, 500);
      const level = y + (bar - 1) * thickness;
      return limb([
        [middle - (length >> 1), level, thickness + 6],
        [middle + (length >> 1), level, thickness + 6],
      ]);
    });
    canvas.fill(
      bars.flat(),
      vertical([
        [y - 110, colour, 190],
        [y + 240, colour, 30],
      ]),
    );
  }
}

function birds({ canvas, palette, facing }: Scene, random: Random): void {
  const [leadX, leadY]: Point = [
    2048 + facing * random.between(300, 1100),
    random.between(520, 1000),
  ];
  for (let bird = 0; bird < 11; bird += 1) {
    const rank = (bird + 1) >> 1;
    const side = bird % 2 === 0 ? 1 : -1;
    const x = leadX - facing * rank * 150 + random.between(-30, 30);
    const y = leadY + side * rank * 62 + rank * 20 + random.between(-18, 18);
    const wing = 78 - rank * 4;
    const lift = random.between(18, 46);
    canvas.fill(
      limb([
        [x - wing, y - lift, 3],
        [x - (wing >> 1), y - lift - 6, 12],
        [x, y, 15],
        [x + (wing >> 1), y - lift - 6, 12],
        [x + wing, y - lift, 3],
      ]),
      flat(mixed(palette.near, palette.ink, 128), 235),
    );
  }
}

function constellation({ canvas, palette }: Scene, random: Random): void {
  const left = random.between(500, 1500);
  const points = Array.from(
    { length: 8 },
    (_, index): Point => [left + index * 230 + random.between(-80, 80), random.between(380, 1250)],
  );
  points.forEach(([x, y], index) => {
    const next = points[index + 1];
    if (next !== undefined)
      canvas.fill(
        limb([
          [x, y, 7],
          [next[0], next[1], 7],
        ]),
        flat(palette.star, 120),
      );
    const fork = points[index + 2];
    if (fork !== undefined && random.chance(1, 3)) {
      canvas.fill(
        limb([
          [x, y, 6],
          [fork[0], fork[1], 6],
        ]),
        flat(palette.star, 90),
      );
    }
  });
  for (const point of points) {
    canvas.fill([[disc(point, 90)]], glow(point, 90, palette.star, 130), 'light');
    canvas.fill([[star(point, 4, random.between(34, 58), 9)]], flat(palette.star));
  }
}

function meteors({ canvas, palette, facing }: Scene, random: Random): void {
  for (let meteor = 0; meteor < 9; meteor += 1) {
    const x = random.between(300, 3800);
    const y = random.between(200, 1500);
    const length = random.between(260, 760);
    const dx = facing * length;
    const tail: Ring = [
      [x - 7, y - 3],
      [x + dx, y - quotient(length * 3, 5)],
      [x + 7, y + 3],
    ];
    canvas.fill(
      [[tail]],
      vertical([
        [y - quotient(length * 3, 5), palette.star, 0],
        [y, palette.star, 220],
      ]),
    );
    canvas.fill([[disc([x, y], 60)]], glow([x, y], 60, palette.star, 200), 'light');
    canvas.fill([[disc([x, y], 11)]], flat(palette.star));
  }
}

/** Hanging curtains: thin upright strips whose feet follow a slow wave. */
function aurora({ canvas, palette }: Scene, random: Random): void {
  for (let curtain = 0; curtain < 3; curtain += 1) {
    const foot = random.between(1250, 1650) - curtain * 260;
    const phase = random.below(TURN);
    const colour = curtain === 1 ? mixed(palette.accent, palette.light, 90) : palette.accent;
    for (let x = -40; x < UNITS + 40; x += 26) {
      const wave = quotient(230 * sine(phase + x + (curtain + 1) * 240), ONE);
      const ripple = quotient(60 * sine(phase * 3 + x * 4), ONE);
      const height =
        620 +
        quotient(330 * sine(phase * 2 + x * 3 + curtain * 900), ONE) +
        random.between(-90, 90);
      const bottom = foot + wave + ripple;
      canvas.fill(
        [[rectangle(x, bottom - height, x + 27, bottom + 70)]],
        vertical([
          [bottom - height, colour, 0],
          [bottom - 40, colour, 110],
          [bottom + 70, colour, 0],
        ]),
        'light',
      );
    }
  }
}
