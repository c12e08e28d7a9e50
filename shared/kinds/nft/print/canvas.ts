import type { RgbaImage } from '../rgba-image.ts';
import { type Path, quotient, type Shape, UNITS } from './geometry.ts';

/** A colour while it is mixed: red, green, blue in 256ths of a level, then alpha 0 to 255. */
export type Mix = Int32Array;

/** What a shape is filled with. */
export interface Paint {
  /** True when the colour changes along a row, false when it depends on the height alone. */
  readonly perPixel: boolean;
  /** Writes the colour at a point, in units, into `mix`. */
  readonly shade: (x: number, y: number, mix: Mix) => void;
}

/** `over` covers what is below; `light` adds to it and never saturates (screen). */
export type Blend = 'over' | 'light';

/** How much of each pixel a shape covers, 0 to 255, inside a rectangle of pixels. */
export interface Mask {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly cover: Uint8Array;
}

/** Sub-scanlines per pixel; across, coverage is exact to 1/4096 of a pixel. */
const LINES = 4;

/**
 * A square picture being painted. Channels carry eight extra bits, so that a long gradient under
 * many glazes stays smooth; `finish` rounds them with an ordered dither.
 */
export class Canvas {
  readonly size: number;
  readonly #channels: Uint16Array;
  readonly #mix: Mix = new Int32Array(4);

  constructor(size: number) {
    this.size = size;
    this.#channels = new Uint16Array(size * size * 3);
  }

  /** Fills a shape, or a mask made from one. */
  fill(what: Shape | Mask, paint: Paint, blend: Blend = 'over'): void {
    const mask = 'cover' in what ? what : this.mask(what);
    const width = mask.right - mask.left;
    for (let row = mask.top; row < mask.bottom; row += 1) {
      const y = this.#unit(row);
      const start = (row - mask.top) * width - mask.left;
      if (!paint.perPixel) paint.shade(0, y, this.#mix);
      for (let column = mask.left; column < mask.right; column += 1) {
        const cover = mask.cover[start + column] ?? 0;
        if (cover === 0) continue;
        if (paint.perPixel) paint.shade(this.#unit(column), y, this.#mix);
        this.#blend((row * this.size + column) * 3, cover, blend);
      }
    }
  }

  #unit(pixel: number): number {
    return quotient((2 * pixel + 1) * UNITS, 2 * this.size);
  }

  #blend(at: number, cover: number, blend: Blend): void {
    const channels = this.#channels;
    const mix = this.#mix;
    const product = (mix[3] ?? 0) * cover + 128;
    const alpha = (product + (product >> 8)) >> 8; // divided by 255
    if (alpha === 0) return;
    if (alpha === 255 && blend === 'over') {
      channels[at] = mix[0] ?? 0;
      channels[at + 1] = mix[1] ?? 0;
      channels[at + 2] = mix[2] ?? 0;
      return;
    }
    const weight = alpha + (alpha >> 7); // 0..255 onto 0..256, so that full is full
    for (let channel = 0; channel < 3; channel += 1) {
      const below = channels[at + channel] ?? 0;
      const above = mix[channel] ?? 0;
      const change = blend === 'over' ? above - below : ((0xff00 - below) * (above >> 8)) >> 8;
      channels[at + channel] = below + ((change * weight) >> 8);
    }
  }

  /** The coverage of a shape, by scanlines. */
  mask(shape: Shape): Mask {
    const box = this.#bounds(shape);
    const width = box.right - box.left;
    const cover = new Uint8Array(width * Math.max(0, box.bottom - box.top));
    for (const path of shape) this.#cover(path, box, width, cover);
    return { ...box, cover };
  }

  #bounds(shape: Shape): { left: number; top: number; right: number; bottom: number } {
    let left = UNITS;
    let top = UNITS;
    let right = 0;
    let bottom = 0;
    for (const path of shape)
      for (const ring of path)
        for (const [x, y] of ring) {
          left = Math.min(left, x);
          top = Math.min(top, y);
          right = Math.max(right, x);
          bottom = Math.max(bottom, y);
        }
    const pixel = (units: number) =>
      Math.max(0, Math.min(this.size, quotient(units * this.size, UNITS)));
    return {
      left: pixel(left),
      top: pixel(top),
      right: Math.max(pixel(left), Math.min(this.size, pixel(right) + 1)),
      bottom: Math.max(pixel(top), Math.min(this.size, pixel(bottom) + 1)),
    };
  }

  #cover(
    path: Path,
    box: { left: number; top: number; right: number; bottom: number },
    width: number,
    cover: Uint8Array,
  ): void {
    const firstLine = box.top * LINES;
    const crossings = this.#crossings(path, firstLine, box.bottom * LINES);
    const sum = new Int32Array(width + 2);
    const step = new Int32Array(width + 2);
    for (let row = box.top; row < box.bottom; row += 1) {
      let first = width;
      let end = 0;
      for (let line = 0; line < LINES; line += 1) {
        const xs = crossings[row * LINES + line - firstLine];
        if (xs === undefined || xs.length < 2) continue;
        if (xs.length > 2 || (xs[0] ?? 0) > (xs[1] ?? 0)) xs.sort((a, b) => a - b);
        for (let index = 0; index + 1 < xs.length; index += 2) {
          addSpan(sum, step, xs[index] ?? 0, xs[index + 1] ?? 0, box.left, width);
        }
        first = Math.min(first, Math.max(0, ((xs[0] ?? 0) >> 12) - box.left));
        end = Math.max(end, Math.min(width, ((xs[xs.length - 1] ?? 0) >> 12) - box.left + 1));
      }
      let running = 0;
      for (let column = first; column < end; column += 1) {
        running += step[column] ?? 0;
        const covered = ((running + (sum[column] ?? 0)) * 255 + UNITS * 2) >> 14;
        const at = (row - box.top) * width + column;
        if (covered > (cover[at] ?? 0)) cover[at] = covered;
      }
      sum.fill(0, first, end + 2);
      step.fill(0, first, end + 2);
    }
  }

  /** Where the edges of a path cross the middle of each sub-scanline, in 4096ths of a pixel. */
  #crossings(path: Path, firstLine: number, endLine: number): number[][] {
    const lines: number[][] = Array.from({ length: Math.max(0, endLine - firstLine) }, () => []);
    const height = UNITS / LINES;
    for (const ring of path) {
      let [fromX, fromY] = ring[ring.length - 1] ?? [0, 0];
      for (const [toX, toY] of ring) {
        const [topX, topY, lowX, lowY] =
          fromY < toY ? [fromX, fromY, toX, toY] : [toX, toY, fromX, fromY];
        const top = topY * this.size;
        const low = lowY * this.size;
        const start = Math.max(firstLine, quotient(top - height / 2 + height - 1, height));
        const end = Math.min(endLine, quotient(low - height / 2 + height - 1, height));
        for (let line = start; line < end; line += 1) {
          const along = line * height + height / 2 - top;
          const x = topX * this.size + quotient(along * (lowX - topX) * this.size, low - top);
          lines[line - firstLine]?.push(x);
        }
        [fromX, fromY] = [toX, toY];
      }
    }
    return lines;
  }

  /** The picture in eight bits, opaque, dithered with an 8 x 8 Bayer matrix. */
  finish(): RgbaImage {
    const data = new Uint8Array(this.size * this.size * 4);
    for (let row = 0; row < this.size; row += 1) {
      for (let column = 0; column < this.size; column += 1) {
        const pixel = row * this.size + column;
        const threshold = bayer(column, row);
        for (let channel = 0; channel < 3; channel += 1) {
          const level = this.#channels[pixel * 3 + channel] ?? 0;
          data[pixel * 4 + channel] = Math.min(255, (level + threshold) >> 8);
        }
        data[pixel * 4 + 3] = 255;
      }
    }
    return { width: this.size, height: this.size, data };
  }
}

/** Adds one filled run `[from, to)`, in 4096ths of a pixel, to a row's coverage sums. */
function addSpan(
  sum: Int32Array,
  step: Int32Array,
  from: number,
  to: number,
  left: number,
  width: number,
): void {
  const start = Math.max(0, Math.min(width * UNITS, from - left * UNITS));
  const end = Math.max(0, Math.min(width * UNITS, to - left * UNITS));
  const first = start >> 12;
  const last = end >> 12;
  if (first === last) {
    sum[first] = (sum[first] ?? 0) + end - start;
    return;
  }
  sum[first] = (sum[first] ?? 0) + UNITS - (start & (UNITS - 1));
  sum[last] = (sum[last] ?? 0) + (end & (UNITS - 1));
  step[first + 1] = (step[first + 1] ?? 0) + UNITS;
  step[last] = (step[last] ?? 0) - UNITS;
}

/** The Bayer threshold of a pixel, 2 to 254: the bits of x xor y and of y, interleaved. */
function bayer(x: number, y: number): number {
  const mixed = x ^ y;
  return (
    (((mixed & 1) << 5) |
      ((y & 1) << 4) |
      ((mixed & 2) << 2) |
      ((y & 2) << 1) |
      ((mixed & 4) >> 1) |
      ((y & 4) >> 2)) *
      4 +
    2
  );
}
