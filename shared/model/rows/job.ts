import * as z from 'zod';
import { BatchId, BurstId, JobId, Sha256, WorkerId } from '../ids.ts';
import { ReportedCheckpoint } from '../job.ts';
import { Instant } from '../time.ts';
import { NumberSet } from './number-set.ts';

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
