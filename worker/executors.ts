import { container } from '../shared/kinds/container.ts';
import { renderToken } from '../shared/kinds/nft/render-token.ts';
import { nftGenerative } from '../shared/kinds/nft-generative.ts';
import { containerExecutor, type Program } from './container.ts';
import type { Executors } from './execute.ts';

/** What every image can do: task kind to the code that does it. */
const EXECUTORS: Executors = {
  [nftGenerative.name]: {
    gpuUsed: nftGenerative.gpuUsed,
    run: ({ spec }) => renderToken(nftGenerative.spec.parse(spec)).files,
  },
};

/** What this image can do. One without a program of its own refuses tasks that would run it. */
export const executorsWith = (program: Program | undefined): Executors =>
  program === undefined
    ? EXECUTORS
    : { ...EXECUTORS, [container.name]: containerExecutor(program) };
