import type { Random } from '../random.ts';
import type { Trait } from '../traits.ts';
import { blossom } from './blossom.ts';
import {
  disc,
  ellipse,
  limb,
  type Path,
  type Point,
  partway,
  quotient,
  UNITS,
} from './geometry.ts';
import { flat, glow, litEdge, mixed, vertical } from './paint.ts';
import { FOOTING, type Scene } from './scene.ts';

/** What grows at the edges of the picture, in front of everything. */
export function paintFlora(scene: Scene): void {
  FLORA[scene.traits.flora](scene, scene.random('flora'));
}

const FLORA: Readonly<Record<Trait<'flora'>, (scene: Scene, random: Random) => void>> = {
  Grass: (scene, random) => grass(scene, random, 120, 330),
  Reeds: (scene, random) => {
    grass(scene, random, 50, 240);
    reeds(scene, random);
  },
  Pines: (scene, random) => {
    grass(scene, random, 40, 160);
    for (const x of [330, 760, 3420, 3790]) pine(scene, x + random.between(-90, 90), random);
  },
  Blossom: (scene, random) => {
    grass(scene, random, 60, 200);
    blossom(scene, random);
  },
  Birches: (scene, random) => {
    grass(scene, random, 50, 220);
    for (const x of [380, 690, 3390, 3730]) birch(scene, x + random.between(-70, 70), random);
  },
  Lanterns: (scene, random) => {
    grass(scene, random, 60, 200);
    lanterns(scene, random);
  },
};

/** Blades, short in the middle where the guardian stands and tall at the sides. */
function grass({ canvas, palette }: Scene, random: Random, count: number, tall: number): void {
  for (let blade = 0; blade < count; blade += 1) {
    const x = random.below(UNITS);
    const aside = Math.abs(x - 2048);
    const height = 60 + quotient(tall * aside * random.between(40, 130), 204_800);
    const foot = FOOTING + 40 + quotient(aside * aside, 24_000) + random.below(60);
    const lean = random.between(-90, 90);
    canvas.fill(
      limb([
        [x, foot, 22],
        [x + (lean >> 2), foot - (height >> 1), 15],
        [x + lean, foot - height, 2],
      ]),
      flat(mixed(palette.ink, palette.near, random.below(90))),
    );
  }
}

function reeds({ canvas, palette }: Scene, random: Random): void {
  for (let reed = 0; reed < 18; reed += 1) {
    const side = reed % 2 === 0 ? 1 : -1;
    const x = 2048 + side * random.between(1050, 1720);
    const height = random.between(500, 1150);
    const lean = random.between(-130, 130);
    const top: Point = [x + lean, FOOTING + 150 - height];
    canvas.fill(
      limb([
        [x, FOOTING + 300, 24],
        [x + (lean >> 2), FOOTING - (height >> 1), 18],
        [top[0], top[1], 10],
      ]),
      flat(palette.ink),
    );
    canvas.fill(
      limb([
        [top[0], top[1] + 170, 46],
        [top[0] + 3, top[1] + 20, 50],
      ]),
      flat(mixed(palette.ink, palette.near, 60)),
    );
    canvas.fill(
      limb([
        [top[0] + 3, top[1] + 20, 9],
        [top[0] + 6, top[1] - 70, 3],
      ]),
      flat(palette.ink),
    );
  }
}

function pine({ canvas, palette }: Scene, x: number, random: Random): void {
  const height = random.between(1300, 2100);
  const foot = FOOTING + 330;
  const tiers = 13;
  const boughs = Array.from({ length: tiers }, (_, tier): Path => {
    const y = foot - height + quotient(height * tier, tiers + 1);
    const half = 24 + quotient(height * tier * random.between(85, 110), tiers * 480);
    const drop = 150 + quotient(height, 20);
    const sag = random.between(10, 50);
    return [
      [
        [x, y - 60],
        [x + half, y + drop],
        [x + (half >> 1), y + drop - sag],
        [x, y + drop - 20],
        [x - (half >> 1), y + drop - sag],
        [x - half, y + drop],
      ],
    ];
  });
  const trunk: Path = [
    [
      [x, foot - height],
      [x + 26, foot],
      [x - 26, foot],
    ],
  ];
  canvas.fill(
    [...boughs, trunk],
    vertical([
      [foot - height, mixed(palette.ink, palette.near, 110)],
      [foot, palette.ink],
    ]),
  );
}

function birch({ canvas, palette }: Scene, x: number, random: Random): void {
  const lean = random.between(-60, 60);
  const width = random.between(110, 180);
  const bark = mixed(palette.paper, palette.far, 60);
  const mask = canvas.mask(
    limb([
      [x, UNITS, width + 20],
      [x + (lean >> 1), 2000, width],
      [x + lean, -100, quotient(width * 2, 3)],
    ]),
  );
  canvas.fill(mask, flat(mixed(palette.ink, bark, 120)));
  canvas.fill(litEdge(mask, -quotient(canvas.size, 90), 0), flat(bark, 200));
  for (let scar = 0; scar < 15; scar += 1) {
    const y = random.between(100, 3700);
    const middle = x + partway(lean, 0, y, UNITS);
    const half = random.between(14, width >> 1);
    const from = middle + (random.chance(1, 2) ? -(width >> 1) : (width >> 1) - half);
    canvas.fill(
      limb([
        [from, y, 4],
        [from + (half >> 1), y + 4, 15],
        [from + half, y, 4],
      ]),
      flat(palette.ink),
    );
  }
}

function lanterns({ canvas, palette }: Scene, random: Random): void {
  for (const x of [420, 800, 1180, 2900, 3290, 3660]) {
    const drop = random.between(350, 1250);
    const size = random.between(90, 135);
    const middle: Point = [x + random.between(-60, 60), drop];
    canvas.fill(
      [
        [
          [
            [middle[0] - 3, -20],
            [middle[0] + 3, -20],
            [middle[0] + 3, drop],
            [middle[0] - 3, drop],
          ],
        ],
      ],
      flat(palette.ink, 200),
    );
    canvas.fill([[disc(middle, size * 4)]], glow(middle, size * 4, palette.accent, 170), 'light');
    canvas.fill(
      [[ellipse(middle, size, quotient(size * 118, 100))]],
      vertical([
        [drop - size, mixed(palette.accent, palette.ink, 50)],
        [drop, mixed(palette.accent, palette.light, 120)],
        [drop + size, palette.accent],
      ]),
    );
    for (const rib of [-55, 0, 55]) {
      const half = rib === 0 ? size : quotient(size * 85, 100);
      const y = drop + quotient(size * rib, 100);
      canvas.fill(
        [
          [
            [
              [middle[0] - half, y - 3],
              [middle[0] + half, y - 3],
              [middle[0] + half, y + 3],
              [middle[0] - half, y + 3],
            ],
          ],
        ],
        flat(palette.ink, 70),
      );
    }
    for (const end of [-1, 1]) {
      const y = drop + end * quotient(size * 116, 100);
      canvas.fill(
        [
          [
            [
              [middle[0] - (size >> 1), y - 14],
              [middle[0] + (size >> 1), y - 14],
              [middle[0] + (size >> 1), y + 14],
              [middle[0] - (size >> 1), y + 14],
            ],
          ],
        ],
        flat(palette.ink),
      );
    }
  }
}
