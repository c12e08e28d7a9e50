import type { ClusterPhase } from './model/cluster.ts';
import type { ClusterId, WorkerId } from './model/ids.ts';
import type { JobReport, JobRequest, WorkerHealth } from './model/job.ts';
import type { ChosenOffer, Requirement } from './model/rows.ts';
import type { Settings } from './model/settings.ts';
import type { Instant } from './model/time.ts';

/**
 * What the stages need from the world. Each port has an in-memory adapter and a real one, and one
 * contract suite in `test/contracts` that both must pass.
 */

export interface Clock {
  now(): Instant;
}

export interface Ids {
  /** A fresh name for one write or one object: lower-case letters and digits, time-ordered, never repeated. */
  unique(): string;
  /** Uniform in [0, 1). */
  random(): number;
}

/** One JSON line per decision. Facts are ids, counts and reasons; never a secret. */
export type Log = (event: string, facts: Readonly<Record<string, unknown>>) => void;

// ── Ledger ──────────────────────────────────────────────────────────────────────────────────────────

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** What a row holds: JSON values, and sets of numbers. */
export type Value =
  | string
  | number
  | boolean
  | null
  | ReadonlySet<number>
  | readonly Value[]
  | { readonly [name: string]: Value | undefined };
export type Row = Readonly<Record<string, unknown>>;

/** A top-level attribute, or one entry of a map attribute. */
export type Path = string | readonly [map: string, entry: string];

/** What must hold for a write to happen. `exists` and `absent` without a path speak of the row itself. */
export type Condition =
  | { readonly is: 'exists' | 'absent'; readonly path?: Path }
  | { readonly is: 'equal'; readonly path: Path; readonly value: string | number | boolean }
  | { readonly is: 'oneOf'; readonly path: Path; readonly values: readonly string[] }
  | { readonly is: 'atLeast' | 'atMost'; readonly path: Path; readonly value: string | number };

/** One atomic change of one row; attributes it does not name stay as they are. */
export interface Write {
  readonly key: Key;
  /** All must hold. */
  readonly when: readonly Condition[];
  readonly set?: readonly (readonly [Path, Value])[];
  /** Adds to a number (absent counts as 0) or unites with a set of numbers. */
  readonly add?: readonly (readonly [Path, number | ReadonlySet<number>])[];
  readonly remove?: readonly Path[];
}

export type Written =
  | { readonly written: true; readonly row: Row }
  /** A condition did not hold; `row` is what stood there then, or a consistent read showed afterwards. */
  | { readonly written: false; readonly row: Row | undefined };

export type DueKind = 'batch' | 'lease' | 'profile';

/**
 * The durable truth: one table, single-item conditional writes only.
 *
 * A row is found by the sweep through the attributes `dueOf` (a {@link DueKind}) and `dueAt` (an
 * Instant); a row without them is in no index.
 */
export interface Ledger {
  /** Consistent. */
  read(key: Key): Promise<Row | undefined>;
  /** A write whose answer was lost and that did happen counts as written. */
  write(write: Write): Promise<Written>;
  /** Consistent; rows of one partition with `from` <= sk <= `to`, in order of sk. Reads all pages up to `limit`. */
  query(range: {
    readonly pk: string;
    readonly from: string;
    readonly to: string;
    readonly limit?: number;
  }): Promise<Row[]>;
  /** Eventually consistent: keys of rows that were due at `until`, oldest first. */
  due(query: {
    readonly of: DueKind;
    readonly until: Instant;
    readonly limit: number;
  }): Promise<Key[]>;
}

// ── Artifacts, queue, bursts ────────────────────────────────────────────────────────────────────────

export interface StoredObject {
  readonly bytes: Uint8Array;
  readonly contentType: string;
}

/** An object beyond the cap is an answer, not an error, because strangers write some of them. */
export type Fetched =
  | { readonly found: true; readonly object: StoredObject }
  | { readonly found: false; readonly why: 'missing' | 'too-large' };

/** Bodies, manifests, uploads, results. Decides nothing. */
export interface Artifacts {
  get(key: string, limit: { readonly maxBytes: number }): Promise<Fetched>;
  put(key: string, object: StoredObject): Promise<void>;
  remove(key: string): Promise<void>;
  /** Removes every object whose key begins with `prefix`. */
  removeAll(prefix: string): Promise<void>;
  /** Bytes of an object; undefined: there is none. */
  size(key: string): Promise<number | undefined>;
  /** A URL that reads this one object for `seconds`. */
  readUrl(key: string, options: { readonly seconds: number }): Promise<string>;
  /** A URL that writes this one object for `seconds`. */
  writeUrl(
    key: string,
    options: { readonly seconds: number; readonly contentType: string },
  ): Promise<string>;
}

export interface QueueEntry {
  /** Names the entry within this call. */
  readonly id: string;
  readonly body: string;
}

/** The intake queue, as a dApp sees it. */
export interface Queue {
  /** Sends at most ten. Entries that were not taken are listed; the others are on the queue. */
  send(
    entries: readonly QueueEntry[],
  ): Promise<{ readonly failed: readonly { id: string; reason: string; retry: boolean }[] }>;
}

export interface Bursts {
  /**
   * Starts the execution of that name. `already-there` says that the name is taken, running or ended; the
   * ledger says what that means.
   */
  start(name: string, input: unknown): Promise<'started' | 'already-there'>;
}

/** Where a deployment tells others what has ended. Not a port of the stages: the ledger is the truth. */
export interface EventBus {
  /** Puts at most ten. @returns those that were not taken, by their place. */
  put(
    events: readonly { readonly type: string; readonly detail: object }[],
  ): Promise<readonly { readonly index: number; readonly reason: string }[]>;
}

// ── Provider ────────────────────────────────────────────────────────────────────────────────────────

/** A shape of cluster on offer. May be stale the moment it is read. */
export interface Offer {
  /** Names hardware, size and location together: two different offers never share it. */
  readonly offerId: string;
  /** A model of our own table, resolved from the provider's free text. */
  readonly gpuModel: string;
  readonly gpusPerWorker: number;
  readonly location: string;
  readonly locationId: string;
  /** Workers of this shape that are free. */
  readonly availableWorkers: number;
}

export interface ClusterRequest {
  readonly name: string;
  readonly offer: ChosenOffer;
  readonly hours: number;
  readonly image: string;
  readonly port: number;
  /** Shown by the provider to anyone with the key. */
  readonly env: Readonly<Record<string, string>>;
  readonly secretEnv: Readonly<Record<string, string>>;
}

export interface ClusterSummary {
  readonly clusterId: ClusterId;
  readonly name: string;
  readonly phase: ClusterPhase;
  /** Set where the provider tells. */
  readonly createdAt?: Instant | undefined;
}

export interface ClusterView {
  readonly clusterId: ClusterId;
  readonly phase: ClusterPhase;
  readonly gpuModel: string;
  readonly gpusPerWorker: number;
  readonly totalWorkers: number;
  readonly workers: readonly { readonly workerId: WorkerId; readonly url?: string | undefined }[];
  readonly startedAt?: Instant | undefined;
  readonly endedAt?: Instant | undefined;
  /** Seconds of time bought so far, over all terms. */
  readonly paidSeconds: number;
  /** Seconds of it that are over. */
  readonly servedSeconds: number;
  /** What the provider says was paid, after refunds once it has ended. */
  readonly amountPaidMicroUsd: number;
}

/**
 * Short-lived GPU clusters. A method that cannot tell throws: `Throttled` or an ordinary Error means that
 * nothing is known about the thing asked for.
 */
export interface Clusters {
  offers(requirement: Requirement): Promise<Offer[]>;
  /** Price of `hours` of `workers` workers. Not binding. */
  quote(offer: Offer, workers: number, hours: number): Promise<{ readonly totalMicroUsd: number }>;
  /** Every cluster of exactly this name that has not ended. Eventually consistent. */
  findByName(name: string): Promise<ClusterSummary[]>;
  /**
   * Buys. Called at most once per intent.
   * @throws CapacityUnavailable, ProviderRefused, BudgetExceeded - nothing was bought.
   * @throws CreateOutcomeUnknown - something may have been bought.
   */
  create(request: ClusterRequest): Promise<ClusterId>;
  /** Undefined: the provider knows no such cluster (now). */
  get(clusterId: ClusterId): Promise<ClusterView | undefined>;
  /** Buys more time; additive, not idempotent. Throws as `create` does. */
  extend(clusterId: ClusterId, hours: number): Promise<void>;
  /** Asks for the end of a cluster; an acknowledgement proves nothing. Unknown clusters are fine. */
  destroy(clusterId: ClusterId): Promise<void>;
  /** Every cluster of the account, all pages or an error. */
  list(): Promise<ClusterSummary[]>;
  /** The last lines one worker wrote. Best effort. */
  logs(
    clusterId: ClusterId,
    workerId: WorkerId,
    options: { readonly maxBytes: number },
  ): Promise<string>;
}

// ── Workers ─────────────────────────────────────────────────────────────────────────────────────────

export interface WorkerAddress {
  readonly workerId: WorkerId;
  /** As the `Clusters` adapter of the same provider gave it; opaque to everyone but its `Jobs` adapter. */
  readonly url: string;
  /** Opens this cluster's workers and nothing else. */
  readonly token: string;
}

/**
 * A question to a stranger's machine. `silent` is evidence about that machine; `not-asked` is our own
 * trouble and no evidence about anything.
 */
export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  | { readonly kind: 'silent'; readonly why: string }
  | { readonly kind: 'not-asked'; readonly why: string };

/** The job server inside a worker. No method throws for what the worker does. */
export interface Jobs {
  health(worker: WorkerAddress): Promise<Answer<WorkerHealth>>;
  /** `refused`: it runs something else under this id, drains, or does not understand us. */
  submit(
    worker: WorkerAddress,
    job: JobRequest,
  ): Promise<
    Answer<{ readonly accepted: true } | { readonly accepted: false; readonly reason: string }>
  >;
  /** Undefined inside `answered`: the worker knows no such job. */
  get(worker: WorkerAddress, jobId: JobRequest['jobId']): Promise<Answer<JobReport | undefined>>;
  cancel(worker: WorkerAddress, jobId: JobRequest['jobId']): Promise<Answer<undefined>>;
  /** Take no more jobs. */
  drain(worker: WorkerAddress): Promise<Answer<undefined>>;
}

export interface Ports {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
  readonly bursts: Bursts;
  readonly clusters: Clusters;
  readonly jobs: Jobs;
}

// ── Stages ──────────────────────────────────────────────────────────────────────────────────────────

/** What a function may know about the invocation it serves. */
export interface Invocation {
  /** Time left before the platform kills it. */
  remainingSeconds(): number;
}

/** A stage: dependencies first, wired once per world; then one input at a time. */
export type Stage<Needs extends keyof Ports, Output> = (
  ports: Pick<Ports, Needs>,
  settings: Settings,
) => (input: unknown, invocation: Invocation) => Promise<Output>;
