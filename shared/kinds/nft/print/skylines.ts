import type { Random } from '../random.ts';
import type { Trait } from '../traits.ts';
import { ONE, type Point, partway, quotient, sine, smoothRing, TURN, UNITS } from './geometry.ts';
import { LAND_FOOT } from './scene.ts';

/** The outline of a ridge from left to right; lower `y` is higher ground. */
export type Skyline = readonly Point[];

/** The shape of each kind of land: base height and depth (0 is farthest) in, a skyline out. */
export const SKYLINES: Readonly<
  Record<Trait<'land'>, (base: number, depth: number, random: Random) => Skyline>
> = {
  Alps: (base, depth, random) => fractal(base - 60, 560 - depth * 110, random),
  'Pine Hills': (base, depth, random) =>
    pines(rolling(base, 190 - depth * 25, random), depth, random),
  Dunes: (base, depth, random) => dunes(base, 330 - depth * 40, random),
  Mesas: (base, depth, random) => mesas(base, 480 - depth * 80, random),
  'Sea Stacks': (base, depth, random) => stacks(base + 90, 640 - depth * 110, random),
  Karst: (base, depth, random) => karst(base + 40, 780 - depth * 130, random),
  Volcano: (base, depth, random) =>
    depth === 1 ? cone(base, random) : rolling(base + 50, 150, random),
};

/** Midpoint displacement: each half of a slope is bent by half as much as the slope was. */
function fractal(base: number, height: number, random: Random): Skyline {
  let levels = Array.from({ length: 6 }, () => base - random.below(height));
  for (let bend = quotient(height * 5, 12); bend > 6; bend = quotient(bend * 48, 100)) {
    levels = levels.flatMap((level, index) => {
      const next = levels[index + 1];
      if (next === undefined) return [level];
      return [level, quotient(level + next, 2) + random.between(-bend, bend >> 1)];
    });
  }
  return spread(levels);
}

const spread = (levels: readonly number[]): Skyline =>
  levels.map((y, index) => [partway(-80, UNITS + 80, index, levels.length - 1), y]);

function rolling(base: number, height: number, random: Random): Skyline {
  const waves = [1, 2, 3, 5].map((times) => ({ times, phase: random.below(TURN) }));
  return spread(
    Array.from({ length: 130 }, (_, index) =>
      waves.reduce(
        (y, { times, phase }) =>
          y - quotient(height * sine(phase + quotient(index * TURN * times, 170)), ONE * times),
        base,
      ),
    ),
  );
}

function pines(hill: Skyline, depth: number, random: Random): Skyline {
  const tall = 70 + depth * 34;
  const line: Point[] = [];
  for (const [x, y] of hill) {
    const height = quotient(tall * random.between(45, 130), 100);
    const half = 13 + depth * 2;
    line.push(
      [x - half, y + 16],
      [x - quotient(half, 3), y - quotient(height, 2)],
      [x, y - height],
    );
    line.push([x + quotient(half, 3), y - quotient(height, 2)], [x + half, y + 16]);
  }
  return line;
}

/** Long windward slopes, short lee ones. */
function dunes(base: number, height: number, random: Random): Skyline {
  const crests: [number, number, boolean][] = [
    [-400, LAND_FOOT, true],
    [-400, base, false],
  ];
  let x = -300;
  while (x < UNITS + 300) {
    const rise = random.between(height >> 2, height);
    const length = random.between(620, 1250);
    crests.push([x + quotient(length * 6, 10), base - quotient(rise * 7, 10), false]);
    crests.push([x + length, base - rise, true]);
    crests.push([x + length + 190, base - quotient(rise, 5), false]);
    x += length + 190;
  }
  crests.push([UNITS + 900, base, true], [UNITS + 900, LAND_FOOT, true]);
  return smoothRing(crests);
}

function mesas(base: number, height: number, random: Random): Skyline {
  const line: Point[] = [[-200, base]];
  let x = -200;
  while (x < UNITS + 200) {
    x += random.between(60, 420);
    const top = base - random.between(height >> 2, height);
    const width = random.between(180, 760);
    const foot = base - quotient((base - top) * 38, 100);
    line.push([x, base], [x + 110, foot], [x + 128, top + 30], [x + 150, top]);
    line.push([x + 150 + (width >> 1), top + random.between(-8, 20)], [x + 150 + width, top]);
    line.push([x + 176 + width, top + 46], [x + 190 + width, foot], [x + 310 + width, base]);
    x += width + 310;
  }
  line.push([UNITS + 500, base]);
  return line;
}

function stacks(base: number, height: number, random: Random): Skyline {
  const line: Point[] = [[-200, base]];
  let x = -150;
  while (x < UNITS) {
    x += random.between(120, 620);
    const top = base - random.between(height >> 2, height);
    const width = random.between(110, 300);
    const lean = random.between(-40, 40);
    line.push([x - 70, base], [x - 20, base - 60]);
    for (let step = 1; step <= 5; step += 1) {
      line.push([
        x + quotient(lean * step, 5) + step * 7 + random.between(-14, 14),
        partway(base, top, step, 5),
      ]);
    }
    for (let step = 5; step >= 1; step -= 1) {
      line.push([
        x + width + quotient(lean * step, 5) - step * 7 + random.between(-14, 14),
        partway(base, top, step, 5) + 22,
      ]);
    }
    line.push([x + width + 30, base - 50], [x + width + 90, base]);
    x += width + 90;
  }
  line.push([UNITS + 300, base]);
  return line;
}

function karst(base: number, height: number, random: Random): Skyline {
  const knots: [number, number, boolean][] = [
    [-500, LAND_FOOT, true],
    [-500, base, true],
  ];
  let x = -420;
  while (x < UNITS + 300) {
    const width = random.between(240, 470);
    const top = base - random.between(height >> 2, height);
    knots.push(
      [x, base - 20, true],
      [x + quotient(width * 16, 100), partway(base, top, 62, 100), false],
    );
    knots.push([x + quotient(width * 45, 100), top, false]);
    knots.push([x + quotient(width * 80, 100), partway(base, top, 66, 100), false]);
    knots.push([x + width, base - 10, true]);
    x += width + random.between(-70, 130);
  }
  knots.push([UNITS + 900, base, true], [UNITS + 900, LAND_FOOT, true]);
  return smoothRing(knots);
}

/** Where the volcano stands: the same place for its cone and for its smoke. */
export const CRATER: Point = [1180, 1420];

function cone(base: number, random: Random): Skyline {
  const [x, y] = CRATER;
  const left: Point[] = [];
  const right: Point[] = [];
  for (let step = 0; step <= 24; step += 1) {
    const drop = quotient((base + 120 - y) * step, 24);
    const away = 130 + quotient(step * step * 62, 24) + step * 14;
    left.unshift([x - away + random.between(-10, 10), y + drop]);
    right.push([x + away + random.between(-10, 10), y + drop]);
  }
  return [
    [-80, base + 120],
    ...left,
    [x - 60, y + 44],
    [x + 50, y + 36],
    ...right,
    [UNITS + 80, base + 120],
  ];
}
