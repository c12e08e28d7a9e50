import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { STAGE_NAMES } from '../../infra/stages.ts';
import { BurstDocument } from '../../shared/model/burst.ts';
import { aWorld, STARTED_AT } from '../engine/machine.ts';

const DEFINITION: unknown = JSON.parse(
  readFileSync(new URL('../../infra/burst.asl.json', import.meta.url), 'utf8'),
);
const THREE_WEEKS_SECONDS = 21 * 86_400;
const LOOK_SECONDS = 60;

const Call = z.object({ state: z.string(), burst: BurstDocument });

it('a burst of three virtual weeks is several segments, none with a full history', async () => {
  const first = BurstDocument.parse({
    v: 1,
    burstId: 'burst-test-0123456789ab',
    segment: 1,
    leaseFence: 1,
    lookUntil: '2030-01-01T00:00:00.000Z',
  });
  const startedMs = Date.parse(STARTED_AT);
  /** What the stages would say of a burst whose jobs run on and on, by the state that asks. */
  const next = (state: string): string => {
    const isOver = world.time.now() - startedMs >= THREE_WEEKS_SECONDS * 1000;
    const words: Readonly<Record<string, string>> = {
      'Take up the lease': 'run',
      'Run jobs': 'wait',
      'Check jobs': isOver ? 'close' : 'wait',
      'Close burst': 'settle',
      Settle: 'done',
      'Hand over': 'handed-over',
    };
    return words[state] ?? 'unexpected';
  };
  const answer = async (payload: unknown) => {
    const { state, burst } = Call.parse(payload);
    if (state === 'Hand over') {
      const segment = { ...first, segment: burst.segment + 1, leaseFence: burst.leaseFence + 1 };
      world.machine.start({ name: `segment-${segment.segment}`, input: JSON.stringify(segment) });
    }
    return { payload: { ...burst, next: next(state), waitSeconds: LOOK_SECONDS } };
  };
  const world = aWorld(DEFINITION, Object.fromEntries(STAGE_NAMES.map((name) => [name, answer])), {
    substitutions: Object.fromEntries(STAGE_NAMES.map((name) => [name, name])),
  });
  world.machine.start({ name: 'segment-1', input: JSON.stringify(first) });
  await world.time.run();

  const { executions } = world.machine.list();
  expect(executions.map(({ status }) => status)).toEqual(executions.map(() => 'SUCCEEDED'));
  expect(executions.length).toBeGreaterThan(10);
  for (const { executionArn } of executions) {
    const { events } = world.machine.history(executionArn, { maxResults: 1, reverseOrder: true });
    expect(events[0]?.id).toBeLessThan(15_000);
  }
  expect(world.time.now() - startedMs).toBeGreaterThanOrEqual(THREE_WEEKS_SECONDS * 1000);
  const last = world.machine.describe(`segment-${executions.length}`);
  expect(JSON.parse(last.output ?? '{}')).toMatchObject({
    next: 'done',
    segment: executions.length,
  });
});
