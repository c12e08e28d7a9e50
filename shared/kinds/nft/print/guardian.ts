import type { Trait } from '../traits.ts';
import { CROWNS, CROWNS_BEHIND } from './crowns.ts';
import { type Figure, placed } from './figure.ts';
import { disc, ellipse, limb, type Point, quotient } from './geometry.ts';
import { GUARDIANS } from './guardians.ts';
import { MARKINGS } from './markings.ts';
import { type Colour, flat, glow, hex, litEdge, mixed, vertical, within } from './paint.ts';
import { FOOTING, type Scene } from './scene.ts';

/** The guardian on its knoll: behind it a halo, on it marking and eyes, above it its crown. */
export function paintGuardian(scene: Scene): void {
  const { canvas, palette, traits } = scene;
  const figure = placed(scene, GUARDIANS[traits.guardian]);
  const { body, head, reach } = figure;

  canvas.fill([[disc(head, reach * 5)]], glow(head, reach * 5, palette.horizon, 60), 'light');
  CROWNS_BEHIND[traits.crown]?.(scene, figure);
  canvas.fill(figure.beside, flat(palette.ink));
  canvas.fill(
    body,
    vertical([
      [figure.top, mixed(palette.ink, palette.near, 150)],
      [FOOTING, palette.ink],
    ]),
  );
  canvas.fill(
    within(canvas.mask(figure.pale), body),
    flat(mixed(palette.near, palette.horizon, 110), 84),
  );
  canvas.fill(
    within(canvas.mask(figure.lines), body),
    flat(mixed(palette.near, palette.horizon, 170), 100),
  );
  MARKINGS[traits.marking](scene, figure, scene.random('marking'));
  const pixel = Math.max(1, quotient(canvas.size, 200));
  const toward = scene.light[0] < head[0] ? 1 : -1;
  canvas.fill(litEdge(body, toward * pixel, pixel), flat(palette.light, 120));
  paintEyes(scene, figure);
  CROWNS[traits.crown](scene, figure);
}

const EYES: Readonly<Record<Exclude<Trait<'eyes'>, 'Closed'>, Colour>> = {
  Ember: hex('ffb13d'),
  Pearl: hex('fff6e0'),
  Jade: hex('7df5b0'),
  Void: hex('0a0710'),
};

function paintEyes({ canvas, palette, traits, facing }: Scene, { eyes }: Figure): void {
  for (const {
    at: [x, y],
    radius,
  } of eyes) {
    if (traits.eyes === 'Closed') {
      const lid = limb([
        [x - radius, y, 5],
        [x, y + quotient(radius, 2), 13],
        [x + radius, y, 5],
      ]);
      canvas.fill(lid, flat(mixed(palette.light, palette.near, 60), 230));
      continue;
    }
    const colour = EYES[traits.eyes];
    if (traits.eyes === 'Void') canvas.fill([[disc([x, y], radius + 9)]], flat(palette.light));
    else canvas.fill([[disc([x, y], radius * 3)]], glow([x, y], radius * 3, colour, 170), 'light');
    canvas.fill([[ellipse([x, y], radius, radius)]], flat(colour));
    if (radius > 36) {
      const pupil: Point = [x + facing * quotient(radius, 8), y];
      canvas.fill(
        [[ellipse(pupil, quotient(radius, 3), quotient(radius * 2, 3))]],
        flat(palette.ink),
      );
    }
  }
}
