import * as z from 'zod';
import { CheckpointMark } from '../checkpoint.ts';
import { BatchId, BurstId, JobId, ProfileId, Sha256, TaskId, Tenant, WorkerId } from '../ids.ts';
import { Instant } from '../time.ts';

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
