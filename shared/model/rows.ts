import * as z from 'zod';
import { Failure } from './burst.ts';
import { CheckpointMark } from './checkpoint.ts';
import { GpuNeed } from './gpu.ts';
import {
  BatchId,
  BurstId,
  ClusterId,
  JobId,
  ProfileId,
  Sha256,
  TaskId,
  Tenant,
  WorkerId,
} from './ids.ts';
import { ReportedCheckpoint } from './job.ts';
import { MicroUsd } from './money.ts';
import { Location } from './task.ts';
import { Instant } from './time.ts';

/**
 * The rows of the ledger, one schema each. Rows are loose: they gain optional fields within one `v`, and
 * code that does not know a field leaves it in place. Keys are built in `keys.ts`.
 */

/** A set of whole numbers as DynamoDB stores one; absent means empty. */
const NumberSet = z.set(z.number()).default(() => new Set<number>());

/** A file accepted as a result: verified bytes, written by us. */
export const ResultFile = z.object({
  name: z.string(),
  key: z.string(),
  contentType: z.string(),
  bytes: z.int().nonnegative(),
  sha256: Sha256,
});
export type ResultFile = z.infer<typeof ResultFile>;

/** `T#<tenant>#<taskId>`. Terminal once: the first verified result, failure or cancellation wins. */
export const TaskRow = z.looseObject({
  v: z.literal(1),
  tenant: Tenant,
  taskId: TaskId,
  kind: z.string(),
  bodySha256: Sha256,
  /** The batch that lists this task, once that batch exists. */
  profile: ProfileId,
  batch: BatchId,
  status: z.enum(['accepted', 'done', 'failed', 'cancelled']),
  acceptedAt: Instant,
  /** When it was last given to a batch. */
  placedAt: Instant,
  endedAt: Instant.optional(),
  verifiedBy: z.string().optional(),
  files: z.array(ResultFile).optional(),
  /** Facts the verifier found, for example the hash of the decoded pixels. */
  evidence: z.record(z.string(), z.string()).optional(),
  reason: z.string().optional(),
  burst: BurstId.optional(),
  job: JobId.optional(),
  attempts: z.int().nonnegative().optional(),
  slotSeconds: z.number().nonnegative().optional(),
  /** The checkpoint its result went on from, where it did not begin at the beginning. */
  resumed: CheckpointMark.optional(),
});
export type TaskRow = z.infer<typeof TaskRow>;

/** `R#<tenant>#<message sha256>`: a message that was refused, and why. */
export const RejectionRow = z.looseObject({
  v: z.literal(1),
  tenant: Tenant,
  messageSha256: Sha256,
  code: z.string(),
  field: z.string(),
  reason: z.string(),
  claimedTaskId: z.string().optional(),
  rejectedAt: Instant,
  /** Epoch seconds, DynamoDB's time to live. */
  expiresAt: z.int(),
});
export type RejectionRow = z.infer<typeof RejectionRow>;

/** What a cluster must offer so that these tasks may share it. */
export const Requirement = z.object({
  tenant: Tenant,
  /** Container image by digest. */
  image: z.string(),
  need: GpuNeed,
  /** Sorted; absent: anywhere. */
  locations: z.array(Location).optional(),
  /** False when the image's executors run on the CPU. */
  gpuUsed: z.boolean(),
  /** Fewer workers than this are of no use; absent: one will do. */
  minWorkers: z.int().min(2).optional(),
  /** Share of the work that all of them do, the rest being done by one; absent: all of it. */
  sample: z.number().gt(0).lt(1).optional(),
});
export type Requirement = z.infer<typeof Requirement>;

/** A burst as its profile counts it, from opening to settlement. */
export const LiveBurst = z.looseObject({
  burstId: BurstId,
  state: z.enum(['open', 'closing']),
  /** Slots it has, or is meant to get. */
  slots: z.int().nonnegative(),
  /** Seconds its slots are expected to take for every second estimated; absent: one. */
  pace: z.number().positive().optional(),
  openedAt: Instant,
  /** It stands in for a burst whose cluster is overdue, and orders something else. */
  hedge: z.object({ of: BurstId, notOffer: z.string() }).optional(),
});
export type LiveBurst = z.infer<typeof LiveBurst>;

/** `P#<tenant>#<profile>`: bursts are opened and closed here by compare-and-set on `seq`. */
export const ProfileRow = z.looseObject({
  v: z.literal(1),
  profile: ProfileId,
  requirement: Requirement,
  /** Rises whenever a batch arrives and whenever a burst opens, closes or ends. */
  seq: z.int().nonnegative(),
  bursts: z.array(LiveBurst),
  /** No new burst before this, because of `cooldownReason`. */
  cooldownUntil: Instant.optional(),
  cooldownReason: z.string().optional(),
  /** Times in a row that a burst ended without having a cluster; the cooldown doubles with it. */
  strikes: z.int().nonnegative().default(0),
  /** No open or claimed batch is older than this id; absent: there is none at all. */
  oldestOpen: BatchId.optional(),
  /** The burst for which a second order was placed last. */
  hedged: BurstId.optional(),
});
export type ProfileRow = z.infer<typeof ProfileRow>;

/** `P#…` / `B#<id>`: the unit of claim and retry. Formed once, never appended to. */
export const BatchRow = z.looseObject({
  v: z.literal(1),
  tenant: Tenant,
  profile: ProfileId,
  batchId: BatchId,
  kind: z.string(),
  /** Tasks with one key share a warm model or proving key. */
  affinityKey: z.string(),
  /** The task bodies, one JSON line each, in the order of `tasks`. */
  bodiesKey: z.string(),
  tasks: z.array(
    z.object({
      taskId: TaskId,
      line: z.int().nonnegative(),
      unitSeconds: z.number().nonnegative(),
      /** Its sender said so, not its kind. */
      declared: z.literal(true).optional(),
      deadlineAt: Instant.optional(),
      /** It ends as soon as its deadline cannot be met, not only when that has passed. */
      failIfUnreachable: z.literal(true).optional(),
      /** Most seconds of one attempt; absent: as many as a job has. */
      timeoutSeconds: z.int().positive().optional(),
      /** Its own cap: the most its estimated slot time may cost. */
      maxMicroUsd: MicroUsd.optional(),
    }),
  ),
  /** 0 to 9, of all of its tasks; the highest is claimed first. */
  priority: z.int().min(0).max(9).default(5),
  /** Attempts its tasks allow; absent: as many as the deployment does. */
  maxAttempts: z.int().positive().optional(),
  slotSeconds: z.number().nonnegative(),
  status: z.enum(['open', 'claimed', 'done', 'split']),
  openedAt: Instant,
  /** Which attempt may move this batch: rises at each claim and each return. */
  batchFence: z.int().nonnegative(),
  /** Attempts that had started and did not finish. */
  attempts: z.int().nonnegative(),
  /** How many of them were made of the larger batch it is a half of; absent: it is no half. */
  sharedAttempts: z.int().nonnegative().optional(),
  /** Jobs that ran out of time and were continued in the next one. */
  continuations: z.int().nonnegative().optional(),
  /** Set when split: the tasks before this place went on in the first half, the others in the second. */
  cutAt: z.int().positive().optional(),
  /** Set while claimed. */
  burst: BurstId.optional(),
  job: JobId.optional(),
  /** The slow job it was last re-issued from: that one goes on, and the first verified results count. */
  earlierJob: JobId.optional(),
  notBefore: Instant.optional(),
  excludedWorkers: z.array(WorkerId).optional(),
  /** Places in `tasks` whose task row is terminal. */
  settled: NumberSet,
  /** A task of this batch was cancelled while it was claimed. */
  cancelSeen: z.boolean().optional(),
  /** Why the last attempt ended, for `explain`. */
  lastReason: z.string().optional(),
  lastReasonAt: Instant.optional(),
  /** Its tasks have inputs or checkpoints, which are deleted when they end. */
  secret: z.boolean().optional(),
  /** When the sweep deleted them for the first time: it does so again once no upload URL lives. */
  forgottenAt: Instant.optional(),
});
export type BatchRow = z.infer<typeof BatchRow>;

/** A paid call: written before it, settled after it. One without outcome is a call nobody knows about. */
export const Intent = z.looseObject({
  kind: z.enum(['create', 'extend']),
  attempt: z.int().positive(),
  /** The prepaid term it buys, from 1. */
  term: z.int().positive(),
  at: Instant,
  outcome: z.enum(['unknown', 'granted', 'refused', 'not-sent', 'absent']),
  /** First look after its quarantine that did not show what it may have bought. */
  missingSince: Instant.optional(),
});
export type Intent = z.infer<typeof Intent>;

/** The offer a burst chose, as it was quoted. */
export const ChosenOffer = z.looseObject({
  offerId: z.string(),
  gpuModel: z.string(),
  location: Location,
  locationId: z.string(),
  gpusPerWorker: z.int().positive(),
  workers: z.int().positive(),
  /** Price of one prepaid term of the whole cluster. */
  termMicroUsd: MicroUsd,
});
export type ChosenOffer = z.infer<typeof ChosenOffer>;

/** A worker of the burst's cluster as we know it. */
export const LeaseWorker = z.looseObject({
  workerId: WorkerId,
  url: z.string(),
  slots: z.int().positive(),
  /** What it said it stands on when it was admitted, for people. */
  hardware: z.string().optional(),
  /** Set while it is given up for lost; cleared when it answers again. */
  lostAt: Instant.optional(),
});
export type LeaseWorker = z.infer<typeof LeaseWorker>;

export const LeasePhase = z.enum([
  'planned',
  'creating',
  'provisioning',
  'ready',
  'closing',
  'tearing-down',
  'teardown-owed',
  'settled',
]);
export type LeasePhase = z.infer<typeof LeasePhase>;

/** `L#<burst>` / `#`: the lease of one burst. */
export const LeaseRow = z.looseObject({
  v: z.literal(1),
  burstId: BurstId,
  tenant: Tenant,
  profile: ProfileId,
  requirement: Requirement,
  phase: LeasePhase,
  /** Slots the opening decision asked for. */
  wantedSlots: z.int().positive(),
  createdAt: Instant,
  segment: z.int().positive(),
  /** Who may drive, extend, destroy. */
  leaseFence: z.int().positive(),
  /** Which invocation of its driver may change the lease: rises whenever one reports in. */
  look: z.int().positive().optional(),
  /** The newest segment that ever reported; 0: none did. */
  heardSegment: z.int().nonnegative(),
  /** By when the next sign of life is due. */
  nextLookBy: Instant,
  /** Sweep passes in a row that found `nextLookBy` passed. */
  latePasses: z.int().nonnegative().default(0),
  /** Take-overs since the burst last made progress. */
  takeOvers: z.int().nonnegative().default(0),
  refusedOffers: z.array(z.string()).default([]),
  /** The burst with an overdue cluster that it stands in for. */
  hedges: BurstId.optional(),
  offer: ChosenOffer.optional(),
  intents: z.array(Intent).default([]),
  /** Money held for prepaid terms, written here before it is held, so that no hold is ever forgotten. */
  holds: z
    .array(
      z.object({
        term: z.int().positive(),
        day: z.string(),
        microUsd: MicroUsd,
        /** The look that took it: one that was given up ends its own hold, never its successor's. */
        attempt: z.int().positive().optional(),
        /** Of a create that showed nothing: it may have been spent all the same, which the bill will tell. */
        kept: z.literal(true).optional(),
      }),
    )
    .default([]),
  clusterId: ClusterId.optional(),
  /** The create attempt whose worker token the cluster carries. */
  tokenAttempt: z.int().positive().optional(),
  createdClusterAt: Instant.optional(),
  readyBy: Instant.optional(),
  /** Nine in ten clusters like it were ready within this, from the order on, as Plan knew it. */
  usualSeconds: z.number().positive().optional(),
  readyAt: Instant.optional(),
  workers: z.array(LeaseWorker).default([]),
  /** What each worker was last given to load, by affinity key, and when. A hint: nothing rests on it. */
  loaded: z.record(z.string(), z.object({ key: z.string(), at: Instant })).optional(),
  /** Jobs before this one are over and looked at: no look reads them again. */
  firstJob: z.int().positive().default(1),
  /** Prepaid terms bought. */
  terms: z.int().nonnegative().default(0),
  /** Since when the provider charges for it. */
  paidFrom: Instant.optional(),
  /** End of the prepaid time: the provider kills the cluster then. */
  paidUntil: Instant.optional(),
  /** Newest of its jobs that were done: seconds each took for every second estimated. */
  paces: z.array(z.number().positive()).default([]),
  /** Estimated slot time of all jobs it submitted, and of those of them that did again what a slow one does. */
  issuedSeconds: z.number().nonnegative().default(0),
  duplicateSeconds: z.number().nonnegative().default(0),
  /** When Run wants to see its jobs again although nothing is new: one of them may be slow by then. */
  reviewAt: Instant.optional(),
  /** Since when it has neither a job nor a batch to run. */
  idleSince: Instant.optional(),
  /** No extension is asked for before this: the last one was refused. */
  extendNotBefore: Instant.optional(),
  /** Why that was. */
  extendRefusal: z.string().optional(),
  /** Cluster missing from the provider's list since, and in how many lists. */
  goneSince: Instant.optional(),
  goneLists: z.int().nonnegative().default(0),
  closeReason: z.string().optional(),
  failure: Failure.optional(),
  destroyAskedAt: Instant.optional(),
  /** Lists in a row without the cluster, while its end is being confirmed. */
  absentLooks: z.int().nonnegative().default(0),
  confirmLooks: z.int().nonnegative().default(0),
  confirmedGoneAt: Instant.optional(),
  quotedMicroUsd: MicroUsd.default(0),
  /** The provider's figure when it called the cluster over: lists and answers blink, and may know it no more. */
  endedMicroUsd: MicroUsd.optional(),
  billedMicroUsd: MicroUsd.optional(),
  /** The part of it that other clusters of the burst's name cost, which nobody had learned of. */
  surplusMicroUsd: MicroUsd.optional(),
  aliveSeconds: z.number().nonnegative().optional(),
});
export type LeaseRow = z.infer<typeof LeaseRow>;

/** `L#<burst>` / `J#<n>`: one job. Terminal statuses: `ended`, `lost` past its deadline, `refused`. */
export const JobRow = z.looseObject({
  v: z.literal(1),
  burstId: BurstId,
  n: z.int().positive(),
  jobId: JobId,
  worker: WorkerId,
  batches: z.array(z.object({ batchId: BatchId, batchFence: z.int().positive() })),
  tasks: z.int().positive(),
  /** Slot time its tasks were estimated to take. */
  estimateSeconds: z.number().nonnegative().optional(),
  /** The kind whose own estimate that is, of tasks that all begin at the beginning; absent: it is mixed. */
  paceOf: z.string().optional(),
  /** The slow job whose batches it was given too. */
  reissueOf: JobId.optional(),
  manifestKey: z.string(),
  manifestSha256: Sha256,
  submittedAt: Instant,
  deadlineAt: Instant,
  /** Lines drawn for the sample that other workers do again. Workers are not told. */
  drawn: z.array(z.int().nonnegative()).default([]),
  /**
   * submitting: written, the worker has not confirmed it · running · lost: its batches were returned, its
   * uploads still count · ended: it reported an end and its batches are accounted for · refused
   */
  status: z.enum(['submitting', 'running', 'lost', 'ended', 'refused']),
  /** Last status the worker reported. */
  reported: z.string().optional(),
  /** Whether it was ever seen running: only then its end costs an attempt. */
  started: z.boolean().default(false),
  /** Manifest lines whose uploads are said to be there. */
  uploaded: NumberSet,
  /** Since when there is something uploaded that we have not looked at. */
  unreadSince: Instant.optional(),
  /** Manifest lines we have looked at, with whatever verdict. */
  collected: NumberSet,
  failures: z
    .array(z.object({ line: z.int(), class: z.string(), message: z.string() }))
    .default([]),
  /** Newest checkpoint the worker says it has uploaded, per line. */
  checkpoints: z.array(ReportedCheckpoint).default([]),
  /** Newest of them that we have looked at. */
  checkpointsSeen: z
    .array(z.object({ line: z.int().nonnegative(), sequence: z.int().positive() }))
    .default([]),
  slotSeconds: z.number().nonnegative().default(0),
  answeredAt: Instant.optional(),
  misses: z.int().nonnegative().default(0),
  firstMissAt: Instant.optional(),
  lostAt: Instant.optional(),
  /** Uploads of a lost job were looked for without a report. */
  salvaged: z.boolean().default(false),
  /** Reports refused because a newer attempt holds the batch. */
  refusedReports: z.int().nonnegative().default(0),
  /** Verified results refused because the task had already ended. */
  refusedResults: z.int().nonnegative().default(0),
  /** Results our verifier rejected. */
  rejectedResults: z.int().nonnegative().default(0),
  /** Results that wait for another worker's to agree. */
  votes: z.int().nonnegative().default(0),
  /** Checkpoints that were none. */
  rejectedCheckpoints: z.int().nonnegative().default(0),
});
export type JobRow = z.infer<typeof JobRow>;

const StoredCheckpoint = CheckpointMark.extend({
  /** Batch fence of the attempt that made it. */
  fence: z.int().positive(),
  key: z.string(),
  /** Of the object, header and payload. */
  sha256: Sha256,
  bytes: z.int().nonnegative(),
});

/** `C#<tenant>#<task>`: the newest good checkpoint. (fence, sequence) only grows. */
export const CheckpointRow = z.looseObject({
  v: z.literal(1),
  tenant: Tenant,
  taskId: TaskId,
  /** `fence * 2^20 + sequence` of the newest one ever taken, dropped ones included. */
  order: z.int().nonnegative(),
  newest: StoredCheckpoint.optional(),
  /** The one before it, kept too. */
  previous: StoredCheckpoint.optional(),
  /** The highest sequence there ever was, and the attempt that brought it: what got further is known by it. */
  best: z.object({ fence: z.int().positive(), sequence: z.int().positive() }).optional(),
  /** Jobs that were to go on from `newest` and have brought none newer. */
  resumes: z.int().nonnegative().optional(),
  /** The task has ended: none is taken any more. */
  closed: z.boolean().optional(),
  /** Why the lineage was dropped, where it was. */
  droppedReason: z.string().optional(),
});
export type CheckpointRow = z.infer<typeof CheckpointRow>;
export type StoredCheckpoint = z.infer<typeof StoredCheckpoint>;

/** `U#<tenant>#<sha256 of the fact>`: what only one task of the tenant may rest on. */
export const ClaimRow = z.looseObject({
  v: z.literal(1),
  tenant: Tenant,
  taskId: TaskId,
  at: Instant,
});
export type ClaimRow = z.infer<typeof ClaimRow>;

/** `Q#<tenant>#<task>` / `V#<worker>`: what one worker delivered for a task that is decided by votes. */
export const VoteRow = z.looseObject({
  v: z.literal(1),
  worker: WorkerId,
  /** Of all of its files together. */
  digest: Sha256,
  /** Hash of what it looks like, where results need only be alike. */
  likeness: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  job: JobId,
  burst: BurstId,
  /** Slot time it took: the worker's word. */
  slotSeconds: z.number().nonnegative(),
  at: Instant,
});
export type VoteRow = z.infer<typeof VoteRow>;

/** `$#<scope>`: money. `available` + holds + billed = cap, always. */
export const MoneyRow = z.looseObject({
  v: z.literal(1),
  scope: z.string(),
  capMicroUsd: MicroUsd,
  available: z.int(),
  /** `<burst>.<term>-<attempt>` to the amount held. */
  holds: z.record(z.string(), MicroUsd),
});
export type MoneyRow = z.infer<typeof MoneyRow>;

/** `S#<tenant>#`, or `S##` for the whole stack: nothing new is begun. */
export const StopRow = z.looseObject({
  v: z.literal(1),
  /** finish: what runs ends · cancel: and what waits is cancelled · none: it was taken back. */
  mode: z.enum(['none', 'finish', 'cancel']),
  reason: z.string(),
  at: Instant,
});
export type StopRow = z.infer<typeof StopRow>;

/** `W#<worker>`: a worker whose results were wrong. */
export const WorkerRow = z.looseObject({
  v: z.literal(1),
  workerId: WorkerId,
  quarantinedUntil: Instant,
  reason: z.string(),
});
export type WorkerRow = z.infer<typeof WorkerRow>;

/** `K#provisioning#…`: what was measured about a shape of cluster. Newest sample last. */
export const KnowledgeRow = z.looseObject({
  v: z.literal(1),
  samples: z.array(z.object({ at: Instant, seconds: z.number().nonnegative() })),
});
export type KnowledgeRow = z.infer<typeof KnowledgeRow>;

/** `K#<kind>` / `<gpu model>#<location>`: how long tasks took for every second their kind estimates. */
export const PaceRow = z.looseObject({
  v: z.literal(1),
  gpuModel: z.string(),
  location: Location,
  /** Bursts that have taught it; rises with each. */
  bursts: z.int().positive(),
  /** What they count for together at `at`, the older ones less. */
  weight: z.number().positive(),
  /** Sum of the logarithms of their ratios, weighted alike. */
  logSum: z.number(),
  at: Instant,
});
export type PaceRow = z.infer<typeof PaceRow>;

/** `V#provider`: what the provider listed, as of a time. Reap writes it, everyone reads it. */
export const ProviderView = z.looseObject({
  v: z.literal(1),
  asOf: Instant,
  clusters: z.array(
    z.object({
      clusterId: ClusterId,
      name: z.string(),
      phase: z.string(),
      /** Since when no lease owns it; absent: it is owned. */
      unownedSince: Instant.optional(),
      /** Lists that showed it unowned. */
      unownedLists: z.int().nonnegative().default(0),
    }),
  ),
});
export type ProviderView = z.infer<typeof ProviderView>;
