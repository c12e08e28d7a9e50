import type { Stop } from '../ledger/stops.ts';
import type {
  BatchRow,
  JobRow,
  KnowledgeRow,
  LeaseRow,
  ProfileRow,
  RejectionRow,
  TaskRow,
} from '../model/rows.ts';

/** Everything a task may be waiting for or have come to: a closed list. */
export const CAUSES = [
  'placing',
  'no-capacity',
  'provisioning',
  'budget',
  'fair-share',
  'queued-behind',
  'stopped',
  'running',
  'worker-lost',
  'verifying',
  'verification-failed',
  'retrying',
  'bad-input',
  'deadline-unreachable',
  'cancelled',
  'failed',
  'done',
] as const;
export type Cause = (typeof CAUSES)[number];

/** Why a task is where it is. */
export interface Explanation {
  readonly cause: Cause;
  /** For a person; the same words wherever it is shown. */
  readonly sentence: string;
  /** The numbers and names in the sentence, for a program. */
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** What the ledger holds about one task, and about nothing else. Absent: there is no such row. */
export interface StoredRows {
  readonly task?: TaskRow | undefined;
  /** The record of the message, where it was refused. */
  readonly rejection?: RejectionRow | undefined;
  /** The batch that the task row names. */
  readonly batch?: BatchRow | undefined;
  readonly profile?: ProfileRow | undefined;
  /** A stop that holds for the tenant. */
  readonly stop?: Stop | undefined;
  /** Of the burst that holds the batch; of the burst that may take it, while none does. */
  readonly lease?: LeaseRow | undefined;
  /** The job that holds the batch. */
  readonly job?: JobRow | undefined;
  /** Other batches of the profile that come first. */
  readonly ahead?: { readonly running: number; readonly waiting: number } | undefined;
  /** Provisioning times seen for the offer of `lease`. */
  readonly knowledge?: KnowledgeRow | undefined;
}

/** Facts as they are at hand; undefined ones are left out of the explanation. */
export type Facts = Readonly<Record<string, string | number | boolean | undefined>>;

export function because(cause: Cause, sentence: string, facts: Facts = {}): Explanation {
  const known: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(facts)) if (value !== undefined) known[name] = value;
  return { cause, sentence, facts: known };
}

/** Seconds as a person reads them: `95 s`, `12 min`, `3 h 5 min`. */
export function spoken(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1 batch`, `2 batches`. */
export const counted = (count: number, one: string, many: string): string =>
  `${count} ${count === 1 ? one : many}`;
