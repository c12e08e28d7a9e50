import { renderToken } from '../shared/kinds/nft/render-token.ts';
import { nftGenerative } from '../shared/kinds/nft-generative.ts';
import type { Executors } from './execute.ts';

/** What this image can do: task kind to the code that does it. */
export const EXECUTORS: Executors = {
  [nftGenerative.name]: {
    gpuUsed: nftGenerative.gpuUsed,
    run: ({ spec }) => renderToken(nftGenerative.spec.parse(spec)).files,
  },
};
