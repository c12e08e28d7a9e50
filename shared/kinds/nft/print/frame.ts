import type { Random } from '../random.ts';
import type { Trait } from '../traits.ts';
import {
  around,
  cosine,
  disc,
  ONE,
  type Point,
  quotient,
  type Ring,
  rectangle,
  type Shape,
  sine,
  star,
  TURN,
  UNITS,
} from './geometry.ts';
import { type Colour, flat, mixed } from './paint.ts';
import type { Scene } from './scene.ts';

/** The window of a frame, `inset` units smaller on every side. */
type Window = (inset: number) => Ring;

const LEFT = 250;
const TOP = 250;
const RIGHT = UNITS - 250;
const BOTTOM = UNITS - 330;

const box: Window = (inset) => rectangle(LEFT + inset, TOP + inset, RIGHT - inset, BOTTOM - inset);

/** A window whose upper corners are cut by half an ellipse. */
const arch: Window = (inset) => {
  const spring = 1750;
  const half = (RIGHT - LEFT) / 2 - inset;
  const curve = Array.from({ length: 91 }, (_, step): Point => {
    const angle = (TURN / 180) * (90 + step);
    const x = quotient(half * cosine(angle), ONE);
    return [2048 + x, spring + quotient((spring - TOP - inset) * sine(angle), ONE)];
  });
  return [...curve, [RIGHT - inset, BOTTOM - inset], [LEFT + inset, BOTTOM - inset]];
};

const octagon: Window = (inset) => {
  const cut = 620;
  const slack = quotient(inset * 586, 1000); // tan(22.5 degrees) keeps the slanted sides parallel
  const [l, t, r, b] = [LEFT + inset, TOP + inset, RIGHT - inset, BOTTOM - inset];
  const c = cut - slack;
  return [
    [l + c, t],
    [r - c, t],
    [r, t + c],
    [r, b - c],
    [r - c, b],
    [l + c, b],
    [l, b - c],
    [l, t + c],
  ];
};

const moonGate: Window = (inset) => disc([2048, 2008], 1790 - inset);

const WINDOWS: Readonly<Record<Trait<'frame'>, Window>> = {
  Plain: box,
  'Double Line': (inset) => box(inset + 90),
  Arch: arch,
  Octagon: octagon,
  'Moon Gate': moonGate,
  Reliquary: (inset) => arch(inset + 110),
};

/** The paper around the picture, the lines printed on it, and the seal. */
export function paintFrame(scene: Scene): void {
  const { canvas, palette, traits } = scene;
  const window = WINDOWS[traits.frame];
  const sheet = rectangle(-64, -64, UNITS + 64, UNITS + 64);
  const line = (outer: number, inner: number, colour: Colour) =>
    canvas.fill([[window(outer), window(inner)]], flat(colour));

  canvas.fill([[sheet, window(0)]], flat(palette.paper));
  line(0, 20, palette.line);
  if (traits.frame === 'Double Line') line(-64, -52, palette.line);
  if (traits.frame === 'Arch' || traits.frame === 'Octagon') line(-46, -36, palette.line);
  if (traits.frame === 'Moon Gate') moonGateBeads(scene);
  if (traits.frame === 'Reliquary') reliquary(scene, line);
  seal(scene, scene.random('seal'));
}

function moonGateBeads({ canvas, palette }: Scene): void {
  for (let bead = 0; bead < 72; bead += 1) {
    const centre = around([2048, 2008], 1858, quotient(bead * TURN, 72));
    canvas.fill([[disc(centre, bead % 6 === 0 ? 22 : 9)]], flat(palette.line));
  }
}

function reliquary(
  { canvas, palette }: Scene,
  line: (outer: number, inner: number, colour: Colour) => void,
): void {
  const gold = mixed(palette.line, palette.accent, 140);
  line(-34, -22, gold);
  line(-96, -84, palette.line);
  canvas.fill(
    [
      [
        rectangle(120, 120, UNITS - 120, UNITS - 120),
        rectangle(136, 136, UNITS - 136, UNITS - 136),
      ],
    ],
    flat(palette.line),
  );
  for (const [x, side] of [
    [470, 1],
    [UNITS - 470, -1],
  ] as const) {
    const centre: Point = [x, 470];
    const rays: Shape = [[star(centre, 16, 210, 150), disc(centre, 120)]];
    canvas.fill(rays, flat(gold));
    canvas.fill([[star(centre, 8, 92, 40)]], flat(palette.line));
    canvas.fill([[disc([x + side * 250, 260], 22)], [disc([x - side * 230, 780], 22)]], flat(gold));
  }
}

/** The token's stamp: a five by five pattern, mirrored, in the one colour that does not belong. */
function seal({ canvas, palette, traits }: Scene, random: Random): void {
  const cell = 34;
  const outside = traits.frame === 'Moon Gate' || traits.frame === 'Octagon';
  const [left, top] = outside ? [3560, 3560] : [3500, 3420];
  const [red, green, blue] = palette.accent;
  const glyph = 3 * red + 6 * green + blue > 1500 ? palette.ink : palette.paper; // perceived brightness
  const side = cell * 7;
  canvas.fill([[rectangle(left, top, left + side, top + side)]], flat(palette.accent));
  for (let row = 0; row < 5; row += 1) {
    for (let column = 0; column < 3; column += 1) {
      if (!random.chance(11, 20)) continue;
      for (const mirrored of new Set([column, 4 - column])) {
        const x = left + cell * (mirrored + 1);
        const y = top + cell * (row + 1);
        canvas.fill([[rectangle(x, y, x + cell, y + cell)]], flat(glyph));
      }
    }
  }
}
