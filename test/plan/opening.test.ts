import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BurstId } from '../../shared/model/ids.ts';
import type { LiveBurst } from '../../shared/model/rows.ts';
import { Settings } from '../../shared/model/settings.ts';
import { Instant, plusSeconds } from '../../shared/model/time.ts';
import { cooldownEnd, decideOpening } from '../../shared/plan/opening.ts';

const NOW = Instant.parse('2026-01-01T00:00:00.000Z');
const settings = Settings.parse({
  stackName: 'burst',
  tenantOfQueue: {},
  images: {},
  workerSecret: 'a secret for tests only',
  clusters: { secondsPerSlot: 100, maxBursts: 3, cooldownSeconds: 60 },
});

const burst = (slots: number, state: LiveBurst['state'] = 'open', n = 1): LiveBurst => ({
  burstId: BurstId.parse(`burst-${String(n).padStart(12, '0')}`),
  state,
  slots,
  openedAt: NOW,
});
const opens = (slots: number) => ({ open: true, slots });
const waits = (reason: RegExp) => ({ open: false, reason: expect.stringMatching(reason) });

describe('the opening decision', () => {
  it.each([
    { batches: 0, slotSeconds: 0, expected: waits(/nothing is waiting/) },
    { batches: 1, slotSeconds: 0, expected: opens(1) },
    { batches: 1, slotSeconds: 1, expected: opens(1) },
    { batches: 9, slotSeconds: 99, expected: opens(1) },
    { batches: 9, slotSeconds: 100, expected: opens(1) },
    { batches: 9, slotSeconds: 101, expected: opens(2) },
    { batches: 9, slotSeconds: 900, expected: opens(9) },
    { batches: 9, slotSeconds: 901, expected: opens(9) },
    { batches: 1, slotSeconds: 1e6, expected: opens(1) },
  ])(
    'for $batches batches of $slotSeconds s without a burst: $expected',
    ({ expected, ...backlog }) => {
      expect(decideOpening({ bursts: [] }, backlog, settings, NOW)).toEqual(expected);
    },
  );

  it.each([
    { slots: 4, expected: opens(1) },
    { slots: 5, expected: waits(/5 slots are open or on their way, 5 are wanted/) },
    { slots: 6, expected: waits(/6 slots are open/) },
  ])('for five wanted slots and a burst with $slots: $expected', ({ slots, expected }) => {
    const backlog = { batches: 10, slotSeconds: 500 };
    expect(decideOpening({ bursts: [burst(slots)] }, backlog, settings, NOW)).toEqual(expected);
  });

  it.each([
    { pace: 1, batches: 10, expected: opens(4) },
    { pace: 0.5, batches: 10, expected: opens(3) },
    { pace: 0.2, batches: 10, expected: waits(/1 slots .* \(as good as 5.0 at the/) },
    { pace: 0.21, batches: 10, expected: opens(1) },
    { pace: 4, batches: 10, expected: opens(5) },
    { pace: 4, batches: 2, expected: opens(1) },
    { pace: 4, batches: 1, expected: waits(/1 are wanted/) },
  ])('counts a slot where tasks take $pace of the estimate as that many: $expected', (given) => {
    const bursts = [{ ...burst(1), pace: given.pace }];
    const backlog = { batches: given.batches, slotSeconds: 500 };
    expect(decideOpening({ bursts }, backlog, settings, NOW)).toEqual(given.expected);
  });

  it('counts no slot of a burst that is closing', () => {
    const bursts = [burst(5, 'closing', 1), burst(2, 'open', 2)];
    const backlog = { batches: 10, slotSeconds: 500 };
    expect(decideOpening({ bursts }, backlog, settings, NOW)).toEqual(opens(3));
  });

  it.each([
    { live: 2, expected: opens(8) },
    { live: 3, expected: waits(/3 bursts are live, the most allowed/) },
    { live: 4, expected: waits(/4 bursts are live/) },
  ])('with $live of 3 allowed bursts: $expected', ({ live, expected }) => {
    const bursts = Array.from({ length: live }, (_, n) => burst(1, 'open', n));
    const backlog = { batches: 10, slotSeconds: 1e6 };
    expect(decideOpening({ bursts }, backlog, settings, NOW)).toEqual(expected);
  });

  it('lets closing bursts count against the most allowed, because they are still paid', () => {
    const bursts = Array.from({ length: 3 }, (_, n) => burst(1, 'closing', n));
    const backlog = { batches: 1, slotSeconds: 1 };
    expect(decideOpening({ bursts }, backlog, settings, NOW)).toEqual(waits(/3 bursts are live/));
  });

  it.each([
    { secondsLeft: 0.001, expected: waits(/^budget: day cap$/) },
    { secondsLeft: 0, expected: opens(1) },
    { secondsLeft: -1, expected: opens(1) },
  ])('with $secondsLeft s of cooldown left: $expected', ({ secondsLeft, expected }) => {
    const profile = {
      bursts: [],
      cooldownUntil: plusSeconds(NOW, secondsLeft),
      cooldownReason: 'budget: day cap',
    };
    expect(decideOpening(profile, { batches: 1, slotSeconds: 1 }, settings, NOW)).toEqual(expected);
  });

  it('never lets arrivals during provisioning open more than the slots wanted in the end', () => {
    const arrival = fc.record({
      batches: fc.integer({ min: 1, max: 5 }),
      slotSeconds: fc.integer({ min: 0, max: 400 }),
    });
    const limits = fc.record({
      secondsPerSlot: fc.integer({ min: 1, max: 500 }),
      maxBursts: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 30 }), limits, (arrivals, clusters) => {
        const under = { ...settings, clusters: { ...settings.clusters, ...clusters } };
        const bursts: LiveBurst[] = [];
        const backlog = { batches: 0, slotSeconds: 0 };
        for (const [n, { batches, slotSeconds }] of arrivals.entries()) {
          backlog.batches += batches;
          backlog.slotSeconds += slotSeconds;
          const wanted = Math.min(
            backlog.batches,
            Math.max(1, Math.ceil(backlog.slotSeconds / clusters.secondsPerSlot)),
          );
          const decision = decideOpening({ bursts }, backlog, under, NOW);
          if (decision.open) bursts.push(burst(decision.slots, 'open', n));
          const slots = bursts.reduce((sum, one) => sum + one.slots, 0);
          expect(slots).toBeLessThanOrEqual(wanted);
          expect(slots === wanted || bursts.length === clusters.maxBursts).toBe(true);
        }
        expect(bursts.length).toBeLessThanOrEqual(clusters.maxBursts);
      }),
    );
  });
});

describe('company', () => {
  const blocks = (sizes: number[], patienceSeconds = 600) => ({
    ...settings,
    clusters: { ...settings.clusters, maxWorkers: 8, sizes, fillShare: 0.6, patienceSeconds },
  });
  const since = (seconds: number) => ({ oldestAt: plusSeconds(NOW, -seconds) });

  it.each([
    { sizes: [8], batches: 4, expected: waits(/4 of the 5 batches that are worth a cluster of 8/) },
    { sizes: [8], batches: 5, expected: opens(1) },
    { sizes: [4, 8], batches: 2, expected: waits(/2 of the 3 batches/) },
    { sizes: [4, 8], batches: 3, expected: opens(1) },
    { sizes: [1, 2, 4, 8], batches: 1, expected: opens(1) },
  ])('is waited for where sizes are $sizes and $batches batches wait', (given) => {
    const backlog = { batches: given.batches, slotSeconds: 10, ...since(0) };
    expect(decideOpening({ bursts: [] }, backlog, blocks(given.sizes), NOW)).toEqual(
      given.expected,
    );
  });

  it.each([
    [599, waits(/rented at .* in any case/)],
    [600, opens(1)],
    [601, opens(1)],
  ])('is waited for no longer than patience lasts: %i s', (seconds, expected) => {
    const backlog = { batches: 1, slotSeconds: 10, ...since(seconds) };
    expect(decideOpening({ bursts: [] }, backlog, blocks([8]), NOW)).toEqual(expected);
  });

  it('is there already where a burst is open, and where any size can be had', () => {
    const backlog = { batches: 9, slotSeconds: 201, ...since(0) };
    expect(decideOpening({ bursts: [burst(2)] }, backlog, blocks([8]), NOW)).toEqual(opens(1));
    const one = { batches: 1, slotSeconds: 1, ...since(0) };
    expect(decideOpening({ bursts: [] }, one, settings, NOW)).toEqual(opens(1));
  });
});

describe('the cooldown after a burst that could not be had', () => {
  it.each([
    [0, 60],
    [1, 120],
    [2, 240],
    [3, 480],
    [4, 960],
    [5, 960],
    [1000, 960],
  ])('after %d strikes in a row is %d s', (strikes, seconds) => {
    expect(cooldownEnd(NOW, strikes, settings)).toBe(plusSeconds(NOW, seconds));
  });
});
