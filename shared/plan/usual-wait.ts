import type { KnowledgeRow, LeaseRow } from '../model/rows.ts';
import { type Instant, secondsBetween } from '../model/time.ts';
import { ageShare, PRIOR_BURSTS } from './learned.ts';

/** From an order until the cluster is ready, seconds: half of them sooner, nine in ten sooner. */
export interface UsualWait {
  readonly p50Seconds: number;
  readonly p90Seconds: number;
}

/**
 * Before any was seen: lognormal, median 300 s, sigma 0.6, an assumption between io.net's own claim (under 90 s) and
 * what is reported (minutes to 30); by its deciles, and the 95th percentile for the last tenth.
 */
const ASSUMED_SECONDS = [
  -1.2816, -0.8416, -0.5244, -0.2533, 0, 0.2533, 0.5244, 0.8416, 1.2816, 1.6449,
].map((z) => Math.round(300 * Math.exp(0.6 * z)));

/** Quantiles of what was seen at a place, each wait worth less with age, beside what is assumed. Nearest rank. */
export function usualWait(samples: KnowledgeRow['samples'], now: Instant): UsualWait {
  const share = PRIOR_BURSTS / ASSUMED_SECONDS.length;
  const weighted = [
    ...ASSUMED_SECONDS.map((seconds) => ({ seconds, weight: share })),
    ...samples.map(({ at, seconds }) => ({
      seconds: Math.max(1, seconds),
      weight: ageShare(at, now),
    })),
  ].sort((a, b) => a.seconds - b.seconds);
  const whole = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const quantile = (part: number): number => {
    let below = 0;
    for (const { seconds, weight } of weighted) {
      below += weight;
      if (below >= part * whole - 1e-9) return seconds;
    }
    return Math.max(...ASSUMED_SECONDS);
  };
  return { p50Seconds: quantile(0.5), p90Seconds: quantile(0.9) };
}

/**
 * A cluster that takes twice as long as nine in ten do may never come. By the assumed times one in a hundred is that
 * late, so that a second order costs a hundredth more; at the ninetieth percentile itself it would cost a tenth, and
 * the first would be there sooner in most cases. Where all come soon, another one is an hour's rent for minutes: none
 * is late before ten minutes.
 */
const LATE = { times: 2, leastSeconds: 600 };

/** Whether a cluster on its way is so late that it is no longer counted on. */
export const isLate = (lease: LeaseRow, now: Instant): boolean =>
  hasWaited(lease, now, (usual) => Math.max(LATE.leastSeconds, LATE.times * usual));

/** Whether a cluster on its way is later than nine in ten like it. */
export const isOverdue = (lease: LeaseRow, now: Instant): boolean =>
  hasWaited(lease, now, (usual) => usual);

/** Whether a cluster on its way takes longer than what is usual for it allows. */
const hasWaited = (
  { phase, createdClusterAt, usualSeconds }: LeaseRow,
  now: Instant,
  allowedSeconds: (usualSeconds: number) => number,
): boolean =>
  phase === 'provisioning' &&
  createdClusterAt !== undefined &&
  usualSeconds !== undefined &&
  secondsBetween(createdClusterAt, now) > allowedSeconds(usualSeconds);
