import { randomBytes } from 'node:crypto';
import { renderToken } from '../shared/kinds/nft/render-token.ts';
import { nftGenerative } from '../shared/kinds/nft-generative.ts';
import { vdfWesolowski } from '../shared/kinds/vdf-wesolowski.ts';
import { zkGroth16 } from '../shared/kinds/zk-groth16.ts';
import type { Executors } from './execute.ts';
import { groth16Executor } from './groth16/executor.ts';
import type { WorkerSettings } from './settings.ts';
import { vdfExecutor } from './vdf/executor.ts';

/** What this image can do: task kind to the code that does it. */
export const executorsOf = ({ zkProver }: Pick<WorkerSettings, 'zkProver'>): Executors => ({
  [nftGenerative.name]: {
    gpuUsed: nftGenerative.gpuUsed,
    run: ({ spec }) => renderToken(nftGenerative.spec.parse(spec)).files,
  },
  [vdfWesolowski.name]: vdfExecutor,
  [zkGroth16.name]: groth16Executor({ randomBytes, prover: zkProver }),
});
