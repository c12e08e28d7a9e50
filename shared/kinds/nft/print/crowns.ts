import type { Trait } from '../traits.ts';
import type { Figure } from './figure.ts';
import {
  around,
  cosine,
  disc,
  limb,
  lune,
  ONE,
  type Point,
  quotient,
  type Ring,
  sine,
  star,
  TURN,
} from './geometry.ts';
import { flat, glow, hex, mixed } from './paint.ts';
import type { Scene } from './scene.ts';

type Crown = (scene: Scene, figure: Figure) => void;

/** Crowns that stand behind the guardian. */
export const CROWNS_BEHIND: Readonly<Partial<Record<Trait<'crown'>, Crown>>> = {
  Halo: ({ canvas, palette }, { head, reach }) => {
    const radius = quotient(reach * 17, 10);
    canvas.fill([[disc(head, radius * 2)]], glow(head, radius * 2, palette.accent, 130), 'light');
    canvas.fill([[disc(head, radius), disc(head, radius - 34)]], flat(palette.accent));
    canvas.fill([[disc(head, radius - 60), disc(head, radius - 68)]], flat(palette.accent));
    for (let ray = 0; ray < 36; ray += 1) {
      const angle = ray * 100;
      const [from, to] = [
        around(head, radius + 30, angle),
        around(head, radius + (ray % 3 === 0 ? 130 : 75), angle),
      ];
      canvas.fill(
        limb([
          [from[0], from[1], 12],
          [to[0], to[1], 3],
        ]),
        flat(palette.accent),
      );
    }
  },
};

/** Crowns in front of it or above its head. */
export const CROWNS: Readonly<Record<Trait<'crown'>, Crown>> = {
  Bare: () => undefined,
  Halo: () => undefined,
  Crescent: ({ canvas, palette }, { head, reach }) => {
    const centre: Point = [head[0], head[1] - quotient(reach * 16, 10)];
    canvas.fill([[disc(centre, 330)]], glow(centre, 330, palette.accent, 120), 'light');
    canvas.fill([[lune(centre, 140, TURN / 4)]], flat(palette.accent));
  },
  'Third Star': ({ canvas, palette }, { head, reach }) => {
    const centre: Point = [head[0], head[1] - quotient(reach * 17, 10)];
    canvas.fill([[disc(centre, 420)]], glow(centre, 420, palette.accent, 190), 'light');
    canvas.fill([[star(centre, 8, 190, 48)]], flat(palette.accent));
    canvas.fill([[star(centre, 4, 120, 36)]], flat(mixed(palette.accent, palette.light, 190)));
  },
  Wreath: ({ canvas, palette }, { head, reach }) => {
    const radius = quotient(reach * 11, 10);
    for (let leaf = 0; leaf < 18; leaf += 1) {
      const angle = TURN / 2 + 150 + leaf * 88;
      const base = around(head, radius, angle);
      const tip = around(head, radius + (leaf % 2 === 0 ? 105 : 52), angle + 150);
      canvas.fill(
        limb([
          [base[0], base[1], 8],
          [(base[0] + tip[0]) >> 1, (base[1] + tip[1]) >> 1, 42],
          [tip[0], tip[1], 4],
        ]),
        flat(leaf % 2 === 0 ? palette.accent : mixed(palette.accent, palette.near, 110)),
      );
    }
  },
  Crown: ({ canvas, palette }, { head, reach }) => {
    const [x, y] = [head[0], head[1] - quotient(reach * 13, 10)];
    const gold = mixed(hex('ffcf5c'), palette.accent, 50);
    const ring: Ring = [
      [x - 170, y - 150],
      [x - 90, y - 40],
      [x, y - 200],
      [x + 90, y - 40],
      [x + 170, y - 150],
      [x + 140, y + 70],
      [x - 140, y + 70],
    ];
    canvas.fill([[disc([x, y], 380)]], glow([x, y], 380, gold, 120), 'light');
    canvas.fill([[ring]], flat(gold));
    canvas.fill(
      [[disc([x, y - 214], 26)], [disc([x - 176, y - 162], 20)], [disc([x + 176, y - 162], 20)]],
      flat(gold),
    );
    canvas.fill([[disc([x, y + 22], 24)]], flat(palette.ink));
  },
  Orbit: ({ canvas, palette }, { head, reach }) => {
    const hoop = (size: number): Ring => {
      return Array.from({ length: 90 }, (_, step): Point => {
        const angle = step * 40;
        const x = quotient(size * cosine(angle), ONE);
        const y = quotient(size * sine(angle), ONE * 4);
        return [head[0] + x - quotient(y, 3), head[1] - quotient(reach, 5) + y + quotient(x, 6)];
      });
    };
    const size = quotient(reach * 17, 10);
    canvas.fill([[hoop(size), hoop(size - 20)]], flat(palette.accent, 230));
    const moonlet: Point = [
      head[0] + quotient(size * 9, 10),
      head[1] - quotient(reach, 5) + quotient(size, 4),
    ];
    canvas.fill([[disc(moonlet, 200)]], glow(moonlet, 200, palette.light, 170), 'light');
    canvas.fill([[disc(moonlet, 46)]], flat(palette.light));
  },
};
