import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { metadataBytes, metadataOf } from '../../shared/kinds/nft/metadata.ts';
import { encodePng } from '../../shared/kinds/nft/png-encode.ts';
import { pixelHash } from '../../shared/kinds/nft/provenance.ts';
import { renderToken, tokenImage } from '../../shared/kinds/nft/render-token.ts';
import { nftGenerative, RENDERER } from '../../shared/kinds/nft-generative.ts';
import { aToken } from './nft/make.ts';
import { header, pngOf, rawRows } from './nft/png-parts.ts';

const spec = aToken(3);
const image = tokenImage(spec);
const { files, pixelSha256 } = renderToken(spec);
const png = files.get('image.png') ?? new Uint8Array();
const metadata = metadataOf(spec);

const withImage = (bytes: Uint8Array) => new Map([...files, ['image.png', bytes] as const]);
const withMetadata = (text: string) =>
  new Map([...files, ['metadata.json', new TextEncoder().encode(text)] as const]);

/** The token's image with one channel of one pixel off by one. */
const flipped = (pixel: number) => {
  const data = Uint8Array.from(image.data);
  data[pixel * 4 + 1] = (data[pixel * 4 + 1] ?? 0) ^ 1;
  return encodePng({ ...image, data });
};

/** The right pixels behind another header or in another way of packing them. */
const repacked = (ihdr: Uint8Array, level: number) =>
  pngOf([
    ['IHDR', ihdr],
    ['IDAT', deflateSync(rawRows(image), { level })],
    ['IEND', []],
  ]);

const verdictOf = (uploaded: ReadonlyMap<string, Uint8Array>) =>
  nftGenerative.verify(spec, uploaded);

describe('verifying a rendered token', () => {
  it('accepts what the executor uploads and says how it was verified', () => {
    expect(verdictOf(files)).toEqual({
      verified: true,
      verifiedBy: 're-render',
      evidence: { pixelSha256, renderer: RENDERER },
    });
    expect(pixelSha256).toBe(pixelHash(image));
  });

  it.each([0, 1, 9])('accepts the same pixels packed another way, deflate level %i', (level) => {
    const other = repacked(header(64, 64), level);
    expect(Buffer.compare(other, png)).not.toBe(0);
    expect(verdictOf(withImage(other)).verified).toBe(true);
  });

  it('takes the least compressible packing within the announced bytes', () => {
    const announced = nftGenerative.outputs(spec)[0]?.maxBytes ?? 0;
    expect(repacked(header(64, 64), 0).length).toBeLessThan(announced);
  });

  it.each([
    [
      'no image',
      new Map([['metadata.json', metadataBytes(metadata)]]),
      'E_RESULT_MISSING: no image.png',
    ],
    ['no metadata', new Map([['image.png', png]]), 'E_RESULT_MISSING: no metadata.json'],
    ['nothing', new Map(), 'E_RESULT_MISSING: no image.png'],
    ['an empty image', withImage(new Uint8Array()), 'E_IMAGE_TYPE: not a PNG'],
    [
      'the first pixel changed',
      withImage(flipped(0)),
      'E_RESULT_PIXELS: 1 of 4096 pixels differ, the first at 0,0',
    ],
    [
      'the last pixel changed',
      withImage(flipped(4095)),
      'E_RESULT_PIXELS: 1 of 4096 pixels differ, the first at 63,63',
    ],
    ['the image of another token', withImage(encodePng(tokenImage(aToken(4)))), 'E_RESULT_PIXELS'],
    [
      'the image of another redraw',
      withImage(encodePng(tokenImage({ ...spec, redraw: 1 }))),
      'E_RESULT_PIXELS',
    ],
    [
      'another size',
      withImage(encodePng(tokenImage(aToken(3, { size: 65 })))),
      'E_IMAGE_DIM: 65 x 65 pixels instead of 64 x 64',
    ],
    [
      'a header of 100,000 x 100,000',
      withImage(repacked(header(100_000, 100_000), 6)),
      'E_IMAGE_DIM',
    ],
    [
      'an interlaced header',
      withImage(repacked(header(64, 64, [8, 6, 0, 0, 1]), 6)),
      'E_IMAGE_TYPE',
    ],
    ['half an image', withImage(png.subarray(0, png.length >> 1)), 'E_IMAGE_DATA'],
    [
      'bytes after the image',
      withImage(Buffer.concat([png, Uint8Array.of(10)])),
      'E_IMAGE_DATA: there are bytes after the end',
    ],
    [
      'megabytes instead of an image',
      withImage(new Uint8Array(5_000_000)),
      'E_IMAGE_DATA: 5000000 bytes are above the limit',
    ],
    [
      'metadata that is not JSON',
      withMetadata('{'),
      'E_RESULT_METADATA: not the metadata of a token: document',
    ],
    [
      'metadata that is not UTF-8',
      new Map([...files, ['metadata.json', Uint8Array.of(0xff)] as const]),
      'E_RESULT_METADATA: not the metadata',
    ],
    [
      'megabytes of metadata',
      withMetadata(' '.repeat(20_000)),
      'E_RESULT_METADATA: 20000 bytes are above the limit',
    ],
    [
      'another name',
      withMetadata(JSON.stringify({ ...metadata, name: 'Mine' })),
      'E_RESULT_METADATA: name is not that of this token',
    ],
    [
      'another description',
      withMetadata(JSON.stringify({ ...metadata, description: 'Buy' })),
      'E_RESULT_METADATA: description is not',
    ],
    [
      'a rarer trait',
      withMetadata(JSON.stringify(metadata).replace(/"value":"[^"]+"/, '"value":"Gilded Night"')),
      'E_RESULT_METADATA: attributes is not',
    ],
    [
      'an image elsewhere',
      withMetadata(JSON.stringify({ ...metadata, image: 'https://example.org/x.png' })),
      'E_RESULT_METADATA: not the metadata of a token: image',
    ],
    [
      'a field nobody asked for',
      withMetadata(JSON.stringify({ ...metadata, animation_url: 'x' })),
      'E_RESULT_METADATA: not the metadata of a token',
    ],
    [
      'a key twice',
      withMetadata(`{"name":"Mine",${JSON.stringify(metadata).slice(1)}`),
      'E_RESULT_METADATA: not written canonically',
    ],
  ])('refuses %s', (_what, uploaded, reason) => {
    const verdict = verdictOf(uploaded);
    expect(verdict.verified).toBe(false);
    expect(verdict.verified || verdict.reason).toContain(reason);
  });
});

it('any bytes and any JSON as metadata are refused by name, without an exception', () => {
  const field = fc.constantFrom('name', 'description', 'image', 'attributes', 'properties', 'x');
  const edited = fc
    .tuple(field, fc.jsonValue({ maxDepth: 2 }))
    .map(([name, value]) => JSON.stringify({ ...metadata, [name]: value }));
  const upload = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.oneof(edited, fc.json()).map((text) => new TextEncoder().encode(text)),
  );
  fc.assert(
    fc.property(upload, (bytes) => {
      const verdict = verdictOf(new Map([...files, ['metadata.json', bytes] as const]));
      expect(verdict.verified ? '' : verdict.reason).toMatch(/^E_RESULT_METADATA: /);
    }),
  );
});

describe('the kind nft.generative', () => {
  it('expects time in proportion to the pixels', () => {
    const seconds = [512, 1024, 256].map((size) => nftGenerative.unitSeconds(aToken(1, { size })));
    expect(seconds).toEqual([0.2, 0.8, 0.05]);
  });

  it('needs no GPU and no checkpoint, and all of its tasks go together', () => {
    expect(nftGenerative).toMatchObject({ gpuUsed: false, checkpoints: false });
    expect(nftGenerative.affinityKey(aToken(1))).toBe(
      nftGenerative.affinityKey(aToken(2, { seed: 'z' })),
    );
  });

  it('announces exactly the files its executor renders', () => {
    expect(nftGenerative.outputs(spec).map(({ name }) => name)).toEqual([...files.keys()]);
    for (const { name, maxBytes } of nftGenerative.outputs(spec)) {
      expect(files.get(name)?.length).toBeLessThanOrEqual(maxBytes);
    }
  });

  it('keeps the longest metadata a spec can ask for within its limit', () => {
    const longest = aToken(100_000, {
      name: '"'.repeat(64),
      description: '\u4e2d'.repeat(1000),
      supply: 100_000,
    });
    const rendered = renderToken(longest);
    expect(nftGenerative.verify(longest, rendered.files).verified).toBe(true);
  });
});
