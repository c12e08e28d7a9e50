import { renderToken } from '../shared/kinds/nft/render-token.ts';
import { nftGenerative } from '../shared/kinds/nft-generative.ts';
import { vdfWesolowski } from '../shared/kinds/vdf-wesolowski.ts';
import type { Executors } from './execute.ts';
import { vdfExecutor } from './vdf/executor.ts';

/** What this image can do: task kind to the code that does it. */
export const EXECUTORS: Executors = {
  [nftGenerative.name]: {
    gpuUsed: nftGenerative.gpuUsed,
    run: ({ spec }) => renderToken(nftGenerative.spec.parse(spec)).files,
  },
  [vdfWesolowski.name]: vdfExecutor,
};
