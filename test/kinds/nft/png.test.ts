import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePng } from '../../../shared/kinds/nft/png-decode.ts';
import { encodePng } from '../../../shared/kinds/nft/png-encode.ts';
import { paeth, SIGNATURE } from '../../../shared/kinds/nft/png-format.ts';
import type { RgbaImage } from '../../../shared/kinds/nft/rgba-image.ts';
import { header, pngOf, rawRows } from './png-parts.ts';

const images: fc.Arbitrary<RgbaImage> = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 4, maxLength: width * height * 4 })
      .map((data) => ({ width, height, data })),
  );

const limitsOf = ({ width, height }: RgbaImage) => ({ width, height, maxBytes: 100_000 });

const small: RgbaImage = {
  width: 3,
  height: 2,
  data: Uint8Array.from({ length: 24 }, (_, i) => i * 9),
};
const good = encodePng(small);

describe('encodePng and decodePng', () => {
  it('give back every image as it was', () => {
    fc.assert(
      fc.property(images, (image) => {
        expect(decodePng(encodePng(image), limitsOf(image))).toEqual({ ok: true, image });
      }),
      { seed: 7 },
    );
  });

  it('read rows of every filter', () => {
    fc.assert(
      fc.property(
        images,
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 9, maxLength: 9 }),
        (image, filters) => {
          const rows = filteredRows(image, filters);
          const png = pngOf([
            ['IHDR', header(image.width, image.height)],
            ['IDAT', deflateSync(rows)],
            ['IEND', []],
          ]);
          expect(decodePng(png, limitsOf(image))).toEqual({ ok: true, image });
        },
      ),
      { seed: 8, numRuns: 60 },
    );
  });
});

/** The filters as the standard defines them, written independently of the decoder. */
function filteredRows({ width, height, data }: RgbaImage, filters: readonly number[]): Uint8Array {
  const stride = width * 4;
  const at = (row: number, index: number) =>
    row < 0 || index < 0 ? 0 : (data[row * stride + index] ?? 0);
  const rows: number[] = [];
  for (let row = 0; row < height; row += 1) {
    const filter = filters[row] ?? 0;
    rows.push(filter);
    for (let index = 0; index < stride; index += 1) {
      const [a, b, c] = [at(row, index - 4), at(row - 1, index), at(row - 1, index - 4)];
      const predicted = [0, a, b, Math.floor((a + b) / 2), paeth(a, b, c)][filter] ?? 0;
      rows.push((at(row, index) - predicted) & 255);
    }
  }
  return Uint8Array.from(rows);
}

const idat = deflateSync(rawRows(small));

describe('decodePng', () => {
  it.each([
    ['no bytes at all', new Uint8Array(), 'E_IMAGE_TYPE'],
    [
      'an SVG with a script',
      new TextEncoder().encode('<svg><script>1</script></svg>'),
      'E_IMAGE_TYPE',
    ],
    ['a JPEG', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70, 0, 1), 'E_IMAGE_TYPE'],
    ['a signature and nothing else', SIGNATURE, 'E_IMAGE_DATA'],
    ['a file cut in the middle', good.subarray(0, good.length >> 1), 'E_IMAGE_DATA'],
    ['a file without its last byte', good.subarray(0, -1), 'E_IMAGE_DATA'],
    ['a byte after the end', Buffer.concat([good, Uint8Array.of(0)]), 'E_IMAGE_DATA'],
    ['a second file after the end', Buffer.concat([good, good]), 'E_IMAGE_DATA'],
    [
      'a header of 100,000 x 100,000',
      pngOf([
        ['IHDR', header(100_000, 100_000)],
        ['IDAT', idat],
        ['IEND', []],
      ]),
      'E_IMAGE_DIM',
    ],
    [
      'one row more',
      pngOf([
        ['IHDR', header(3, 3)],
        ['IDAT', idat],
        ['IEND', []],
      ]),
      'E_IMAGE_DIM',
    ],
    [
      'no size',
      pngOf([
        ['IHDR', header(0, 0)],
        ['IDAT', idat],
        ['IEND', []],
      ]),
      'E_IMAGE_DIM',
    ],
    [
      'interlacing',
      pngOf([
        ['IHDR', header(3, 2, [8, 6, 0, 0, 1])],
        ['IDAT', idat],
        ['IEND', []],
      ]),
      'E_IMAGE_TYPE',
    ],
    [
      'sixteen bits',
      pngOf([
        ['IHDR', header(3, 2, [16, 6, 0, 0, 0])],
        ['IDAT', idat],
        ['IEND', []],
      ]),
      'E_IMAGE_TYPE',
    ],
    [
      'no alpha channel',
      pngOf([
        ['IHDR', header(3, 2, [8, 2, 0, 0, 0])],
        ['IDAT', idat],
        ['IEND', []],
      ]),
      'E_IMAGE_TYPE',
    ],
    [
      'a short header',
      pngOf([
        ['IHDR', [0, 0, 0, 3]],
        ['IDAT', idat],
        ['IEND', []],
      ]),
      'E_IMAGE_TYPE',
    ],
    [
      'two headers',
      pngOf([
        ['IHDR', header(3, 2)],
        ['IHDR', header(3, 2)],
        ['IDAT', idat],
        ['IEND', []],
      ]),
      'E_IMAGE_TYPE',
    ],
    [
      'no header',
      pngOf([
        ['IDAT', idat],
        ['IEND', []],
      ]),
      'E_IMAGE_TYPE',
    ],
    [
      'a gamma of its own',
      pngOf([
        ['IHDR', header(3, 2)],
        ['gAMA', [0, 0, 0, 1]],
        ['IDAT', idat],
        ['IEND', []],
      ]),
      'E_IMAGE_TYPE',
    ],
    [
      'text beside the image',
      pngOf([
        ['IHDR', header(3, 2)],
        ['IDAT', idat],
        ['tEXt', [65, 0, 66]],
        ['IEND', []],
      ]),
      'E_IMAGE_TYPE',
    ],
    [
      'no pixel data',
      pngOf([
        ['IHDR', header(3, 2)],
        ['IEND', []],
      ]),
      'E_IMAGE_DATA',
    ],
    [
      'no end',
      pngOf([
        ['IHDR', header(3, 2)],
        ['IDAT', idat],
      ]),
      'E_IMAGE_DATA',
    ],
    [
      'an end with content',
      pngOf([
        ['IHDR', header(3, 2)],
        ['IDAT', idat],
        ['IEND', [1]],
      ]),
      'E_IMAGE_DATA',
    ],
    [
      'pixel data that is not zlib',
      pngOf([
        ['IHDR', header(3, 2)],
        ['IDAT', [1, 2, 3]],
        ['IEND', []],
      ]),
      'E_IMAGE_DATA',
    ],
    [
      'a byte too few to inflate',
      pngOf([
        ['IHDR', header(3, 2)],
        ['IDAT', deflateSync(rawRows(small).subarray(1))],
        ['IEND', []],
      ]),
      'E_IMAGE_DATA',
    ],
    [
      'a byte too many to inflate',
      pngOf([
        ['IHDR', header(3, 2)],
        ['IDAT', deflateSync(Buffer.concat([rawRows(small), Uint8Array.of(0)]))],
        ['IEND', []],
      ]),
      'E_IMAGE_DATA',
    ],
    [
      '50 MB that inflate from 50 kB',
      pngOf([
        ['IHDR', header(3, 2)],
        ['IDAT', deflateSync(Buffer.alloc(50_000_000))],
        ['IEND', []],
      ]),
      'E_IMAGE_DATA',
    ],
    [
      'bytes hidden behind the zlib stream',
      pngOf([
        ['IHDR', header(3, 2)],
        ['IDAT', Buffer.concat([idat, new TextEncoder().encode('<script>')])],
        ['IEND', []],
      ]),
      'E_IMAGE_DATA',
    ],
    [
      'a row filter that does not exist',
      pngOf([
        ['IHDR', header(3, 2)],
        ['IDAT', deflateSync(rawRows(small, 5))],
        ['IEND', []],
      ]),
      'E_IMAGE_DATA',
    ],
  ])('refuses %s', (_what, bytes, code) => {
    expect(decodePng(bytes, limitsOf(small))).toMatchObject({ ok: false, refused: { code } });
  });

  it.each([
    ['header', 8 + 8 + 13],
    ['pixel data', good.length - 12 - 1],
    ['end', good.length - 1],
  ])('refuses a wrong checksum of the %s', (_chunk, at) => {
    const damaged = Uint8Array.from(good, (byte, index) => (index === at ? byte ^ 1 : byte));
    const decoded = decodePng(damaged, limitsOf(small));
    expect(decoded).toMatchObject({ ok: false, refused: { code: 'E_IMAGE_DATA' } });
    expect(decoded.ok || decoded.refused.detail).toContain('checksum');
  });

  it('takes pixel data in several chunks', () => {
    const png = pngOf([
      ['IHDR', header(3, 2)],
      ['IDAT', idat.subarray(0, 5)],
      ['IDAT', []],
      ['IDAT', idat.subarray(5)],
      ['IEND', []],
    ]);
    expect(decodePng(png, limitsOf(small))).toEqual({ ok: true, image: small });
  });

  it('takes a file of exactly the byte limit and refuses one byte less', () => {
    expect(decodePng(good, { ...limitsOf(small), maxBytes: good.length }).ok).toBe(true);
    expect(decodePng(good, { ...limitsOf(small), maxBytes: good.length - 1 })).toMatchObject({
      refused: { code: 'E_IMAGE_DATA' },
    });
  });

  it('reads a file that lies inside a larger buffer', () => {
    const larger = Buffer.concat([Buffer.alloc(7), good, Buffer.alloc(9)]);
    expect(decodePng(larger.subarray(7, 7 + good.length), limitsOf(small)).ok).toBe(true);
  });

  it('answers any damaged file with an image of the asked size or one of the three codes', () => {
    const edit = fc.record({
      at: fc.nat(good.length - 1),
      remove: fc.nat(6),
      insert: fc.uint8Array({ maxLength: 6 }),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let bytes: Uint8Array = good;
        for (const { at, remove, insert } of edits) {
          bytes = Buffer.concat([bytes.subarray(0, at), insert, bytes.subarray(at + remove)]);
        }
        expectNamedOutcome(bytes);
      }),
      { seed: 9, numRuns: 2000 },
    );
  });

  it('answers any well-formed chunks with an image of the asked size or one of the three codes', () => {
    const chunk = fc.tuple(
      fc.constantFrom('IHDR', 'IDAT', 'IEND', 'PLTE', 'tEXt', '\u0000\u0000\u0000\u0000'),
      fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.constant(idat),
        fc.constant(header(3, 2)),
        fc.uint8Array({ maxLength: 60 }).map((bytes) => deflateSync(bytes)),
      ),
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 5 }), (chunks) =>
        expectNamedOutcome(pngOf([['IHDR', header(3, 2)], ...chunks, ['IEND', []]])),
      ),
      { seed: 10, numRuns: 1000 },
    );
  });
});

function expectNamedOutcome(bytes: Uint8Array): void {
  const decoded = decodePng(bytes, limitsOf(small));
  if (decoded.ok) expect(decoded.image.data).toHaveLength(24);
  else expect(['E_IMAGE_DIM', 'E_IMAGE_TYPE', 'E_IMAGE_DATA']).toContain(decoded.refused.code);
}
