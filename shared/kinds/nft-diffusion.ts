import { canonicalJson, sha256Of } from '../model/digest.ts';
import { diffusionMetadata, diffusionMetadataBytes } from './diffusion/metadata.ts';
import { contrast, differenceHash } from './diffusion/picture-hash.ts';
import { DiffusionSpec } from './diffusion/spec.ts';
import type { TaskKind, Verdict } from './kind.ts';
import { IMAGE_FILE } from './nft/metadata.ts';
import { decodePng } from './nft/png-decode.ts';
import { METADATA_FILE } from './nft/render-token.ts';

/**
 * Seconds of a picture of 512 x 512 pixels in 50 steps: Stable Diffusion 1 in half precision on a Titan RTX, by the
 * documentation of diffusers (v0.24, "Speed up inference"). Larger models take longer: a task may say so itself.
 */
const SECONDS_OF_50_STEPS_AT_512 = 3.61;

/** Most bytes of metadata: two texts of 2,000 characters, one of 1,000 and 32 attributes, in UTF-8. */
const MAX_METADATA_BYTES = 65_536;

/** Standard deviation of the brightness below which there is nothing to see; a black picture has 0. */
const LEAST_CONTRAST = 1;

/**
 * Bits in which the hashes of two pictures may differ and still be of one: up to 10 of 64 are a variation, more are
 * another picture. After Neal Krawetz, "Kind of Like That", hackerfactor.com, 2013.
 */
const MOST_DIFFERENT_BITS = 10;

/** Pixels that do not compress at all, a filter byte per row, and 1/64 for the format around them. */
const maxImageBytes = ({ width, height }: DiffusionSpec['size']): number =>
  Math.ceil(height * (width * 4 + 1) * (65 / 64)) + 1024;

/**
 * Pictures of a diffusion model. Two GPUs do not make the same pixels, so our side cannot draw them again. It looks at
 * each: a PNG of the size, opaque, not blank, and metadata that says how these very bytes were made (`structural`).
 * Of a share of the tasks, drawn with a secret so that no worker knows which, a second worker makes the picture
 * again, and both must look alike (`structural+redundancy-2`).
 *
 * What that does not show: that a picture fits its prompt, or was made with that many steps. A worker that cheats on
 * a tenth of 300 pictures, with a tenth of them drawn, is caught with 96 % (1 - 0.9^30); two machines of one owner
 * may agree on a lie.
 */
export const nftDiffusion: TaskKind<DiffusionSpec> = {
  name: 'nft.diffusion',
  spec: DiffusionSpec,
  gpuUsed: true,
  checkpoints: false,
  unitSeconds: ({ steps, size }) =>
    SECONDS_OF_50_STEPS_AT_512 * (steps / 50) * ((size.width * size.height) / 512 ** 2),
  affinityKey: ({ model }) => model.sha256,
  needs: () => ['diffusion'],
  model: ({ model }) => model.sha256,
  workers: ({ verification }) => (verification.policy === 'sample' ? 2 : 1),
  sample: ({ verification }) => (verification.policy === 'sample' ? verification.share : 1),
  outputs: ({ size }) => [
    { name: IMAGE_FILE, contentType: 'image/png', maxBytes: maxImageBytes(size) },
    { name: METADATA_FILE, contentType: 'application/json', maxBytes: MAX_METADATA_BYTES },
  ],
  verify,
};

function verify(
  spec: DiffusionSpec,
  files: ReadonlyMap<string, Uint8Array>,
  inSample = true,
): Verdict {
  const image = files.get(IMAGE_FILE);
  const metadata = files.get(METADATA_FILE);
  if (image === undefined) return refused('E_RESULT_MISSING', `no ${IMAGE_FILE}`);
  if (metadata === undefined) return refused('E_RESULT_MISSING', `no ${METADATA_FILE}`);

  const imageSha256 = sha256Of(image);
  const expected = diffusionMetadataBytes(diffusionMetadata(spec, imageSha256));
  if (Buffer.compare(metadata, expected) !== 0) {
    return refused('E_RESULT_METADATA', 'it does not say, key for key, how this image was made');
  }

  const decoded = decodePng(image, { ...spec.size, maxBytes: maxImageBytes(spec.size) });
  if (!decoded.ok) return refused(decoded.refused.code, decoded.refused.detail);
  const { data } = decoded.image;
  if (data.some((byte, at) => at % 4 === 3 && byte !== 255)) {
    return refused('E_RESULT_PIXELS', 'a pixel is not opaque');
  }
  const seen = contrast(decoded.image);
  if (seen < LEAST_CONTRAST) {
    return refused('E_RESULT_BLANK', `the image is blank (contrast ${seen.toFixed(2)})`);
  }

  const likeness = { hash: differenceHash(decoded.image), mostBits: MOST_DIFFERENT_BITS };
  const digest = sha256Of(canonicalJson([imageSha256, sha256Of(metadata)]));
  return inSample && spec.verification.policy === 'sample'
    ? {
        verified: 'vote',
        digest,
        likeness,
        votes: 2,
        verifiedBy: 'structural+redundancy-2',
      }
    : {
        verified: true,
        verifiedBy: 'structural',
        evidence: { outputsSha256: digest, likeness: likeness.hash },
      };
}

const refused = (code: string, detail: string): Verdict => ({
  verified: false,
  reason: `${code}: ${detail}`,
});
