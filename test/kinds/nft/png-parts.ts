import { crc32 } from 'node:zlib';
import { SIGNATURE } from '../../../shared/kinds/nft/png-format.ts';
import type { RgbaImage } from '../../../shared/kinds/nft/rgba-image.ts';

/** A PNG of any chunks, legal or not, each with a right checksum. */
export const pngOf = (
  chunks: readonly (readonly [type: string, data: ArrayLike<number>])[],
): Uint8Array =>
  Buffer.concat([
    SIGNATURE,
    ...chunks.map(([type, data]) => {
      const bytes = Buffer.alloc(data.length + 12);
      bytes.writeUInt32BE(data.length, 0);
      bytes.write(type, 4, 'latin1');
      bytes.set(data, 8);
      bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8);
      return bytes;
    }),
  ]);

/** The content of IHDR; `rest` is bit depth, colour type, compression, filter, interlace. */
export function header(width: number, height: number, rest = [8, 6, 0, 0, 0]): Uint8Array {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt32BE(width, 0);
  bytes.writeUInt32BE(height, 4);
  bytes.set(rest, 8);
  return bytes;
}

/** The rows of an image before deflate, none of them filtered unless `filter` says so. */
export const rawRows = ({ width, height, data }: RgbaImage, filter = 0): Uint8Array =>
  Buffer.concat(
    Array.from({ length: height }, (_, row) => [
      Uint8Array.of(filter),
      data.subarray(row * width * 4, (row + 1) * width * 4),
    ]).flat(),
  );
