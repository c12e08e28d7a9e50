import * as z from 'zod';
import type { TaskKind } from '../../shared/kinds/kind.ts';

/**
 * A task of a trace: it says which model it needs and nothing of how long it takes. The benchmark puts this kind
 * beside the real ones when it is built; everything else about a task is real.
 */
const TracedSpec = z.strictObject({
  number: z.int().nonnegative(),
  model: z.string().max(200),
});

export const RESULT_FILE = 'result.txt';

export const resultOf = (number: number): Uint8Array => Buffer.from(`the result of ${number}`);

export const tracedKind: TaskKind<z.infer<typeof TracedSpec>> = {
  name: 'bench.traced',
  spec: TracedSpec,
  gpuUsed: true,
  checkpoints: false,
  /** Where the sender says nothing: the size of the page a person waits for. */
  unitSeconds: () => 30,
  affinityKey: ({ model }) => model,
  outputs: () => [{ name: RESULT_FILE, contentType: 'text/plain', maxBytes: 100 }],
  verify({ number }, files) {
    const same = Buffer.compare(files.get(RESULT_FILE) ?? new Uint8Array(), resultOf(number)) === 0;
    return same
      ? { verified: true, verifiedBy: 'comparison' }
      : { verified: false, reason: 'E_RESULT_OTHER: not the result of this task' };
  },
};
