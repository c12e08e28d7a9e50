import { expect, it } from 'vitest';
import type { Actor } from '../../infra/simulate/actor.ts';
import { createDisturbance } from '../../infra/simulate/disturbance.ts';
import { rareWrites, shapeOf } from '../../infra/simulate/rare-writes.ts';
import type { Write } from '../../shared/ports.ts';

const write = (set: Write['set'], more: Partial<Write> = {}): Write => ({
  ...{ key: { pk: 'P#default#abc', sk: 'B#1' }, when: [], ...more },
  ...(set && { set }),
});

it.each([
  ['another value', write([['dueAt', 'x']]), write([['dueAt', 'y']]), true],
  [
    'another order',
    write([['a', 1] as const, ['b', 2]]),
    write([['b', 1] as const, ['a', 2]]),
    true,
  ],
  ['another status', write([['status', 'open']]), write([['status', 'split']]), false],
  ['another field', write([['job', 'x']]), write([['burst', 'x']]), false],
  [
    'something removed',
    write([['job', 'x']]),
    write([['job', 'x']], { remove: ['notBefore'] }),
    false,
  ],
  ['another row', write([]), write([], { key: { pk: 'L#b', sk: '#' } }), false],
])('writes with %s', (_what, one, other, same) => {
  expect(shapeOf(one) === shapeOf(other)).toBe(same);
});

const actor = (number: number): Actor => ({
  ...{ name: `run #${number}`, who: 'run', state: undefined, burst: undefined, fate: undefined },
  ...{ startedMs: 0, deadlineMs: 1e9, pace: { kind: 'swift' }, calls: 7, dead: false },
});

it('only the first writes of a shape are dangerous', () => {
  const disturbance = createDisturbance({
    ...{ seed: 1, multiplier: 40, timers: { now: () => 0 }, quietAtMs: 1 },
    ...{ leftOut: new Set<string>(), onStrike: () => undefined },
  });
  const rare = rareWrites(disturbance);
  const struck = Array.from({ length: 60 }, (_, number) => {
    const one = actor(number);
    rare.meet(one, write([['status', number < 30 ? `s${number}` : 'open']]));
    return one.fate;
  });
  expect(struck.slice(0, 30).filter((fate) => fate !== undefined).length).toBeGreaterThan(20);
  expect(struck.find((fate) => fate !== undefined)?.at).toBe(7);
  expect(struck.slice(33).every((fate) => fate === undefined)).toBe(true);
});
