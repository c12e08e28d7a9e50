import type { Random } from '../random.ts';
import { disc, limb, type Point, partway, quotient, type Ring, UNITS } from './geometry.ts';
import { flat, glow, litEdge, mixed, vertical } from './paint.ts';
import { HORIZON, LAND_FOOT, type Scene } from './scene.ts';
import { CRATER, SKYLINES } from './skylines.ts';

/** How many ridges stand behind one another. */
const RIDGES = 4;

/** Four ridges, each nearer, darker and clearer than the one behind it; haze gathers at their feet. */
export function paintLand(scene: Scene): void {
  const { palette } = scene;
  const random = scene.random('land');
  const skyline = SKYLINES[scene.traits.land];
  if (scene.traits.land === 'Volcano') plume(scene, random);
  for (let depth = 0; depth < RIDGES; depth += 1) {
    const base = partway(2130, HORIZON + 20, depth, RIDGES - 1);
    const points = skyline(base, depth, random);
    const colour = mixed(mixed(palette.far, palette.horizon, 90), palette.near, depth * 62);
    const top = Math.min(...points.map(([, y]) => y));
    const haze = mixed(colour, palette.horizon, 190 - depth * 30);
    const ring: Ring = [[-80, LAND_FOOT], ...points, [UNITS + 80, LAND_FOOT]];
    const mask = scene.canvas.mask([[ring]]);
    scene.canvas.fill(
      mask,
      vertical([
        [top, colour],
        [base + 60, mixed(colour, haze, 150)],
        [base + 330, haze],
      ]),
    );
    const pixel = Math.max(1, quotient(scene.canvas.size, 170));
    const toward = scene.light[0] < 2048 ? 1 : -1;
    scene.canvas.fill(
      litEdge(mask, toward * pixel, pixel),
      flat(mixed(palette.light, palette.horizon, 90), 78),
    );
  }
}

function plume({ canvas, palette }: Scene, random: Random): void {
  const [x, y] = CRATER;
  canvas.fill([[disc(CRATER, 620)]], glow(CRATER, 620, palette.accent, 220), 'light');
  for (let puff = 0; puff < 16; puff += 1) {
    const centre: Point = [x + puff * puff * 4 + random.between(-60, 60), y - puff * 62];
    canvas.fill(
      [[disc(centre, 80 + puff * 17)]],
      flat(mixed(palette.near, palette.sky, 90 + puff * 7), 120 - puff * 5),
    );
  }
  canvas.fill(
    limb([
      [x, y + 20, 60],
      [x + 10, y - 200, 40],
      [x + 50, y - 420, 10],
    ]),
    flat(palette.accent, 150),
    'light',
  );
}
