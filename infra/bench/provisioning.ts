import { randomFrom } from '../../shared/memory/memory-ids.ts';

/** Lognormal: an assumption, nothing is published. io.net claims less, users report up to half an hour. */
export const PROVISIONING = {
  medianSeconds: 300,
  sigma: 0.6,
  leastSeconds: 120,
  mostSeconds: 2400,
};

/** Standard normal numbers from a seed: Box-Muller, the cosine alone. */
export function normalFrom(seed: number): () => number {
  const random = randomFrom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Times from an order until the cluster runs, seconds: the n-th order of any policy gets the n-th. */
export function provisioningTimes(seed: number): () => number {
  const normal = normalFrom(seed * 7919 + 17);
  const { medianSeconds, sigma, leastSeconds, mostSeconds } = PROVISIONING;
  return () => {
    const seconds = medianSeconds * Math.exp(sigma * normal());
    return Math.min(mostSeconds, Math.max(leastSeconds, seconds));
  };
}
