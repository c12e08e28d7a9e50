import { encodePng } from './png-encode.ts';
import { quotient } from './print/geometry.ts';
import type { RgbaImage } from './rgba-image.ts';

/** How a contact sheet is laid out, in pixels. */
export interface SheetLayout {
  readonly columns: number;
  /** Side of the square each image is scaled into. */
  readonly cell: number;
  /** Space between cells and around them. */
  readonly gap: number;
}

const BACKGROUND = [24, 24, 28, 255] as const;

/**
 * Many images on one sheet, as PNG bytes: row by row, each scaled by averaging whole pixels.
 *
 * @throws RangeError when a number of the layout is out of range: a caller's bug.
 */
export function contactSheet(images: readonly RgbaImage[], layout: SheetLayout): Uint8Array {
  const { columns, cell, gap } = layout;
  if (columns < 1 || cell < 1 || gap < 0) {
    throw new RangeError(`columns ${columns}, cell ${cell}, gap ${gap}: out of range`);
  }
  const rows = Math.max(1, Math.ceil(images.length / columns));
  const width = gap + columns * (cell + gap);
  const height = gap + rows * (cell + gap);
  const data = new Uint8Array(width * height * 4);
  for (let at = 0; at < data.length; at += 4) data.set(BACKGROUND, at);
  images.forEach((image, index) => {
    const left = gap + (index % columns) * (cell + gap);
    const top = gap + quotient(index, columns) * (cell + gap);
    const scaled = scaledTo(image, cell);
    for (let row = 0; row < cell; row += 1) {
      const line = scaled.subarray(row * cell * 4, (row + 1) * cell * 4);
      data.set(line, ((top + row) * width + left) * 4);
    }
  });
  return encodePng({ width, height, data });
}

/** The image as a square of `side` pixels: each is the mean of the source pixels it covers. */
function scaledTo({ width, height, data }: RgbaImage, side: number): Uint8Array {
  const scaled = new Uint8Array(side * side * 4);
  for (let row = 0; row < side; row += 1) {
    const top = quotient(row * height, side);
    const bottom = Math.max(top + 1, quotient((row + 1) * height, side));
    for (let column = 0; column < side; column += 1) {
      const left = quotient(column * width, side);
      const right = Math.max(left + 1, quotient((column + 1) * width, side));
      const area = (bottom - top) * (right - left);
      for (let channel = 0; channel < 4; channel += 1) {
        let sum = area >> 1;
        for (let y = top; y < bottom; y += 1)
          for (let x = left; x < right; x += 1) sum += data[(y * width + x) * 4 + channel] ?? 0;
        scaled[(row * side + column) * 4 + channel] = quotient(sum, area);
      }
    }
  }
  return scaled;
}
