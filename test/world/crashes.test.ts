import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../shared/memory/memory-ids.ts';
import { StageInput } from '../../shared/model/burst.ts';
import { executionName } from '../../shared/model/ids.ts';
import {
  aVirtualWorld,
  leasesOf,
  runUntilOver,
  sendTasks,
  tasksOf,
} from '../support/virtual-bursts.ts';

type World = ReturnType<typeof aVirtualWorld>;
type Hook = (world: World, state: string, nth: number, when: 'before' | 'after') => void;

/** A function that died the way Lambda reports it. */
function death(name: string): Error {
  const error = new Error('the function died');
  error.name = name;
  return error;
}

/**
 * A burst that visits every state but the hand-over: four tasks of 20 minutes on one slot, of which the
 * last needs another term. `hook` sees each state's invocations, counted from 1.
 */
function crashWorld(hook: Hook): World {
  const counts = new Map<string, number>();
  const stateOf = (input: unknown) => StageInput.safeParse(input).data?.state;
  const world: World = aVirtualWorld({
    taskSeconds: () => 1200,
    settings: {
      clusters: { maxWorkers: 1, maxBursts: 1 },
      batches: { maxTasks: 1 },
      looks: { shortestSeconds: 30, longestSeconds: 120, holdSeconds: 120 },
    },
    onInvoke: (_stage, input) => {
      const state = stateOf(input);
      if (state === undefined) return;
      counts.set(state, 1 + (counts.get(state) ?? 0));
      hook(world, state, counts.get(state) ?? 0, 'before');
    },
    afterInvoke: (_stage, input) => {
      const state = stateOf(input);
      if (state !== undefined) hook(world, state, counts.get(state) ?? 0, 'after');
    },
  });
  return world;
}

/** The states of this world's burst. */
const STATES = [
  'Take up the lease',
  'Plan burst',
  'Provision cluster',
  'Check cluster',
  'Run jobs',
  'Check jobs',
  'Collect results',
  'Extend lease',
  'Close burst',
  'Tear down cluster',
  'Confirm teardown',
  'Settle',
];
const IN_EACH = STATES.map((state) => ({ state }));

async function endsWell(world: World): Promise<void> {
  await sendTasks(world, 4, { estimatedSeconds: 1150 });
  await runUntilOver(world, { tasks: 4, withinHours: 12 });
  expect(tasksOf(world).filter(({ status }) => status !== 'done')).toEqual([]);
}

describe('a function that dies', () => {
  it.each(IN_EACH)(
    'before and then after doing what "$state" asks loses nothing',
    async (place) => {
      const died: string[] = [];
      const world = crashWorld((_world, state, nth, when) => {
        if (state !== place.state || nth > 2 || (nth === 1) !== (when === 'before')) return;
        died.push(when);
        throw death('Runtime.ExitError');
      });
      await endsWell(world);
      // Nobody tries a teardown twice: the confirmation behind it asks for the end again.
      expect(died).toEqual(place.state === 'Tear down cluster' ? ['before'] : ['before', 'after']);
      expect(world.market.all()).toHaveLength(1);
      expect(leasesOf(world).map(({ segment }) => segment)).toEqual([1]);
    },
  );

  it('after it has asked for the end of the cluster loses nothing', async () => {
    const world = crashWorld((_world, state, _nth, when) => {
      if (state === 'Tear down cluster' && when === 'after') throw death('Runtime.ExitError');
    });
    await endsWell(world);
    expect(world.market.all()).toHaveLength(1);
  });

  it.each([1, 2, 3])('every few calls loses nothing (seed %i)', async (seed) => {
    const random = randomFrom(seed);
    let died = 0;
    const world = crashWorld(() => {
      if (random() >= 0.1) return;
      died += 1;
      throw death(random() < 0.5 ? 'Lambda.ServiceException' : 'Runtime.ExitError');
    });
    await endsWell(world);
    expect(died).toBeGreaterThan(5);
  });
});

describe('an execution that is aborted', () => {
  it.each(IN_EACH)('while "$state" runs is taken over by the sweep', async (place) => {
    let stopped = false;
    const world = crashWorld((here, state, _nth, when) => {
      if (stopped || state !== place.state || when !== 'after') return;
      stopped = true;
      const [lease] = leasesOf(here);
      if (lease !== undefined) here.machine.stop(executionName(lease.burstId, lease.segment));
    });
    await endsWell(world);
    expect(stopped).toBe(true);
    const segments = leasesOf(world).map(({ segment }) => segment);
    expect(segments).toEqual([place.state === 'Settle' ? 1 : 2]);
    expect(world.market.all()).toHaveLength(1);
  });
});
