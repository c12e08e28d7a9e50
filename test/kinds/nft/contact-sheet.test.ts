import { describe, expect, it } from 'vitest';
import { contactSheet } from '../../../shared/kinds/nft/contact-sheet.ts';
import { decodePng } from '../../../shared/kinds/nft/png-decode.ts';
import type { RgbaImage } from '../../../shared/kinds/nft/rgba-image.ts';

/** An image whose pixel at (x, y) has the grey level `level(x, y)`. */
const grey = (side: number, level: (x: number, y: number) => number): RgbaImage => ({
  width: side,
  height: side,
  data: Uint8Array.from({ length: side * side * 4 }, (_, index) => {
    const pixel = index >> 2;
    return index % 4 === 3 ? 255 : level(pixel % side, Math.floor(pixel / side));
  }),
});

/** The red channel of a sheet, row by row. */
const redOf = (png: Uint8Array, width: number, height: number): number[][] => {
  const decoded = decodePng(png, { width, height, maxBytes: 1_000_000 });
  if (!decoded.ok) throw new Error(decoded.refused.detail);
  const { data } = decoded.image;
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => data[(y * width + x) * 4] ?? -1),
  );
};

describe('contactSheet', () => {
  it('sets images row by row with a gap around each, and leaves the rest dark', () => {
    const images = [200, 150, 100].map((level) => grey(1, () => level));
    const sheet = redOf(contactSheet(images, { columns: 2, cell: 1, gap: 1 }), 5, 5);
    expect(sheet).toEqual([
      [24, 24, 24, 24, 24],
      [24, 200, 24, 150, 24],
      [24, 24, 24, 24, 24],
      [24, 100, 24, 24, 24],
      [24, 24, 24, 24, 24],
    ]);
  });

  it('scales down by the mean of the pixels a cell covers, rounded', () => {
    const image = grey(4, (x, y) => (x < 2 ? 10 * (y + 1) : 255));
    expect(redOf(contactSheet([image], { columns: 1, cell: 2, gap: 0 }), 2, 2)).toEqual([
      [15, 255],
      [35, 255],
    ]);
    expect(redOf(contactSheet([grey(3, (x) => x)], { columns: 1, cell: 2, gap: 0 }), 2, 2)).toEqual(
      [
        [0, 2],
        [0, 2],
      ],
    );
  });

  it('repeats pixels of an image smaller than its cell', () => {
    const sheet = redOf(
      contactSheet([grey(2, (x) => x * 50)], { columns: 1, cell: 4, gap: 0 }),
      4,
      4,
    );
    expect(sheet[3]).toEqual([0, 0, 50, 50]);
  });

  it('is an empty row without images', () => {
    expect(redOf(contactSheet([], { columns: 2, cell: 1, gap: 1 }), 5, 3).flat()).toEqual(
      Array(15).fill(24),
    );
  });

  it.each([
    { columns: 0, cell: 1, gap: 0 },
    { columns: 1, cell: 0, gap: 0 },
    { columns: 1, cell: 1, gap: -1 },
  ])('refuses the layout $columns, $cell, $gap', (layout) => {
    expect(() => contactSheet([], layout)).toThrow(RangeError);
  });
});
