import * as z from 'zod';

/** How the simulated provider behaves. Every duration is in seconds of the simulator's clock. */
export const Behaviour = z.strictObject({
  /** From the order to `running`: log-normal with this median. */
  provisioningMedianSeconds: z.number().nonnegative().default(90),
  /** From `running` until a container's `public_url` shows: log-normal, drawn for each container. */
  reachableMedianSeconds: z.number().nonnegative().default(30),
  /** Standard deviation of the logarithm of both; 0: always the median. */
  spread: z.number().nonnegative().max(3).default(0.4),
  /** How long a new deployment is missing from the list. */
  listLagSeconds: z.number().nonnegative().default(10),
  /** From `termination requested` to `destroyed`. */
  terminationSeconds: z.number().nonnegative().default(20),
  /** From SIGTERM to SIGKILL. */
  killGraceSeconds: z.number().nonnegative().default(30),
  /** Smallest worker the container API prices and sells: io.net's pages say both 1 and 8. */
  fewestGpusPerContainer: z.int().min(1).max(8).default(1),
});
export type Behaviour = z.infer<typeof Behaviour>;

/** Uniform in [0, 1). */
export type Random = () => number;

/** Seeded generator "mulberry32": 32 bits of state, good enough for delays and names. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Log-normal by Box and Muller, whole milliseconds. Always draws twice, so that a seed stays in step. */
export function delayMilliseconds(medianSeconds: number, spread: number, random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  const normal = radius * Math.cos(2 * Math.PI * random());
  return Math.round(medianSeconds * 1000 * Math.exp(spread * normal));
}

/** A UUID of version 4 out of the given randomness. */
export function uuid(random: Random): string {
  const digits = Array.from('xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx', (mark) =>
    mark === 'x' ? Math.floor(random() * 16).toString(16) : mark,
  );
  return digits.join('');
}
