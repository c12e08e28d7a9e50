import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finalBill, hourlyRate } from '../../infra/local/ionet/bill.ts';

const RATE = 3600;

describe('hourlyRate', () => {
  it('adds 0.25 % and 2 % to the GPUs', () => {
    expect(hourlyRate(300_000, 2)).toEqual({
      reservationFeeMicroUsd: 1500,
      conversionFeeMicroUsd: 12_000,
      totalMicroUsd: 613_500,
    });
  });

  it('rounds each fee up to a whole micro-dollar', () => {
    expect(hourlyRate(1, 1)).toEqual({
      reservationFeeMicroUsd: 1,
      conversionFeeMicroUsd: 1,
      totalMicroUsd: 3,
    });
  });
});

describe('finalBill', () => {
  it.each([
    { activeMs: 0, hours: 1, bill: 3600 },
    { activeMs: 1, hours: 1, bill: 3600 },
    { activeMs: 600_000, hours: 3, bill: 3600 },
    { activeMs: 3_599_000, hours: 2, bill: 3600 },
    { activeMs: 3_600_000, hours: 2, bill: 3600 },
    { activeMs: 3_600_001, hours: 2, bill: 3601 },
    { activeMs: 3_601_000, hours: 2, bill: 3601 },
    { activeMs: 7_199_000, hours: 2, bill: 7199 },
    { activeMs: 7_200_000, hours: 2, bill: 7200 },
    { activeMs: 7_201_000, hours: 2, bill: 7200 },
    { activeMs: 3_601_000, hours: 1, bill: 3600 },
  ])('is $bill for $activeMs ms of $hours bought hours', ({ activeMs, hours, bill }) => {
    expect(finalBill(RATE, hours, activeMs)).toBe(bill);
  });

  it('is a whole number between one hour and all that was bought, and never falls with time', () => {
    const rate = fc.integer({ min: 1, max: 1_000_000_000 });
    const hours = fc.integer({ min: 1, max: 100 });
    const ms = fc.integer({ min: 0, max: 400_000_000 });
    fc.assert(
      fc.property(rate, hours, ms, ms, (microUsd, bought, one, other) => {
        const [shorter, longer] = [one, other].toSorted((a, b) => a - b);
        const bills = [shorter, longer].map((active) => finalBill(microUsd, bought, active ?? 0));
        const [low = 0, high = 0] = bills;
        expect(bills.every(Number.isSafeInteger)).toBe(true);
        expect(low).toBeGreaterThanOrEqual(microUsd);
        expect(high).toBeGreaterThanOrEqual(low);
        expect(high).toBeLessThanOrEqual(microUsd * bought);
      }),
    );
  });
});
