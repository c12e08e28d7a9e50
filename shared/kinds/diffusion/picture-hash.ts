import type { RgbaImage } from '../nft/rgba-image.ts';

/** Brightness of a pixel in 1/1000, 0 to 255,000 (ITU-R BT.601). Whole numbers: the same on every machine. */
const luma = (data: Uint8Array, at: number): number =>
  299 * (data[at] ?? 0) + 587 * (data[at + 1] ?? 0) + 114 * (data[at + 2] ?? 0);

/** Standard deviation of the brightness of all pixels, 0 to 127.5. */
export function contrast({ data }: RgbaImage): number {
  let [sum, squares] = [0, 0];
  for (let at = 0; at < data.length; at += 4) {
    const value = luma(data, at) / 1000;
    sum += value;
    squares += value * value;
  }
  const pixels = data.length / 4;
  return Math.sqrt(Math.max(0, squares / pixels - (sum / pixels) ** 2));
}

const COLUMNS = 9;
const ROWS = 8;

/**
 * Difference hash of 64 bits, as 16 hexadecimal digits: the picture is shrunk to 9 x 8 means of brightness, and each
 * bit says whether one is brighter than its neighbour to the right. After Neal Krawetz, "Kind of Like That",
 * hackerfactor.com, 2013.
 */
export function differenceHash({ width, height, data }: RgbaImage): string {
  let bits = 0n;
  for (let row = 0; row < ROWS; row += 1) {
    const [top, bottom] = part(row, ROWS, height);
    const means = Array.from({ length: COLUMNS }, (_, column) => {
      const [left, right] = part(column, COLUMNS, width);
      let sum = 0;
      for (let y = top; y < bottom; y += 1) {
        for (let x = left; x < right; x += 1) sum += luma(data, (y * width + x) * 4);
      }
      return sum / ((bottom - top) * (right - left));
    });
    for (let column = 0; column + 1 < COLUMNS; column += 1) {
      bits = (bits << 1n) | ((means[column] ?? 0) > (means[column + 1] ?? 0) ? 1n : 0n);
    }
  }
  return bits.toString(16).padStart(16, '0');
}

/** The `index`th of `parts` parts of a side, at least one pixel wide. */
const part = (index: number, parts: number, side: number): readonly [number, number] => {
  const from = Math.floor((index * side) / parts);
  return [from, Math.max(from + 1, Math.floor(((index + 1) * side) / parts))];
};
