import type { BatchRow } from '../../shared/model/rows.ts';
import { MAX_MESSAGE_BYTES, TaskEnvelope } from '../../shared/model/task.ts';
import type { Ports } from '../../shared/ports.ts';

/** The most tasks of a batch, each as large as a message may be. */
const MAX_BODIES_BYTES = 200 * MAX_MESSAGE_BYTES;

/** The bodies a batch was formed from, by their line in the object. Written by intake, named by content. */
export async function readBodies(
  { artifacts }: Pick<Ports, 'artifacts'>,
  batch: BatchRow,
): Promise<Map<number, TaskEnvelope>> {
  const fetched = await artifacts.get(batch.bodiesKey, { maxBytes: MAX_BODIES_BYTES });
  if (!fetched.found) throw new Error(`bodies of batch ${batch.batchId} are ${fetched.why}`);
  const lines = Buffer.from(fetched.object.bytes).toString('utf8').trimEnd().split('\n');
  const wanted = new Set(batch.tasks.map(({ line }) => line));
  return new Map(
    lines.flatMap((line, index) =>
      wanted.has(index) ? [[index, TaskEnvelope.parse(JSON.parse(line))]] : [],
    ),
  );
}
