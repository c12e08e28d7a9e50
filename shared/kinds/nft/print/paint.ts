import type { Mask, Mix, Paint } from './canvas.ts';
import { type Point, quotient, UNITS } from './geometry.ts';

/** Red, green, blue, 0 to 255 each. */
export type Colour = readonly [red: number, green: number, blue: number];

/** A colour from its six hexadecimal digits. */
export const hex = (digits: string): Colour => {
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

/** The colour `parts` of 256 of the way from one colour to another. */
export const mixed = (from: Colour, to: Colour, parts: number): Colour => [
  from[0] + (((to[0] - from[0]) * parts) >> 8),
  from[1] + (((to[1] - from[1]) * parts) >> 8),
  from[2] + (((to[2] - from[2]) * parts) >> 8),
];

const put = (mix: Mix, [red, green, blue]: Colour, alpha: number): void => {
  mix[0] = red << 8;
  mix[1] = green << 8;
  mix[2] = blue << 8;
  mix[3] = alpha;
};

/** One colour everywhere. @param alpha - 0 to 255. */
export const flat = (colour: Colour, alpha = 255): Paint => ({
  perPixel: false,
  shade: (_x, _y, mix) => put(mix, colour, alpha),
});

/** A colour and its opacity at a height of the picture. */
export type Stop = readonly [y: number, colour: Colour, alpha?: number];

/** A vertical gradient through its stops, which come from top to bottom. */
export const vertical = (stops: readonly Stop[]): Paint => ({
  perPixel: false,
  shade: (_x, y, mix) => {
    let [aboveY, above, aboveAlpha = 255] = stops[0] ?? [0, hex('000000')];
    for (const [belowY, below, belowAlpha = 255] of stops) {
      const span = belowY - aboveY;
      const along = y - aboveY;
      if (along < 0) break;
      if (along < span) {
        for (let channel = 0; channel < 3; channel += 1) {
          const from = above[channel] ?? 0;
          const to = below[channel] ?? 0;
          mix[channel] = (from << 8) + quotient((to - from) * 256 * along, span);
        }
        mix[3] = aboveAlpha + quotient((belowAlpha - aboveAlpha) * along, span);
        return;
      }
      [aboveY, above, aboveAlpha] = [belowY, below, belowAlpha];
    }
    put(mix, above, aboveAlpha);
  },
});

/** A soft light: `alpha` at the centre, fading to nothing at the radius as (1 - r^2)^2. */
export const glow = (
  [centreX, centreY]: Point,
  radius: number,
  colour: Colour,
  alpha: number,
): Paint => {
  const square = radius * radius;
  return {
    perPixel: true,
    shade: (x, y, mix) => {
      const dx = x - centreX;
      const dy = y - centreY;
      const left = UNITS - quotient((dx * dx + dy * dy) * UNITS, square);
      put(mix, colour, left <= 0 ? 0 : (alpha * ((left * left) >> 12)) >> 12);
    },
  };
};

/**
 * The part of a mask that a shifted copy of it leaves bare: the edge that faces the light.
 *
 * @param dx - How far the copy moves, in pixels; the lit edge is on the other side.
 */
export function litEdge(mask: Mask, dx: number, dy: number): Mask {
  const width = mask.right - mask.left;
  const height = mask.bottom - mask.top;
  const cover = new Uint8Array(mask.cover.length);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const at = row * width + column;
      const x = column - dx;
      const y = row - dy;
      const inside = x >= 0 && x < width && y >= 0 && y < height;
      const shifted = inside ? (mask.cover[y * width + x] ?? 0) : 0;
      cover[at] = Math.max(0, (mask.cover[at] ?? 0) - shifted);
    }
  }
  return { ...mask, cover };
}

/** The part of a mask that lies inside another one. */
export function within(mask: Mask, limit: Mask): Mask {
  const width = mask.right - mask.left;
  const limitWidth = limit.right - limit.left;
  const cover = new Uint8Array(mask.cover.length);
  for (
    let row = Math.max(mask.top, limit.top);
    row < Math.min(mask.bottom, limit.bottom);
    row += 1
  ) {
    const from = Math.max(mask.left, limit.left);
    const to = Math.min(mask.right, limit.right);
    for (let column = from; column < to; column += 1) {
      const at = (row - mask.top) * width + column - mask.left;
      const bound = limit.cover[(row - limit.top) * limitWidth + column - limit.left] ?? 0;
      cover[at] = quotient((mask.cover[at] ?? 0) * bound, 255);
    }
  }
  return { ...mask, cover };
}
