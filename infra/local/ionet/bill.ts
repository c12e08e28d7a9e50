/**
 * The provider's bill, in whole micro-USD and whole seconds throughout, so that anyone can work it out
 * again from (rate, hours bought, active time).
 *
 * The rule is the one of io.net's page on destroying machines: the first hour is never given back, after
 * it the exact time counts, and unused prepaid time is returned pro rata.
 */

/** Hundredths of a percent. io.net publishes 0.25 % for the reservation and 2 % for paying in USDC. */
const RESERVATION_FEE_BASIS_POINTS = 25;
const CONVERSION_FEE_BASIS_POINTS = 200;

const HOUR_SECONDS = 3600;

export interface HourlyRate {
  readonly reservationFeeMicroUsd: number;
  readonly conversionFeeMicroUsd: number;
  /** GPUs and both fees. */
  readonly totalMicroUsd: number;
}

/** Price of one hour of a whole cluster; each fee is rounded up to a whole micro-USD. */
export function hourlyRate(microUsdPerGpuHour: number, gpus: number): HourlyRate {
  const hardware = microUsdPerGpuHour * gpus;
  const fee = (basisPoints: number) => Math.ceil((hardware * basisPoints) / 10_000);
  const reservationFeeMicroUsd = fee(RESERVATION_FEE_BASIS_POINTS);
  const conversionFeeMicroUsd = fee(CONVERSION_FEE_BASIS_POINTS);
  return {
    reservationFeeMicroUsd,
    conversionFeeMicroUsd,
    totalMicroUsd: hardware + reservationFeeMicroUsd + conversionFeeMicroUsd,
  };
}

/** What an hour costs without the fees in it, to the micro-USD the fees were rounded up by. */
export const beforeFees = (totalMicroUsd: number): number =>
  (totalMicroUsd * 10_000) / (10_000 + RESERVATION_FEE_BASIS_POINTS + CONVERSION_FEE_BASIS_POINTS);

/**
 * What a cluster cost once it has ended: `rate × max(1 h, active)`, never more than was bought, a begun
 * second and a begun micro-USD in full.
 */
export function finalBill(
  rateMicroUsd: number,
  hoursBought: number,
  activeMilliseconds: number,
): number {
  const activeSeconds = Math.ceil(activeMilliseconds / 1000);
  const billedSeconds = Math.min(Math.max(HOUR_SECONDS, activeSeconds), hoursBought * HOUR_SECONDS);
  return Math.ceil((rateMicroUsd * billedSeconds) / HOUR_SECONDS);
}
