import * as z from 'zod';
import { GpuNeed } from '../gpu.ts';
import { BatchId, BurstId, JobId, ProfileId, TaskId, Tenant, WorkerId } from '../ids.ts';
import { MicroUsd } from '../money.ts';
import { Location } from '../task.ts';
import { Instant } from '../time.ts';
import { NumberSet } from './number-set.ts';

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
      /** Workers that do it, one after another, until enough of their results are alike; absent: one. */
      runs: z.int().min(2).optional(),
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
  /** They are used up: what is left fails, by whoever looks at it next. */
  usedUp: z.literal(true).optional(),
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
