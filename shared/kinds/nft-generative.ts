import type { TaskKind, Verdict } from './kind.ts';
import { IMAGE_FILE, metadataBytes, metadataOf, TokenMetadata } from './nft/metadata.ts';
import { decodePng } from './nft/png-decode.ts';
import { pixelHash } from './nft/provenance.ts';
import { METADATA_FILE, tokenImage } from './nft/render-token.ts';
import { NftSpec } from './nft/spec.ts';

/**
 * Which renderer draws the tokens. A change that moves a single pixel is a new renderer: results of
 * the old one would no longer verify.
 */
export const RENDERER = 'lantern-prints/1';

/**
 * Seconds to render and encode one token of 512 pixels a side. Measured: 0.2 s on one shared EPYC
 * core, Node 20; time goes with the number of pixels.
 */
const SECONDS_AT_512 = 0.2;

/** Most bytes of metadata: a name, a description of 1,000 characters and twelve attributes. */
const MAX_METADATA_BYTES = 16_384;

/** Pixels that do not compress at all, a filter byte per row, and 1/64 for the format around them. */
const maxImageBytes = (size: number): number => Math.ceil(size * (size * 4 + 1) * (65 / 64)) + 1024;

/** Deterministic prints: an integer raster that our side draws again to compare every pixel. */
export const nftGenerative: TaskKind<NftSpec> = {
  name: 'nft.generative',
  spec: NftSpec,
  gpuUsed: false,
  checkpoints: false,
  unitSeconds: ({ collection }) => SECONDS_AT_512 * (collection.size / 512) ** 2,
  affinityKey: () => RENDERER,
  outputs: ({ collection }) => [
    { name: IMAGE_FILE, contentType: 'image/png', maxBytes: maxImageBytes(collection.size) },
    { name: METADATA_FILE, contentType: 'application/json', maxBytes: MAX_METADATA_BYTES },
  ],
  verify,
};

function verify(spec: NftSpec, files: ReadonlyMap<string, Uint8Array>): Verdict {
  const image = files.get(IMAGE_FILE);
  const metadata = files.get(METADATA_FILE);
  if (image === undefined) return refused('E_RESULT_MISSING', `no ${IMAGE_FILE}`);
  if (metadata === undefined) return refused('E_RESULT_MISSING', `no ${METADATA_FILE}`);

  const wrong = metadataFault(spec, metadata);
  if (wrong !== undefined) return refused('E_RESULT_METADATA', wrong);

  const { size } = spec.collection;
  const decoded = decodePng(image, { width: size, height: size, maxBytes: maxImageBytes(size) });
  if (!decoded.ok) return refused(decoded.refused.code, decoded.refused.detail);
  const expected = tokenImage(spec);
  const difference = pixelDifference(decoded.image.data, expected.data, size);
  if (difference !== undefined) return refused('E_RESULT_PIXELS', difference);

  return {
    verified: true,
    verifiedBy: 're-render',
    evidence: { pixelSha256: pixelHash(expected), renderer: RENDERER },
  };
}

const refused = (code: string, detail: string): Verdict => ({
  verified: false,
  reason: `${code}: ${detail}`,
});

/**
 * What is wrong with uploaded metadata. The bytes must be the canonical ones: JSON with a key twice
 * reads differently in different wallets.
 */
function metadataFault(spec: NftSpec, bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_METADATA_BYTES) {
    return `${bytes.length} bytes are above the limit of ${MAX_METADATA_BYTES}`;
  }
  const expected = metadataOf(spec);
  if (Buffer.compare(bytes, metadataBytes(expected)) === 0) return undefined;
  const parsed = TokenMetadata.safeParse(jsonOf(bytes));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return `not the metadata of a token: ${issue?.path.join('.') || 'document'}`;
  }
  const field = (['name', 'description', 'attributes'] as const).find(
    (key) => JSON.stringify(parsed.data[key]) !== JSON.stringify(expected[key]),
  );
  return field === undefined ? 'not written canonically' : `${field} is not that of this token`;
}

/** The JSON in some bytes, or nothing: strict UTF-8, and a fault is not worth an exception. */
function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function pixelDifference(
  actual: Uint8Array,
  expected: Uint8Array,
  size: number,
): string | undefined {
  if (Buffer.compare(actual, expected) === 0) return undefined;
  let first = -1;
  let count = 0;
  for (let pixel = 0; pixel < size * size; pixel += 1) {
    const at = pixel * 4;
    const same = [0, 1, 2, 3].every((channel) => actual[at + channel] === expected[at + channel]);
    if (same) continue;
    if (first < 0) first = pixel;
    count += 1;
  }
  return `${count} of ${size * size} pixels differ, the first at ${first % size},${Math.floor(first / size)}`;
}
