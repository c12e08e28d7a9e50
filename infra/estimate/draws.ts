import { normalFrom, provisioningTimes } from '../bench/provisioning.ts';
import { Behaviour } from '../local/ionet/behaviour.ts';

/**
 * How far the time of a kind may be off as a whole, and how far its tasks lie apart: sigmas of lognormal factors of
 * median 1. Both are assumptions; the first is what the benchmarks assume of a sender's estimate.
 */
export const PRIOR_SIGMA = 0.5;
export const TASK_SIGMA = 0.2;

/** A task and what its kind, or its sender, says it takes. */
export interface Timed {
  readonly taskId: string;
  readonly kind: string;
  /** Seconds of one slot. */
  readonly unitSeconds: number;
}

/**
 * Seconds of one slot each task takes under a seed: one factor for all tasks of a kind, because a wrong prior is wrong
 * for all of them, and one for each task.
 */
export function taskSecondsOf(seed: number, tasks: readonly Timed[]): ReadonlyMap<string, number> {
  const normal = normalFrom(seed * 104_729 + 5);
  const kinds = [...new Set(tasks.map(({ kind }) => kind))].sort();
  const factors = new Map(kinds.map((kind) => [kind, Math.exp(PRIOR_SIGMA * normal())]));
  return new Map(
    tasks.map(({ taskId, kind, unitSeconds }) => [
      taskId,
      unitSeconds * (factors.get(kind) ?? 1) * Math.exp(TASK_SIGMA * normal()),
    ]),
  );
}

export const WORLDS = ['deployed', 'local'] as const;
/** deployed: a deployment with default settings · local: the world of `npm start`, by its own clock */
export type EstimatedWorld = (typeof WORLDS)[number];

/** Seconds from an order until its workers run: as in the benchmarks, or as the local simulator draws them. */
export function provisioningOf(world: EstimatedWorld, seed: number): () => number {
  if (world === 'deployed') return provisioningTimes(seed);
  const { provisioningMedianSeconds, reachableMedianSeconds, spread } = Behaviour.parse({});
  const normal = normalFrom(seed * 7919 + 17);
  return () =>
    provisioningMedianSeconds * Math.exp(spread * normal()) +
    reachableMedianSeconds * Math.exp(spread * normal());
}
