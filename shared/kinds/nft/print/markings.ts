import type { Random } from '../random.ts';
import type { Trait } from '../traits.ts';
import type { Canvas, Mask } from './canvas.ts';
import type { Figure } from './figure.ts';
import {
  around,
  disc,
  limb,
  type Point,
  partway,
  quotient,
  type Shape,
  star,
  TURN,
} from './geometry.ts';
import { flat, hex, litEdge, mixed, vertical, within } from './paint.ts';
import { FOOTING, type Scene } from './scene.ts';

/** What a guardian's body bears, painted inside its outline. */
export const MARKINGS: Readonly<
  Record<Trait<'marking'>, (scene: Scene, figure: Figure, random: Random) => void>
> = {
  Shadow: () => undefined,
  Moonlit: ({ canvas, palette, light }, { body, head }) => {
    const toward = light[0] < head[0] ? 1 : -1;
    for (const [share, alpha] of [
      [34, 60],
      [60, 70],
      [110, 120],
    ] as const) {
      const pixel = Math.max(1, quotient(canvas.size, share));
      canvas.fill(litEdge(body, toward * pixel, quotient(pixel, 2)), flat(palette.light, alpha));
    }
  },
  Kintsugi: kintsugi,
  'Night Within': nightWithin,
  'Sun Rings': ({ canvas, palette }, { body, head }) => {
    for (let ring = 0; ring < 15; ring += 1) {
      const radius = 150 + ring * 118;
      const shape: Shape = [[disc(head, radius), disc(head, radius - 12 - ring * 2)]];
      const colour = mixed(palette.light, palette.accent, ring * 17);
      canvas.fill(onBody(canvas, shape, body), flat(colour, 200));
    }
  },
};

/** The part of a shape that lies on the body. */
const onBody = (canvas: Canvas, shape: Shape, body: Mask): Mask => within(canvas.mask(shape), body);

/** Cracks mended with gold: forking lines that wander through the body. */
function kintsugi({ canvas, palette }: Scene, { body, head, top }: Figure, random: Random): void {
  const gold = mixed(hex('ffcf5c'), palette.accent, 70);
  const crack = (start: Point, heading: number, steps: number, width: number): void => {
    let [x, y] = start;
    let angle = heading;
    for (let step = 0; step < steps; step += 1) {
      angle += random.between(-380, 380);
      const next = around([x, y], random.between(70, 150), angle);
      const thick = Math.max(6, width - step);
      const piece = limb([
        [x, y, thick],
        [next[0], next[1], thick - 1],
      ]);
      canvas.fill(onBody(canvas, piece, body), flat(gold));
      if (random.chance(1, 3) && steps > 3) {
        crack(next, angle + (random.chance(1, 2) ? 600 : -600), 3, thick - 4);
      }
      [x, y] = next;
    }
  };
  for (let count = 0; count < 7; count += 1) {
    const start: Point = [
      2048 + random.between(-520, 520),
      random.between(partway(top, FOOTING, 2, 5), FOOTING - 100),
    ];
    crack(start, random.below(TURN), 9, 20);
  }
  crack(head, 900, 8, 18);
}

/** The body becomes a window on another sky. */
function nightWithin({ canvas, palette }: Scene, { body, top }: Figure, random: Random): void {
  canvas.fill(
    body,
    vertical([
      [top + 200, mixed(palette.zenith, palette.ink, 130)],
      [partway(top, FOOTING, 3, 5), mixed(palette.zenith, palette.sky, 130)],
      [FOOTING, mixed(palette.sky, palette.horizon, 80)],
    ]),
  );
  for (let count = 0; count < 150; count += 1) {
    const centre: Point = [random.between(700, 3400), random.between(top, FOOTING - 60)];
    const bright = random.chance(1, 10);
    const shape: Shape = bright
      ? [[star(centre, 4, 40, 7)]]
      : [[disc(centre, random.between(5, 11))]];
    canvas.fill(
      onBody(canvas, shape, body),
      flat(palette.star, bright ? 255 : random.between(90, 230)),
    );
  }
}
