import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CAUSES, type Explanation } from '../../shared/explain/explanation.ts';
import { failureOf } from '../../shared/ionet/refusal.ts';
import { TaskRow } from '../../shared/model/rows.ts';
import type { Ports } from '../../shared/ports.ts';
import { clientWorld, nftTasks, worldSettings } from '../client/client-world.ts';

type World = ReturnType<typeof clientWorld>;

/** What may go wrong in a world, and when, in seconds of its time. */
interface Troubles {
  readonly tasks: number;
  readonly taskSeconds: number;
  readonly seed: number;
  readonly killAt?: number;
  readonly spoilResultsUntil?: number;
  readonly stackMicroUsd?: number;
  readonly nowhere?: boolean;
  readonly provisioningSeconds?: number;
  readonly failPollFrom?: number;
  /** The provider's credit does not cover the first calls of the one or the other. */
  readonly noCredit?: { readonly call: 'create' | 'extend'; readonly times: number };
}

const NO_CREDIT = { status: 402, retryAfter: undefined, text: '{"detail":"Insufficient credits"}' };

/** A provider that answers the first calls of a kind as one without credit is answered. */
const withoutCredit =
  ({ call, times }: NonNullable<Troubles['noCredit']>) =>
  (ports: Ports): Ports => {
    let left = times;
    const refuse = () => {
      left -= 1;
      if (left < 0) return;
      const name = call === 'create' ? 'deploy' : call;
      throw failureOf({ name, paid: true }, NO_CREDIT, ports.clock.now());
    };
    const { create, extend } = ports.clusters;
    const clusters: Ports['clusters'] = {
      ...ports.clusters,
      create: async (request) => {
        if (call === 'create') refuse();
        return create(request);
      },
      extend: async (id, hours) => {
        if (call === 'extend') refuse();
        return extend(id, hours);
      },
    };
    return { ...ports, clusters };
  };

const worldOf = (troubles: Troubles) => {
  const { stackMicroUsd = 500_000_000, provisioningSeconds = 200 } = troubles;
  const world: World = clientWorld({
    seed: troubles.seed,
    settings: worldSettings({
      caps: { stackMicroUsd },
      batches: { maxTasks: 3, maxAttempts: 3 },
      clusters: { maxBursts: 1, secondsPerSlot: 100_000 },
    }),
    taskSeconds: () => troubles.taskSeconds,
    behaviour: { provisioningSeconds: () => provisioningSeconds },
    ...(troubles.noCredit === undefined ? {} : { disturb: withoutCredit(troubles.noCredit) }),
    onInvoke: (stage) => {
      const seconds = (world.timers.now() - startMs) / 1000;
      if (stage === 'poll' && seconds > (troubles.failPollFrom ?? Number.POSITIVE_INFINITY)) {
        throw new Error('poll is broken');
      }
    },
  });
  const startMs = world.timers.now();
  return world;
};

const terminal = ['done', 'failed', 'cancelled'];

/** Runs a world in steps and asks why of every task after each, until all have ended. */
async function watch(
  troubles: Troubles,
  { steps, stepSeconds }: { steps: number; stepSeconds: number },
) {
  const world = worldOf(troubles);
  const { tasks, taskSeconds, killAt, spoilResultsUntil = 0, nowhere } = troubles;
  const receipts = await world.client.enqueue(
    nftTasks(tasks, { estimatedSeconds: taskSeconds, ...(nowhere ? { locations: ['FR'] } : {}) }),
  );
  const spoil = (seconds: number) => {
    if (seconds >= spoilResultsUntil) return;
    for (const key of world.artifacts.keys().filter((name) => name.includes('/uploads/'))) {
      void world.artifacts.put(key, { bytes: new Uint8Array([1]), contentType: 'image/png' });
    }
  };
  const seen: Explanation[] = [];
  for (let step = 0; step < steps; step += 1) {
    const from = step * stepSeconds;
    if (killAt !== undefined && killAt >= from && killAt < from + stepSeconds) {
      for (const { workers } of world.market.all())
        for (const worker of workers.values()) worker.kill();
    }
    await world.run({
      forSeconds: stepSeconds,
      done: () => {
        spoil(from);
        return false;
      },
    });
    const now: Explanation[] = [];
    for (const receipt of receipts) now.push(await world.client.explain(receipt));
    seen.push(...now);
    now.forEach((explanation, index) => {
      checkAgainstLedger(world, `task-${index + 1}`, explanation);
    });
    if (now.every(({ cause }) => terminal.includes(cause))) break;
  }
  return { world, seen, causes: [...new Set(seen.map(({ cause }) => cause))] };
}

function checkAgainstLedger(world: World, taskId: string, explanation: Explanation): void {
  const { cause, sentence, facts } = explanation;
  expect(CAUSES).toContain(cause);
  expect(sentence).toMatch(/^[A-Z][^\n]{10,}\.$/);
  expect(`${sentence} ${JSON.stringify(facts)}`).not.toMatch(/undefined|NaN|null/);
  const row = world.ledger.rows().find(({ pk }) => pk === `T#default#${taskId}`);
  const status = row === undefined ? 'unseen' : TaskRow.parse(row).status;
  if (terminal.includes(cause) || terminal.includes(status)) expect(cause).toBe(status);
  const neverBought = world.market.all().length === 0;
  if (neverBought) expect(['placing', 'no-capacity', 'provisioning', 'budget']).toContain(cause);
}

describe('explain in the virtual world', () => {
  it('follows tasks from the queue to their results', async () => {
    const { causes, seen } = await watch(
      { tasks: 9, taskSeconds: 40, seed: 1 },
      { steps: 1000, stepSeconds: 3 },
    );
    expect(causes).toEqual(
      ['placing', 'provisioning', 'running', 'queued-behind', 'verifying', 'done'].sort(
        byFirst(causes),
      ),
    );
    expect(seen.some(({ sentence }) => sentence.includes('none like it has been seen'))).toBe(true);
  });

  it('says that nothing is on offer, and when it asks again', async () => {
    const { seen, causes } = await watch(
      { tasks: 2, taskSeconds: 10, seed: 1, nowhere: true },
      { steps: 40, stepSeconds: 20 },
    );
    expect(causes).toContain('no-capacity');
    expect(seen.at(-1)).toMatchObject({
      cause: 'no-capacity',
      facts: { reason: expect.stringContaining('nothing is on offer') },
    });
    expect(seen.some(({ facts }) => typeof facts.askedAgainAt === 'string')).toBe(true);
  });

  it('names the cap that is reached', async () => {
    const { seen } = await watch(
      { tasks: 2, taskSeconds: 10, seed: 1, stackMicroUsd: 1000 },
      { steps: 20, stepSeconds: 20 },
    );
    expect(seen.at(-1)).toMatchObject({
      cause: 'budget',
      sentence: expect.stringContaining('left of the stack cap'),
    });
  });

  it('tells of a cap that does not cover another term', async () => {
    const { seen } = await watch(
      { tasks: 12, taskSeconds: 600, seed: 1, stackMicroUsd: 300_000 },
      { steps: 300, stepSeconds: 20 },
    );
    expect(seen.find(({ facts }) => facts.paidUntil !== undefined)).toMatchObject({
      cause: 'budget',
    });
  });

  it.each([
    { call: 'create', tasks: 2, says: 'a cluster (deploy answered 402: Insufficient credits)' },
    { call: 'extend', tasks: 6, says: 'another term (extend answered 402: Insufficient credits)' },
  ] as const)(
    'says that credits are to be bought when $call is not covered, and goes on once they are',
    async ({ call, tasks, says }) => {
      const { seen } = await watch(
        { tasks, taskSeconds: 600, seed: 1, noCredit: { call, times: 2 } },
        { steps: 200, stepSeconds: 60 },
      );
      const told = seen.filter(({ facts }) => String(facts.reason).includes('answered 402'));
      expect(new Set(told.map(({ cause }) => cause))).toEqual(new Set(['budget']));
      const sentence = `The provider says that its credit does not cover ${says}: buy credits there. Asked again`;
      expect(told[0]?.sentence).toContain(sentence);
      expect(seen.slice(-tasks).map(({ cause }) => cause)).toEqual(Array(tasks).fill('done'));
    },
  );

  it('tells of a lost worker, and of the attempt that follows', async () => {
    const { seen, causes } = await watch(
      { tasks: 3, taskSeconds: 60, seed: 1, killAt: 300 },
      { steps: 300, stepSeconds: 5 },
    );
    expect(causes).toContain('worker-lost');
    expect(seen.find(({ cause }) => cause === 'worker-lost')?.facts).toMatchObject({
      class: 'worker-lost',
      attempt: 2,
    });
    expect(seen.at(-1)?.cause).toBe('done');
  });

  it('tells of results that were wrong', async () => {
    const { causes, seen } = await watch(
      { tasks: 2, taskSeconds: 20, seed: 1, spoilResultsUntil: 300 },
      { steps: 400, stepSeconds: 5 },
    );
    expect(causes).toContain('verification-failed');
    expect(seen.at(-1)?.cause).toBe('done');
  });

  it('has a cause for every task at any moment, whatever goes wrong', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record(
          {
            tasks: fc.integer({ min: 1, max: 7 }),
            taskSeconds: fc.integer({ min: 1, max: 900 }),
            seed: fc.integer({ min: 1, max: 1_000_000 }),
            killAt: fc.integer({ min: 100, max: 4000 }),
            spoilResultsUntil: fc.integer({ min: 0, max: 4000 }),
            stackMicroUsd: fc.constantFrom(1000, 300_000, 500_000_000),
            nowhere: fc.boolean(),
            provisioningSeconds: fc.integer({ min: 1, max: 4000 }),
            failPollFrom: fc.integer({ min: 0, max: 4000 }),
          },
          { requiredKeys: ['tasks', 'taskSeconds', 'seed'] },
        ),
        fc.integer({ min: 3, max: 61 }),
        async (troubles, stepSeconds) => {
          await watch(troubles, { steps: 120, stepSeconds });
        },
      ),
      { numRuns: 10 },
    );
  });
});

const byFirst = (order: readonly string[]) => (a: string, b: string) =>
  order.indexOf(a) - order.indexOf(b);
