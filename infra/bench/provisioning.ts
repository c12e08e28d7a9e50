import { randomFrom } from '../../shared/memory/memory-ids.ts';

/** Lognormal: an assumption, nothing is published. io.net claims less, users report up to half an hour. */
export const PROVISIONING = { medianSeconds: 300, sigma: 0.6, leastSeconds: 120, mostSeconds: 2400 };

/**
 * Times from an order until the cluster runs, seconds: the n-th order of any policy gets the n-th.
 * Box-Muller over the seed's own numbers.
 */
export function provisioningTimes(seed: number): () => number {
  const random = randomFrom(seed * 7919 + 17);
  const { medianSeconds, sigma, leastSeconds, mostSeconds } = PROVISIONING;
  return () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const seconds = medianSeconds * Math.exp(sigma * normal);
    return Math.min(mostSeconds, Math.max(leastSeconds, seconds));
  };
}
