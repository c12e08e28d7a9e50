import type { Row } from '../../../shared/ports.ts';

/** A job whose worker died, and when it was called lost. */
export interface DeathSeen {
  readonly jobId: string;
  /** From when on it could be seen. */
  readonly sinceMs: number;
  readonly seenMs: number;
}

/** How soon it is seen that a worker died. */
export function watchDeaths(now: () => number) {
  const diedAtMs = new Map<string, number>();
  const seen: DeathSeen[] = [];
  return {
    seen,
    onDeath: (workerId: string) => void diedAtMs.set(workerId, now()),
    onLost({ jobId, worker, submittedAt }: Row): void {
      const diedMs = diedAtMs.get(String(worker));
      if (diedMs === undefined) return;
      const sinceMs = Math.max(diedMs, Date.parse(String(submittedAt)));
      seen.push({ jobId: String(jobId), sinceMs, seenMs: now() });
    },
  };
}
