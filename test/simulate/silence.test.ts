import { expect, it } from 'vitest';
import { createDisturbance } from '../../infra/simulate/disturbance.ts';
import { createSilence } from '../../infra/simulate/silence.ts';

function silenceAt(seed: number) {
  let nowMs = 0;
  const timers = { now: () => nowMs };
  const disturbance = createDisturbance({
    ...{ seed, multiplier: 20, timers, quietAtMs: 10_000_000 },
    ...{ leftOut: new Set<string>(), onStrike: () => undefined },
  });
  const silence = createSilence(disturbance, timers);
  const ask = (segment: number) =>
    silence.isCutOff(
      { burstId: 'b-1', segment, leaseFence: segment },
      `b-1-${segment} Check jobs`,
      {
        who: 'poll',
      },
    );
  return { ask, pass: (seconds: number) => (nowMs += seconds * 1000) };
}

const SEEDS = Array.from({ length: 200 }, (_, n) => n);

it('lasts for every invocation of an execution', () => {
  const { ask, pass } = silenceAt(SEEDS.find((seed) => silenceAt(seed).ask(1)) ?? -1);
  expect(ask(1)).toBe(true);
  pass(499);
  expect(ask(1)).toBe(true);
});

it('takes some bursts whole and most by the execution', () => {
  const whole = SEEDS.filter((seed) => {
    const { ask, pass } = silenceAt(seed);
    if (!ask(1)) return false;
    pass(2000);
    return ask(1) && Array.from({ length: 20 }, () => ask(2)).every(Boolean);
  });
  const cut = SEEDS.filter((seed) => silenceAt(seed).ask(1));
  expect(whole.length).toBeGreaterThan(0);
  expect(whole.length).toBeLessThan(cut.length / 2);
});
