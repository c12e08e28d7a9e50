import { quotient, smoothRing, UNITS } from './geometry.ts';
import { flat, litEdge, mixed, vertical } from './paint.ts';
import { FOOTING, type Scene } from './scene.ts';

/** The knoll the guardian stands on, highest in the middle, with a lit rim. */
export function paintKnoll(scene: Scene): void {
  const { canvas, palette } = scene;
  const random = scene.random('knoll');
  const ring = smoothRing([
    [-600, UNITS + 600, true],
    [-600, FOOTING + 330, false],
    [300, FOOTING + random.between(120, 230), false],
    [1200, FOOTING + 10, false],
    [2048, FOOTING - 40, false],
    [2900, FOOTING + 10, false],
    [3800, FOOTING + random.between(120, 230), false],
    [UNITS + 600, FOOTING + 330, false],
    [UNITS + 600, UNITS + 600, true],
  ]);
  const mask = canvas.mask([[ring]]);
  canvas.fill(
    mask,
    vertical([
      [FOOTING - 40, mixed(palette.ink, palette.near, 120)],
      [FOOTING + 420, palette.ink],
    ]),
  );
  canvas.fill(litEdge(mask, 0, Math.max(1, quotient(canvas.size, 150))), flat(palette.light, 70));
}
