import { type RenderedToken, renderToken } from '../../shared/kinds/nft/render-token.ts';
import { NftSpec } from '../../shared/kinds/nft/spec.ts';
import { canonicalJson } from '../../shared/model/digest.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { Produced } from './worker-model.ts';

/** A picture is drawn once per process: who verifies it draws it again. */
const drawn = new Map<string, RenderedToken>();

/** Draws the real pictures, so that the real verifier has something to look at. */
export function drawPicture({ spec }: ManifestTask): Produced {
  const key = canonicalJson(spec);
  const picture = drawn.get(key) ?? renderToken(NftSpec.parse(spec));
  drawn.set(key, picture);
  return { files: picture.files };
}
