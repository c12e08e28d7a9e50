import { crc32, deflateSync } from 'node:zlib';
import { PIXEL_BYTES, SIGNATURE } from './png-format.ts';
import type { RgbaImage } from './rgba-image.ts';

/** An image as a PNG: eight-bit RGBA, not interlaced, one IDAT chunk. */
export function encodePng(image: RgbaImage): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(image.width, 0);
  header.writeUInt32BE(image.height, 4);
  header.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(filtered(image), { level: 6 })),
    chunk('IEND', new Uint8Array()),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(data.length + 12);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, data.length + 8)), data.length + 8);
  return bytes;
}

/** The rows, each as its difference to the row above (filter 2): gradients become small numbers. */
function filtered({ width, height, data }: RgbaImage): Uint8Array {
  const stride = width * PIXEL_BYTES;
  const rows = new Uint8Array(height * (stride + 1));
  for (let row = 0; row < height; row += 1) {
    const start = row * (stride + 1);
    rows[start] = 2;
    for (let index = 0; index < stride; index += 1) {
      const above = row === 0 ? 0 : (data[(row - 1) * stride + index] ?? 0);
      rows[start + 1 + index] = (data[row * stride + index] ?? 0) - above;
    }
  }
  return rows;
}
