import { randomBytes } from 'node:crypto';
import { container } from '../shared/kinds/container.ts';
import { renderToken } from '../shared/kinds/nft/render-token.ts';
import { nftGenerative } from '../shared/kinds/nft-generative.ts';
import { vdfWesolowski } from '../shared/kinds/vdf-wesolowski.ts';
import { zkGroth16 } from '../shared/kinds/zk-groth16.ts';
import { containerExecutor } from './container.ts';
import type { Executors } from './execute.ts';
import { groth16Executor } from './groth16/executor.ts';
import type { WorkerSettings } from './settings.ts';
import { vdfExecutor } from './vdf/executor.ts';

/** What this image can do: task kind to the code that does it. Without a program of its own it runs none. */
export const executorsOf = ({
  zkProver,
  program,
}: Pick<WorkerSettings, 'zkProver' | 'program'>): Executors => ({
  [nftGenerative.name]: {
    gpuUsed: nftGenerative.gpuUsed,
    run: ({ spec }) => renderToken(nftGenerative.spec.parse(spec)).files,
  },
  [vdfWesolowski.name]: vdfExecutor,
  [zkGroth16.name]: groth16Executor({ randomBytes, prover: zkProver }),
  ...(program === undefined ? {} : { [container.name]: containerExecutor(program) }),
});
