import * as z from 'zod';
import type { TaskKind } from '../../shared/kinds/kind.ts';
import { RESULT_OUTPUTS, verifyResult } from '../virtual/numbered-result.ts';

/**
 * A task of a trace: it says which model it needs and nothing of how long it takes. The benchmark puts this kind
 * beside the real ones when it is built; everything else about a task is real.
 */
const TracedSpec = z.strictObject({
  number: z.int().nonnegative(),
  model: z.string().max(200),
});

export const tracedKind: TaskKind<z.infer<typeof TracedSpec>> = {
  name: 'bench.traced',
  spec: TracedSpec,
  gpuUsed: true,
  checkpoints: false,
  /** Where the sender says nothing: the size of the page a person waits for. */
  unitSeconds: () => 30,
  affinityKey: ({ model }) => model,
  outputs: () => RESULT_OUTPUTS,
  verify: verifyResult,
};
