import { describe, expect, it } from 'vitest';
import { chanceFrom } from '../../infra/simulate/chance.ts';
import { drawnFrom, familyOf } from '../../infra/simulate/faults.ts';
import { drawSchedule } from '../../infra/simulate/schedule.ts';

const SEEDS = Array.from({ length: 400 }, (_, n) => n + 1);

describe('a schedule', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(drawSchedule(7, 3)).toEqual(drawSchedule(7, 3));
    expect(drawSchedule(8, 3)).not.toEqual(drawSchedule(7, 3));
  });

  it.each(SEEDS.slice(0, 60))(
    'has two profiles, eight tasks, four faults of three families: %i',
    (seed) => {
      const { arrivals, events } = drawSchedule(seed, 1);
      const tasks = arrivals.flatMap(({ tenant, tasks: own }) =>
        own.map(({ vramGb }) => `${tenant} ${vramGb}`),
      );
      expect(new Set(tasks).size).toBeGreaterThanOrEqual(2);
      expect(tasks.length).toBeGreaterThanOrEqual(8);
      expect(events.length).toBeGreaterThanOrEqual(4);
      expect(new Set(events.map(({ fault }) => familyOf(fault))).size).toBeGreaterThanOrEqual(3);
    },
  );

  it('gives every task an id of its own', () => {
    for (const seed of SEEDS.slice(0, 50)) {
      const ids = drawSchedule(seed, 3).arrivals.flatMap(({ tasks }) => tasks);
      expect(new Set(ids.map(({ taskId }) => taskId)).size).toBe(ids.length);
    }
  });

  it('is larger once in ten, and runs for days once in a hundred', () => {
    const sizes = Array.from({ length: 4000 }, (_, n) => chanceFrom(n).at('size'));
    expect(sizes.filter((draw) => draw < 0.1).length / 4000).toBeCloseTo(0.1, 1);
    const drawn = SEEDS.map((seed) => drawSchedule(seed, 3).size);
    expect(drawn).toContain('days');
    expect(drawn.filter((size) => size === 'large').length).toBeGreaterThan(20);
  });
});

describe('chance', () => {
  it('is uniform over names', () => {
    const { at } = chanceFrom(5);
    const draws = Array.from({ length: 10_000 }, (_, n) => at(`name ${n}`));
    for (const tenth of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      const share = draws.filter((draw) => Math.floor(draw * 10) === tenth).length / 10_000;
      expect(share).toBeGreaterThan(0.085);
      expect(share).toBeLessThan(0.115);
    }
  });

  it('depends on the name alone, not on who drew before', () => {
    const one = chanceFrom(9);
    one.at('first');
    expect(one.at('second')).toBe(chanceFrom(9).at('second'));
  });

  it('keeps whole numbers inside their bounds', () => {
    const { whole } = chanceFrom(1);
    const drawn = new Set(Array.from({ length: 500 }, (_, n) => whole(`${n}`, 2, 5)));
    expect([...drawn].sort()).toEqual([2, 3, 4, 5]);
  });
});

it.each([
  [0, 'one'],
  [0.0999, 'one'],
  [0.1, 'two'],
  [0.2999, 'two'],
  [0.3001, undefined],
])('a draw of %d from rates of 0.1 and 0.2 is %s', (draw, fault) => {
  expect(drawnFrom({ one: 0.05, two: 0.1 }, 2, draw)).toBe(fault);
});
