import { describe, expect, it } from 'vitest';
import { StageInput } from '../../shared/model/burst.ts';
import {
  aVirtualWorld,
  leasesOf,
  runUntilOver,
  sendTasks,
  tasksOf,
} from '../support/virtual-bursts.ts';

/** Hours with a task of 25 minutes in each, which costs the burst a new term in most of them. */
const HOURS = 30;

describe('a burst that is kept busy for days', () => {
  it('hands over before its history is full, whatever dies while it does', async () => {
    let handOvers = 0;
    let lostStarts = 0;
    let firstLooks = 0;
    const startedAt: { readonly name: string; readonly at: number }[] = [];
    const handingOver = (input: unknown) => StageInput.safeParse(input).data?.state === 'Hand over';
    const die = () => {
      throw new Error('the function died');
    };
    const world = aVirtualWorld({
      taskSeconds: () => 1500,
      settings: {
        clusters: { maxWorkers: 1, maxBursts: 1 },
        batches: { maxTasks: 1 },
        // It is never left between two tasks, and looked at often.
        looks: { idleSeconds: 7200, steadySeconds: 60, longestHoldSeconds: 20 },
        caps: { stackMicroUsd: 1_000_000_000, defaultTenantMicroUsd: 1_000_000_000 },
      },
      onInvoke: (_stage, input) => {
        const { state, burst } = StageInput.safeParse(input).data ?? {};
        if (state === 'Take up the lease' && burst?.segment === 2) {
          firstLooks += 1;
          if (firstLooks === 1) die();
        }
        if (state !== 'Hand over') return;
        handOvers += 1;
        if (handOvers === 1) die();
      },
      afterInvoke: (_stage, input) => {
        if (handingOver(input) && handOvers === 2) die();
      },
      disturb: (ports) => ({
        ...ports,
        bursts: {
          start: async (name, input) => {
            startedAt.push({ name, at: Date.parse(ports.clock.now()) / 1000 });
            if (!name.endsWith('-3') || lostStarts > 0) return ports.bursts.start(name, input);
            lostStarts += 1;
            throw new Error('the service is not there');
          },
        },
      }),
    });
    for (let hour = 0; hour < HOURS; hour += 1) {
      await sendTasks(world, 1, { from: 1 + hour, estimatedSeconds: 1450 });
      await world.run({ forSeconds: 3600 });
    }
    await runUntilOver(world, { tasks: HOURS, withinHours: 12 });

    expect(tasksOf(world).filter(({ status }) => status !== 'done')).toEqual([]);
    expect(handOvers).toBeGreaterThan(3);
    expect([lostStarts, firstLooks]).toEqual([1, 2]);
    // The look that failed is repeated after half a minute at most, and starts what it failed to start.
    const [lost, again] = startedAt.filter(({ name }) => name.endsWith('-3'));
    expect((again?.at ?? 0) - (lost?.at ?? 0)).toBeGreaterThan(0);
    expect((again?.at ?? 0) - (lost?.at ?? 0)).toBeLessThanOrEqual(60);
    const { executions } = world.machine.list();
    expect(leasesOf(world).map(({ segment }) => segment)).toEqual([executions.length]);
    expect(executions.length).toBeGreaterThanOrEqual(3);
    for (const { executionArn, status } of executions) {
      expect(status).toBe('SUCCEEDED');
      const { events } = world.machine.history(executionArn, { maxResults: 1, reverseOrder: true });
      expect(events[0]?.id).toBeLessThan(15_000);
    }
  });
});
