import { crc32, inflateSync } from 'node:zlib';
import * as z from 'zod';
import { PIXEL_BYTES, paeth, SIGNATURE } from './png-format.ts';
import type { RgbaImage } from './rgba-image.ts';

/** Why bytes are not the image they should be. */
interface ImageRefused {
  /** The size is another one · not the one sort of PNG we take · damaged, cut or padded. */
  readonly code: 'E_IMAGE_DIM' | 'E_IMAGE_TYPE' | 'E_IMAGE_DATA';
  readonly detail: string;
}

/** What the image must be. It comes from the task, never from the image. */
export interface ImageLimits {
  readonly width: number;
  readonly height: number;
  /** Longest file looked at. */
  readonly maxBytes: number;
}

export type DecodedImage =
  | { readonly ok: true; readonly image: RgbaImage }
  | { readonly ok: false; readonly refused: ImageRefused };

/**
 * Reads a PNG that a stranger sent.
 *
 * Takes one sort only: eight-bit RGBA, not interlaced, chunks IHDR, IDAT, IEND and nothing after
 * them. Other chunks may change how the same pixels are shown (gAMA) or hide a second file (tEXt).
 * Memory is bounded by `limits`; every fault of the bytes is returned, none is thrown.
 */
export function decodePng(bytes: Uint8Array, limits: ImageLimits): DecodedImage {
  if (bytes.length > limits.maxBytes) {
    return refused(
      'E_IMAGE_DATA',
      `${bytes.length} bytes are above the limit of ${limits.maxBytes}`,
    );
  }
  const chunks = readChunks(bytes);
  if (!chunks.ok) return chunks;
  const wrong = headerFault(chunks.header, limits);
  if (wrong !== undefined) return { ok: false, refused: wrong };

  const { width, height } = limits;
  const rows = inflateExactly(chunks.data, height * (width * PIXEL_BYTES + 1));
  if (rows === undefined)
    return refused('E_IMAGE_DATA', 'the pixel data does not inflate to the image');
  const data = unfiltered(rows, width, height);
  if (data === undefined) return refused('E_IMAGE_DATA', 'a row has an unknown filter');
  return { ok: true, image: { width, height, data } };
}

const refused = (code: ImageRefused['code'], detail: string) =>
  ({ ok: false, refused: { code, detail } }) as const;

type Chunks =
  | { readonly ok: true; readonly header: Buffer; readonly data: Buffer }
  | { readonly ok: false; readonly refused: ImageRefused };

/** Walks the chunks in their only legal order: IHDR, IDAT one or more times, IEND, end of file. */
function readChunks(bytes: Uint8Array): Chunks {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (!file.subarray(0, SIGNATURE.length).equals(SIGNATURE)) {
    return refused('E_IMAGE_TYPE', 'not a PNG');
  }
  let header: Buffer | undefined;
  const data: Buffer[] = [];
  let at = SIGNATURE.length;
  while (at + 12 <= file.length) {
    const length = file.readUInt32BE(at);
    const end = at + 12 + length;
    if (end > file.length) return refused('E_IMAGE_DATA', 'the file ends inside a chunk');
    const type = file.toString('latin1', at + 4, at + 8);
    if (crc32(file.subarray(at + 4, end - 4)) !== file.readUInt32BE(end - 4)) {
      return refused('E_IMAGE_DATA', `the checksum of a chunk at byte ${at} is wrong`);
    }
    const body = file.subarray(at + 8, end - 4);
    if ((header === undefined) !== (type === 'IHDR')) {
      return refused(
        'E_IMAGE_TYPE',
        'IHDR is not the first chunk, or not the only one of its name',
      );
    }
    if (type === 'IHDR') header = body;
    else if (type === 'IDAT') data.push(body);
    else if (type !== 'IEND') {
      return refused('E_IMAGE_TYPE', `chunk ${JSON.stringify(type)} is not taken`);
    } else if (length > 0 || end !== file.length) {
      return refused('E_IMAGE_DATA', 'there are bytes after the end of the image');
    } else if (header !== undefined) {
      return { ok: true, header, data: Buffer.concat(data) };
    }
    at = end;
  }
  return refused('E_IMAGE_DATA', 'the file ends before the image does');
}

function headerFault(header: Buffer, limits: ImageLimits): ImageRefused | undefined {
  if (header.length !== 13) return { code: 'E_IMAGE_TYPE', detail: 'IHDR has not 13 bytes' };
  const width = header.readUInt32BE(0);
  const height = header.readUInt32BE(4);
  if (width !== limits.width || height !== limits.height) {
    return {
      code: 'E_IMAGE_DIM',
      detail: `${width} x ${height} pixels instead of ${limits.width} x ${limits.height}`,
    };
  }
  if (header.subarray(8).equals(Uint8Array.of(8, 6, 0, 0, 0))) return undefined;
  return { code: 'E_IMAGE_TYPE', detail: 'not eight-bit RGBA without interlacing' };
}

/** What `inflateSync` returns with `info`, which its types leave out. */
const Inflated = z.object({
  buffer: z.instanceof(Uint8Array),
  engine: z.object({ bytesWritten: z.number() }),
});

/** The inflated bytes if they are exactly `length` and nothing follows the stream. */
function inflateExactly(data: Uint8Array, length: number): Uint8Array | undefined {
  try {
    const { buffer, engine } = Inflated.parse(
      inflateSync(data, { maxOutputLength: length, info: true }),
    );
    return buffer.length === length && engine.bytesWritten === data.length ? buffer : undefined;
  } catch {
    return undefined; // damaged, cut, or longer than the image
  }
}

/** Undoes the row filters, or nothing if a row names one that does not exist. */
function unfiltered(rows: Uint8Array, width: number, height: number): Uint8Array | undefined {
  const stride = width * PIXEL_BYTES;
  const data = new Uint8Array(stride * height);
  for (let row = 0; row < height; row += 1) {
    const from = row * (stride + 1);
    const filter = rows[from] ?? 0;
    if (filter > 4) return undefined;
    const to = row * stride;
    for (let index = 0; index < stride; index += 1) {
      const left = index < PIXEL_BYTES ? 0 : (data[to + index - PIXEL_BYTES] ?? 0);
      const above = row === 0 ? 0 : (data[to - stride + index] ?? 0);
      const aboveLeft =
        row === 0 || index < PIXEL_BYTES ? 0 : (data[to - stride + index - PIXEL_BYTES] ?? 0);
      data[to + index] = (rows[from + 1 + index] ?? 0) + predicted(filter, left, above, aboveLeft);
    }
  }
  return data;
}

function predicted(filter: number, left: number, above: number, aboveLeft: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return above;
  return filter === 3 ? (left + above) >> 1 : paeth(left, above, aboveLeft);
}
