import { randomFrom } from '../../shared/memory/memory-ids.ts';
import type { ChurnStep } from './trace.ts';

/** A moment at which nodes were lost: each that was up with this chance. */
export interface NodeDrop {
  readonly index: number;
  readonly atSeconds: number;
  readonly lostShare: number;
}

/** Losses laid over a trace. The n-th cluster of any policy meets the same chance at the same moment. */
export interface Churn {
  readonly drops: readonly NodeDrop[];
  isLost(drop: NodeDrop, clusterOrdinal: number): boolean;
}

export const NO_CHURN: Churn = { drops: [], isLost: () => false };

/**
 * Losses as a file of node counts shows them: where the count falls from n to m, each cluster is lost with the
 * chance (n - m) / n. The file begins anew where the trace is longer.
 */
export function churnOf(steps: readonly ChurnStep[], seed: number, untilSeconds: number): Churn {
  const periodSeconds = steps.at(-1)?.atSeconds ?? 0;
  const drops: NodeDrop[] = [];
  for (let base = 0; base <= untilSeconds && periodSeconds > 0; base += periodSeconds) {
    steps.forEach(({ atSeconds, nodesUp }, index) => {
      const before = steps[index - 1]?.nodesUp ?? 0;
      if (nodesUp >= before || base + atSeconds > untilSeconds) return;
      const lostShare = (before - nodesUp) / before;
      drops.push({ index: drops.length, atSeconds: base + atSeconds, lostShare });
    });
  }
  return {
    drops,
    isLost: ({ index, lostShare }, ordinal) =>
      randomFrom(seed * 65_537 + index * 257 + ordinal)() < lostShare,
  };
}
