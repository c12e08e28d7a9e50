/** UNKNOWN: a status we have no word for. Never a reason to destroy anything. */
export type ClusterPhase =
  | 'PROVISIONING'
  | 'RUNNING'
  | 'FAILED'
  | 'EXPIRED'
  | 'DELETING'
  | 'DELETED'
  | 'UNKNOWN';

/** Phases after which nothing runs and nothing is billed any more. */
const OVER: ReadonlySet<string> = new Set(['FAILED', 'EXPIRED', 'DELETED']);

/** Whether a cluster in this phase has come to its end. */
export const isClusterOver = (phase: string): boolean => OVER.has(phase);
