/**
 * What must hold, as pure checks over the truth: rows as they are in the ledger, clusters as they are at the
 * provider. Each says in words what is wrong, or nothing.
 */

export const INVARIANTS = [
  'NO-LOSS',
  'ONCE',
  'ONE-CLUSTER',
  'NO-ORPHAN',
  'CAP',
  'CHECKPOINT',
  'DETECTION',
  'TEARDOWN',
  'FALSE-TEARDOWN',
  'FENCE',
  'WATERMARK',
  'PROGRESS',
  'AUDIT',
  'INTEGRITY',
  'ISOLATION',
  'ATTEMPTS',
  'PLACE',
  'READY',
  'ENGINE',
] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** What each says, for people. Those marked are checked when a schedule is over (`end.ts`), the others as it runs. */
export const MEANINGS: Readonly<Record<Invariant, string>> = {
  'NO-LOSS': 'every task that was accepted ends (at the end)',
  ONCE: 'a task and a batch end once, and stay as they ended',
  'ONE-CLUSTER': 'of the clusters ordered for a burst at most one is alive',
  'NO-ORPHAN':
    'a cluster nobody owns is ended within two passes of the reaper and the quarantine (at the end)',
  CAP: 'nothing is held or bought beyond a cap',
  CHECKPOINT: 'the newest verified checkpoint only moves on, and the next attempt goes on from it',
  DETECTION: 'a dead worker is found within two heartbeats and one look (at the end)',
  TEARDOWN: 'a burst is settled only when its cluster is over',
  'FALSE-TEARDOWN':
    'nobody ends a cluster that is wanted, nor blames one that nothing was wrong with',
  FENCE: 'nobody writes under a fence that has risen since',
  WATERMARK: 'a profile passes no batch that has tasks left',
  PROGRESS: 'everything comes to rest: no work, cluster, hold or due row is left (at the end)',
  AUDIT: 'what the ledger says was billed is what the provider charged (at the end)',
  INTEGRITY: 'a result is the result of its task (at the end)',
  ISOLATION: 'no task is failed by an attempt it shared with others',
  ATTEMPTS: 'at most two attempts at a batch are alive, within the budget for duplicates',
  PLACE: 'no batch goes to a worker that failed it or was caught',
  READY: 'no worker counts that never answered or is not what was bought',
  ENGINE: 'no execution fails in the engine itself (at the end)',
};

export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
}

/** Whoever writes, as far as fences are concerned. */
export interface Writer {
  readonly who: string;
  readonly startedMs: number;
  readonly burst: { readonly burstId: string; readonly leaseFence: number } | undefined;
}

export const violation = (invariant: Invariant, what: string): Violation => ({ invariant, what });
