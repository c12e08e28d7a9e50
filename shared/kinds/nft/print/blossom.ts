import type { Random } from '../random.ts';
import {
  around,
  disc,
  ellipse,
  type Knot,
  limb,
  type Point,
  quotient,
  type Ring,
  UNITS,
} from './geometry.ts';
import { flat, mixed } from './paint.ts';
import type { Scene } from './scene.ts';

/** A branch from an upper corner, flowering; some petals fall. */
export function blossom(scene: Scene, random: Random): void {
  const { canvas, palette, facing } = scene;
  const corner = facing === 1 ? 0 : UNITS;
  const at = (x: number, y: number, width: number): Knot => [corner + facing * x, y, width];
  const bough = [
    at(60, 900, 110),
    at(520, 760, 84),
    at(980, 800, 60),
    at(1420, 640, 40),
    at(1800, 700, 14),
  ];
  const twigs = [
    [at(520, 760, 60), at(760, 560, 34), at(900, 420, 10)],
    [at(980, 800, 44), at(1180, 960, 26), at(1420, 1010, 8)],
    [at(300, 820, 60), at(430, 1040, 36), at(640, 1180, 10)],
    [at(1420, 640, 30), at(1560, 520, 18), at(1640, 400, 6)],
  ];
  for (const line of [bough, ...twigs]) canvas.fill(limb(line), flat(palette.ink));
  const flowers: Point[] = [...twigs, bough].flatMap((line) =>
    line
      .slice(1)
      .flatMap(([x, y]) =>
        Array.from(
          { length: 4 },
          (): Point => [x + random.between(-120, 120), y + random.between(-100, 100)],
        ),
      ),
  );
  for (const centre of flowers) flower(scene, centre, random.between(38, 64), random);
  for (let petal = 0; petal < 22; petal += 1) {
    const centre: Point = [random.between(300, 3800), random.between(900, 3300)];
    canvas.fill(
      [[ellipse(centre, random.between(14, 30), random.between(9, 16))]],
      flat(petalColour(palette), 220),
    );
  }
}

const petalColour = (palette: Scene['palette']) => mixed(palette.accent, palette.paper, 120);
function flower({ canvas, palette }: Scene, [x, y]: Point, size: number, random: Random): void {
  const turn = random.below(720);
  const petals: Ring[] = Array.from({ length: 5 }, (_, petal) => {
    const [px, py] = around([x, y], quotient(size * 62, 100), turn + petal * 720);
    return disc([px, py], quotient(size * 56, 100));
  });
  canvas.fill(
    petals.map((ring) => [ring]),
    flat(petalColour(palette)),
  );
  canvas.fill([[disc([x, y], quotient(size * 30, 100))]], flat(palette.accent));
}
