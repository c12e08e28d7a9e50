import * as z from 'zod';
import type { TaskKind } from '../../shared/kinds/kind.ts';
import { RESULT_OUTPUTS, verifyResult } from '../virtual/numbered-result.ts';

/**
 * The smallest work there is: the result of a task is its number in words that only it has. The simulator
 * puts this kind beside the real ones when it is built, because drawing pictures is all it would do
 * otherwise; everything else about a task is real.
 */
const TinySpec = z.strictObject({
  number: z.int().nonnegative(),
  /** Checkpoints it leaves on its way. */
  stages: z.int().nonnegative().default(0),
  /** No machine can do it. */
  poison: z.boolean().default(false),
  /** It ends every worker it is given to. */
  deadly: z.boolean().default(false),
});

const MAX_CHECKPOINT_BYTES = 100;

/** What a task has come to after a stage; only the true one leads to the result. */
export const checkpointOf = (number: number, stage: number): Uint8Array =>
  Buffer.from(`stage ${stage} of ${number}`);

export const tinyKind: TaskKind<z.infer<typeof TinySpec>> = {
  name: 'simulated.tiny',
  spec: TinySpec,
  gpuUsed: true,
  checkpoints: true,
  unitSeconds: () => 10,
  affinityKey: () => 'tiny',
  maxCheckpointBytes: ({ stages }) => (stages > 0 ? MAX_CHECKPOINT_BYTES : undefined),
  outputs: () => RESULT_OUTPUTS,
  verify: verifyResult,
};
