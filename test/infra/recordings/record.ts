import { writeFileSync } from 'node:fs';
import * as z from 'zod';
import { StageInput } from '../../../shared/model/burst.ts';
import { aVirtualWorld, sendTasks } from '../../support/virtual-bursts.ts';
import { type Recording, SCHEMAS, toJson } from '../recorded.ts';

/**
 * Records what this release writes and accepts, for the releases after it:
 *
 *   npx tsx test/infra/recordings/record.ts 2026-11
 *
 * Recordings are kept for ever: `test/infra/replay.test.ts` holds every later release against each of them.
 */
const name = process.argv[2] ?? '';
if (!/^\d{4}-\d{2}[a-z]?$/.test(name)) throw new Error('give the month, such as 2026-11');

const documents = new Map<string, unknown>();
const world = aVirtualWorld({
  taskSeconds: () => 600,
  settings: { clusters: { maxWorkers: 1, maxBursts: 1 }, batches: { maxTasks: 2 } },
  onInvoke: (_stage, input) => {
    const { success, data } = StageInput.safeParse(input);
    if (success) documents.set(data.state, input);
  },
});
await sendTasks(world, 4, { estimatedSeconds: 600 });
await world.queue.send([{ id: '1', body: '{"taskId":"refused"}' }]);
await world.run({ forSeconds: 7200, done: () => uploads() > 0 });
const rows = world.ledger.rows().map((row) => toJson(row));
await world.run({ forSeconds: 8 * 3600 });

function uploads(): number {
  return world.artifacts.keys().filter((key) => key.includes('/uploads/')).length;
}

const recording: Recording = {
  of: name,
  rows: z.array(z.record(z.string(), z.unknown())).parse(rows),
  documents: [...documents.values()].map(toJson),
  schemas: Object.fromEntries(
    Object.entries(SCHEMAS).map(([kind, schema]) => [
      kind,
      { ...z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) },
    ]),
  ),
};
writeFileSync(new URL(`${name}.json`, import.meta.url), `${JSON.stringify(recording, null, 1)}\n`);
