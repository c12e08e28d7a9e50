import { expect, it } from 'vitest';
import { chanceFrom } from '../../infra/simulate/chance.ts';
import type { Encounter } from '../../infra/simulate/encounters.ts';
import { createStalls } from '../../infra/simulate/stalls.ts';

function stalling(encounter: Encounter, phase = 'ready', struck = true) {
  let [nowMs, fence] = [0, 1];
  const closing: unknown[] = [];
  const stalls = createStalls({
    disturbance: { chance: chanceFrom(1), strike: () => struck },
    timers: { now: () => nowMs },
    encounter,
    leaseOf: (burstId) => ({ burstId, phase, leaseFence: fence }),
    onClosing: (lease) => void closing.push(lease.burstId),
  });
  const ask = (state: string, burstId = 'b-1', segment = 1) =>
    stalls.isCutOff({ burstId, segment, leaseFence: segment }, state, { who: 'poll', state });
  const pass = (seconds: number) => {
    nowMs += seconds * 1000;
  };
  const takeOver = () => {
    fence += 1;
  };
  return { ask, pass, takeOver, closing };
}

const STALL: Encounter = { kind: 'stall', state: 'Check jobs', after: 1 };

it('passes the first invocations of its state, and all of other states', () => {
  const { ask } = stalling(STALL);
  expect(['Run jobs', 'Check jobs', 'Run jobs'].map((state) => ask(state))).not.toContain(true);
  expect(ask('Check jobs')).toBe(true);
});

it('stalls one execution until a minute after its burst was taken over', () => {
  const { ask, pass, takeOver } = stalling({ ...STALL, after: 0 });
  expect(ask('Check jobs')).toBe(true);
  expect(ask('Check jobs', 'b-2')).toBe(false);
  pass(1000);
  expect(ask('Check jobs')).toBe(true);
  takeOver();
  expect(ask('Check jobs')).toBe(true);
  expect(ask('Check jobs', 'b-1', 2)).toBe(false);
  pass(60);
  expect(ask('Check jobs')).toBe(false);
});

it('stalls nobody for longer than 1500 s, taken over or not', () => {
  const { ask, pass } = stalling({ ...STALL, after: 0 });
  expect(ask('Check jobs')).toBe(true);
  pass(1499);
  expect(ask('Check jobs')).toBe(true);
  pass(1);
  expect(ask('Check jobs')).toBe(false);
});

it('stalls nobody where it is left out', () => {
  const { ask } = stalling({ ...STALL, after: 0 }, 'ready', false);
  expect(ask('Check jobs')).toBe(false);
});

it('has work arrive once, while a burst that may run on is about to be closed', () => {
  const { ask, pass, closing } = stalling({ kind: 'late work' });
  expect(ask('Close burst')).toBe(true);
  pass(20);
  expect(ask('Close burst')).toBe(false);
  expect(ask('Close burst', 'b-2')).toBe(false);
  expect(closing).toEqual(['b-1']);
});

it('has no work arrive for a burst that never had a cluster', () => {
  const { ask, closing } = stalling({ kind: 'late work' }, 'planned');
  expect(ask('Close burst')).toBe(false);
  expect(closing).toEqual([]);
});
