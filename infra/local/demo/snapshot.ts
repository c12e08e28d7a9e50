import type { CostLine } from '../../../shared/cost/lease-cost.ts';
import type { Comparison } from '../../estimate/stored.ts';

/** What the main job shows while it runs. Amounts are micro-USD, durations seconds of the local clock. */
export interface Snapshot {
  /** Local time passed since the first task was sent. */
  readonly elapsedSeconds: number;
  readonly tasks: {
    readonly sent: number;
    readonly rejected: number;
    readonly accepted: number;
    readonly done: number;
    readonly failed: number;
    readonly cancelled: number;
  };
  /** One sentence per cause for the tasks that wait, with how many share it. */
  readonly waiting: readonly { readonly sentence: string; readonly tasks: number }[];
  readonly clusters: readonly ClusterLine[];
  readonly money: {
    readonly heldMicroUsd: number;
    readonly billedMicroUsd: number;
    readonly capMicroUsd: number;
  };
  /** Things that happened since the last snapshot, oldest first: `a worker of … was killed`. */
  readonly news: readonly string[];
}

export interface ClusterLine {
  readonly name: string;
  /** Phase of the lease. */
  readonly phase: string;
  readonly gpuModel: string | undefined;
  readonly location: string | undefined;
  readonly workers: number;
  readonly workersLost: number;
  readonly tasksDone: number;
  /** Until the prepaid time ends. */
  readonly paidSecondsLeft: number | undefined;
}

/** The last line of `npm start -- --json`, and what the closing table is printed from. */
export interface Report {
  readonly tasks: {
    readonly accepted: number;
    readonly done: number;
    readonly failed: number;
    readonly rejected: number;
    readonly cancelled: number;
  };
  readonly byKind: Readonly<
    Record<
      string,
      {
        readonly tasks: number;
        readonly attempts: number;
        readonly verifiedBy: Readonly<Record<string, number>>;
        readonly slotSeconds: number;
        readonly quotedUsd: number;
        readonly billedUsd: number;
      }
    >
  >;
  /** Done tasks by how they were verified. */
  readonly verified: Readonly<Record<string, number>>;
  readonly clusters: readonly {
    readonly name: string;
    readonly gpuModel: string;
    readonly location: string;
    readonly gpus: number;
    /** From the create to the quorum, seconds of the local clock. */
    readonly readyAfterSeconds: number;
    readonly aliveSeconds: number;
    readonly billedUsd: number;
    readonly confirmedGone: boolean;
    /** What happened to it, oldest first; `atSeconds` since the first task was sent. */
    readonly timeline: readonly { readonly atSeconds: number; readonly what: string }[];
  }[];
  readonly workersLost: number;
  readonly resumedFromCheckpoint: number;
  /** What that saved: slot time that was not spent again, by the clock of the workers. */
  readonly resumed: readonly {
    readonly taskId: string;
    /** The last stage that was done. */
    readonly stage: string;
    readonly savedSeconds: number;
  }[];
  /** Late reports and late results the ledger refused. */
  readonly staleWritesRefused: number;
  readonly staleWrites: { readonly reports: number; readonly results: number };
  readonly quotedUsd: number;
  readonly billedUsd: number;
  /** What was billed by what it was spent on: work, and each kind of waste there was. */
  readonly spentOnUsd: Readonly<Partial<Record<CostLine, number>>>;
  readonly executions: readonly {
    readonly name: string;
    readonly status: string;
    readonly transitions: number;
    readonly historyEvents: number;
  }[];
  readonly apiCalls: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Hash over the ordered pixel hashes of the collection; null when it is not complete. */
  readonly provenanceSha256: string | null;
  readonly contactSheet: string | null;
  readonly outDir: string;
  /** From the first sending to the end of the last task, seconds of the local clock. */
  readonly finishSeconds: number;
  /** What `npm run estimate` had left in the folder; null when there was nothing. */
  readonly estimate: Comparison | null;
  readonly wallSeconds: number;
  /** How many times faster than real time the local clock ran. */
  readonly speed: number;
}
