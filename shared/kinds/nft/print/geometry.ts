/**
 * Shapes as integers. The picture is a square of `UNITS` by `UNITS` whatever its size in pixels, y
 * grows downward, and every coordinate is a whole number of units: no result depends on how a
 * machine rounds.
 */

/** Side of the picture in units. */
export const UNITS = 4096;

/** A whole turn, in the angle steps of `sine`. */
export const TURN = 3600;

/** What `sine` and `cosine` call 1. */
export const ONE = 16_384;

export type Point = readonly [x: number, y: number];

/** A closed polygon. */
export type Ring = readonly Point[];

/** Rings filled by the even-odd rule: a ring inside another one is a hole. */
export type Path = readonly Ring[];

/** The union of its paths. */
export type Shape = readonly Path[];

/** A knot of a line: where it passes and how thick it is there. */
export type Knot = readonly [x: number, y: number, width: number];

/** Integer quotient, rounded toward minus infinity. */
export const quotient = (dividend: number, divisor: number): number =>
  Math.floor(dividend / divisor);

/** Value on the line from `from` to `to`, `step` of `steps` along the way. */
export const partway = (from: number, to: number, step: number, steps: number): number =>
  from + quotient((to - from) * step, steps);

/**
 * Sine in `ONE`ths of an angle in `TURN`ths, by the rational approximation of Bhaskara I (7th
 * century): 4x(180 - x) / (40500 - x(180 - x)) in degrees, off by at most 0.0017.
 */
export function sine(angle: number): number {
  const wrapped = ((angle % TURN) + TURN) % TURN;
  const half = TURN / 2;
  const x = wrapped % half;
  const product = x * (half - x);
  const value = quotient(4 * product * ONE, 4_050_000 - product);
  return wrapped < half ? value : -value;
}

export const cosine = (angle: number): number => sine(angle + TURN / 4);

/** The point at `radius` units from `centre`; angle 0 points right, a quarter turn points down. */
export const around = ([x, y]: Point, radius: number, angle: number): Point => [
  x + quotient(radius * cosine(angle), ONE),
  y + quotient(radius * sine(angle), ONE),
];

/** Largest integer whose square is at most `value`. */
export function integerRoot(value: number): number {
  let root = Math.floor(Math.sqrt(value)); // correctly rounded by IEEE 754, then made exact
  while (root * root > value) root -= 1;
  while ((root + 1) * (root + 1) <= value) root += 1;
  return root;
}

export const rectangle = (left: number, top: number, right: number, bottom: number): Ring => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
];

export function ellipse([x, y]: Point, radiusX: number, radiusY: number): Ring {
  const steps = Math.max(radiusX, radiusY) > 300 ? 180 : 40;
  return Array.from({ length: steps }, (_, step): Point => {
    const angle = quotient(step * TURN, steps);
    return [x + quotient(radiusX * cosine(angle), ONE), y + quotient(radiusY * sine(angle), ONE)];
  });
}

export const disc = (centre: Point, radius: number): Ring => ellipse(centre, radius, radius);

/** A star of `points` rays between two radii, first ray pointing up. */
export function star(centre: Point, points: number, outer: number, inner: number): Ring {
  return Array.from({ length: points * 2 }, (_, corner) =>
    around(
      centre,
      corner % 2 === 0 ? outer : inner,
      quotient(corner * TURN, points * 2) - TURN / 4,
    ),
  );
}

/** The lit part of a waxing moon: half a circle outside, half an ellipse inside. */
export function lune(centre: Point, radius: number, tilt: number): Ring {
  const steps = 60;
  const ring: Point[] = [];
  for (let step = 0; step <= steps * 2; step += 1) {
    const outer = step <= steps;
    const angle = quotient((outer ? step : 2 * steps - step) * TURN, steps * 2) - TURN / 4;
    const [x, y] = around([0, 0], radius, angle);
    const across = outer ? x : quotient(x * 52, 100);
    ring.push([
      centre[0] + quotient(across * cosine(tilt) - y * sine(tilt), ONE),
      centre[1] + quotient(across * sine(tilt) + y * cosine(tilt), ONE),
    ]);
  }
  return ring;
}

/** Eighths of a Catmull-Rom span between the middle two of four values. */
function spline(before: number, from: number, to: number, after: number, t: number): number {
  const cubic = 3 * (from - to) + after - before;
  const square = 2 * before - 5 * from + 4 * to - after;
  return quotient(
    2 * from * 512 + (to - before) * t * 64 + square * t * t * 8 + cubic * t * t * t + 512,
    1024,
  );
}

/** A point of an outline; at a corner the curve breaks instead of passing smoothly. */
export type OutlinePoint = readonly [x: number, y: number, corner: boolean];

/** The closed Catmull-Rom curve through `points`, as a polygon of eight sides per span. */
export function smoothRing(points: readonly OutlinePoint[]): Ring {
  const ring: Point[] = [];
  const count = points.length;
  const at = (index: number) => points[(index + count) % count] ?? ([0, 0, true] as const);
  for (let index = 0; index < count; index += 1) {
    const from = at(index);
    const to = at(index + 1);
    const before = from[2] ? from : at(index - 1);
    const after = to[2] ? to : at(index + 2);
    for (let t = 0; t < 8; t += 1) {
      ring.push([
        spline(before[0], from[0], to[0], after[0], t),
        spline(before[1], from[1], to[1], after[1], t),
      ]);
    }
  }
  return ring;
}

/** A smooth open line through `knots`, its width following theirs, with round ends. */
export function limb(knots: readonly Knot[]): Shape {
  const line = smoothLine(knots);
  const left: Point[] = [];
  const right: Point[] = [];
  line.forEach(([x, y, width], index) => {
    const ahead = line[Math.min(index + 1, line.length - 1)] ?? [x, y];
    const behind = line[Math.max(index - 1, 0)] ?? [x, y];
    const dx = ahead[0] - behind[0];
    const dy = ahead[1] - behind[1];
    const length = Math.max(1, integerRoot((dx * dx + dy * dy) * 256));
    const offsetX = quotient(-dy * width * 8, length);
    const offsetY = quotient(dx * width * 8, length);
    left.push([x + offsetX, y + offsetY]);
    right.push([x - offsetX, y - offsetY]);
  });
  const caps = [line[0], line[line.length - 1]].flatMap((end) =>
    end !== undefined && end[2] > 8 ? [[disc([end[0], end[1]], quotient(end[2], 2))]] : [],
  );
  return [[[...left, ...right.reverse()]], ...caps];
}

function smoothLine(knots: readonly Knot[]): Knot[] {
  const line: Knot[] = [];
  for (let index = 0; index + 1 < knots.length; index += 1) {
    const from = knots[index];
    const to = knots[index + 1];
    if (from === undefined || to === undefined) continue;
    const before = knots[index - 1] ?? from;
    const after = knots[index + 2] ?? to;
    for (let t = 0; t < 8; t += 1) {
      line.push([
        spline(before[0], from[0], to[0], after[0], t),
        spline(before[1], from[1], to[1], after[1], t),
        partway(from[2], to[2], t, 8),
      ]);
    }
  }
  const end = knots[knots.length - 1];
  if (end !== undefined) line.push(end);
  return line;
}
