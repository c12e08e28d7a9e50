import type { Random } from '../random.ts';
import type { Trait } from '../traits.ts';
import {
  around,
  cosine,
  disc,
  lune,
  ONE,
  type Point,
  partway,
  quotient,
  type Ring,
  rectangle,
  sine,
  star,
  TURN,
} from './geometry.ts';
import { flat, glow, mixed, vertical } from './paint.ts';
import { HORIZON, type Scene } from './scene.ts';

/** Moon, sun and their kin: painted over the sky, behind the land. */
export function paintLight(scene: Scene): void {
  LIGHTS[scene.traits.light](scene, scene.random('light'));
}

/** Where the light stands: to one side of the guardian's head, lower for a sun. */
export function lightPosition(light: Trait<'light'>, random: Random): Point {
  const x = 2048 + random.between(-420, 420);
  if (light === 'Low Sun') return [x, HORIZON - random.between(250, 520)];
  if (light === 'Comet') return [x + (random.chance(1, 2) ? 500 : -500), random.between(800, 1100)];
  return [x, random.between(1180, 1520)];
}

const LIGHTS: Readonly<Record<Trait<'light'>, (scene: Scene, random: Random) => void>> = {
  'Full Moon': (scene, random) => moon(scene, scene.light, random.between(620, 760), random),
  Crescent: (scene, random) => crescentMoon(scene, random),
  'Low Sun': (scene, random) => lowSun(scene, random),
  'Ringed World': (scene, random) => ringedWorld(scene, random),
  'Twin Moons': (scene, random) => {
    const side = random.chance(1, 2) ? 1 : -1;
    const [x, y] = scene.light;
    moon(scene, [x - side * 180, y + 60], random.between(500, 580), random);
    moon(scene, [x + side * random.between(640, 760), y - random.between(380, 520)], 210, random);
  },
  Comet: (scene, random) => comet(scene, random),
  Eclipse: (scene) => eclipse(scene),
};

function lowSun(scene: Scene, random: Random): void {
  const { canvas, palette, light } = scene;
  const radius = random.between(780, 960);
  halo(scene, light, radius);
  canvas.fill(
    [[disc(light, radius)]],
    vertical([
      [light[1] - radius, palette.light],
      [light[1] + radius, mixed(palette.light, palette.accent, 150)],
    ]),
  );
  for (let band = 0; band < 4; band += 1) {
    const y = light[1] - 60 + band * 150;
    canvas.fill(
      [[rectangle(light[0] - 1100, y, light[0] + 1100, y + 16 + band * 14)]],
      flat(palette.horizon, 150),
    );
  }
}

function halo({ canvas, palette }: Scene, centre: Point, radius: number): void {
  const reach = radius * 2;
  canvas.fill([[disc(centre, reach)]], glow(centre, reach, palette.light, 130), 'light');
}

function moon(scene: Scene, centre: Point, radius: number, random: Random): void {
  const { canvas, palette } = scene;
  halo(scene, centre, radius);
  canvas.fill(
    [[disc(centre, radius)]],
    vertical([
      [centre[1] - radius, palette.light],
      [centre[1] + radius, mixed(palette.light, palette.horizon, 120)],
    ]),
  );
  const shade = mixed(palette.light, palette.sky, 110);
  for (let sea = 0; sea < 9; sea += 1) {
    const size = quotient(radius * random.between(8, 26), 100);
    const away = quotient((radius - size) * random.between(10, 92), 100);
    canvas.fill([[disc(around(centre, away, random.below(TURN)), size)]], flat(shade, 46));
  }
}

function crescentMoon(scene: Scene, random: Random): void {
  const { canvas, palette, light } = scene;
  const radius = random.between(540, 660);
  const tilt = random.between(-500, 500) + (scene.facing === 1 ? 0 : TURN / 2);
  halo(scene, light, quotient(radius * 3, 4));
  canvas.fill([[disc(light, radius)]], flat(mixed(palette.sky, palette.light, 60), 60));
  canvas.fill([[lune(light, radius, tilt)]], flat(palette.light));
}

function ringedWorld(scene: Scene, random: Random): void {
  const { canvas, palette, light } = scene;
  const radius = random.between(440, 520);
  const tilt = random.between(-420, -160) * scene.facing;
  const hoop = (from: number, to: number): Ring => {
    const arc = (size: number, angle: number): Point => {
      const x = quotient(size * cosine(angle), ONE);
      const y = quotient(quotient(size * 28, 100) * sine(angle), ONE);
      return [
        light[0] + quotient(x * cosine(tilt) - y * sine(tilt), ONE),
        light[1] + quotient(x * sine(tilt) + y * cosine(tilt), ONE),
      ];
    };
    const steps = 48;
    const angles = Array.from({ length: steps + 1 }, (_, step) => partway(from, to, step, steps));
    return [
      ...angles.map((angle) => arc(quotient(radius * 21, 10), angle)),
      ...angles.toReversed().map((angle) => arc(quotient(radius * 15, 10), angle)),
    ];
  };
  halo(scene, light, radius);
  canvas.fill([[hoop(TURN / 2, TURN)]], flat(mixed(palette.light, palette.sky, 110), 190));
  canvas.fill(
    [[disc(light, radius)]],
    vertical([
      [light[1] - radius, palette.light],
      [light[1] - quotient(radius, 4), mixed(palette.light, palette.horizon, 140)],
      [light[1], mixed(palette.light, palette.accent, 60)],
      [light[1] + quotient(radius, 3), mixed(palette.light, palette.sky, 60)],
      [light[1] + radius, mixed(palette.horizon, palette.sky, 150)],
    ]),
  );
  canvas.fill([[hoop(0, TURN / 2)]], flat(mixed(palette.light, palette.horizon, 40), 235));
}

function comet(scene: Scene, random: Random): void {
  const { canvas, palette, light } = scene;
  const side = light[0] > 2048 ? -1 : 1;
  for (let tail = 0; tail < 5; tail += 1) {
    const spread = (tail - 2) * 130;
    const end: Point = [light[0] + side * random.between(1500, 2100), light[1] - 650 + spread];
    const ring: Ring = [[light[0], light[1] - 60], end, [light[0], light[1] + 60]];
    canvas.fill(
      [[ring]],
      vertical([
        [light[1] - 700, palette.light, 0],
        [light[1], palette.light, 95],
      ]),
      'light',
    );
  }
  halo(scene, light, 330);
  canvas.fill([[disc(light, 120)]], flat(palette.light));
  canvas.fill([[star(light, 4, 330, 26)]], flat(palette.light, 235));
}

function eclipse(scene: Scene): void {
  const { canvas, palette, light } = scene;
  const radius = 560;
  canvas.fill([[disc(light, 1900)]], glow(light, 1900, palette.light, 200), 'light');
  canvas.fill([[star(light, 24, 1010, 590)]], flat(palette.light, 70));
  canvas.fill([[star(light, 12, 1300, 560)]], flat(palette.light, 40));
  canvas.fill([[disc(light, radius + 34)]], flat(palette.light));
  canvas.fill([[disc(light, radius)]], flat(mixed(palette.zenith, palette.ink, 160)));
  const bead = around(light, radius, -TURN / 8);
  canvas.fill([[disc(bead, 330)]], glow(bead, 330, palette.light, 255), 'light');
  canvas.fill([[disc(bead, 52)]], flat(palette.light));
}
