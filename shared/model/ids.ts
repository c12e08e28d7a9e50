import * as z from 'zod';

/**
 * Name the dApp chose. The same id twice is the same task, never a second run.
 * Lower-case ASCII, so that no two ids become one on a file system or after Unicode folding.
 */
export const TaskId = z
  .string()
  .regex(/^(?!.*\.\.)[a-z0-9](?:[a-z0-9._-]{0,78}[a-z0-9])?$/)
  .brand<'TaskId'>();
export type TaskId = z.infer<typeof TaskId>;

/** Who pays and owns: the name the operator gave to one intake queue. */
export const Tenant = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/)
  .brand<'Tenant'>();
export type Tenant = z.infer<typeof Tenant>;

/** What may share a cluster, as a short hash of the requirement. */
export const ProfileId = z
  .string()
  .regex(/^[0-9a-f]{12}$/)
  .brand<'ProfileId'>();
export type ProfileId = z.infer<typeof ProfileId>;

/** Time-ordered: text order is the order of formation. The letters behind it say which half of which half. */
export const BatchId = z
  .string()
  .regex(/^[0-9a-z]{9}-[0-9a-z]{8}[ab]{0,20}$/)
  .brand<'BatchId'>();
export type BatchId = z.infer<typeof BatchId>;

/** The two batches a batch is halved into. They come right behind it, before whatever was formed later. */
export const halvesOf = (batchId: BatchId): readonly [BatchId, BatchId] => [
  BatchId.parse(`${batchId}a`),
  BatchId.parse(`${batchId}b`),
];

/** One paid cluster from plan to confirmed teardown. Also the cluster's name at the provider. */
export const BurstId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}-[0-9a-f]{12}$/)
  .brand<'BurstId'>();
export type BurstId = z.infer<typeof BurstId>;

/** Identifier the provider gave something: printable, because it ends up in keys, URLs and log lines. */
const OpaqueId = z.string().regex(/^[\x21-\x7e]{1,128}$/);

/** Identifier the provider gave a cluster. Opaque: compare it, never parse it. */
export const ClusterId = OpaqueId.brand<'ClusterId'>();
export type ClusterId = z.infer<typeof ClusterId>;

/** Identifier the provider gave one container of a cluster. Opaque. */
export const WorkerId = OpaqueId.brand<'WorkerId'>();
export type WorkerId = z.infer<typeof WorkerId>;

/** `<burst>-<n>`: what one slot runs for us. */
export const JobId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,30}-[0-9a-f]{12}-[1-9][0-9]{0,5}$/)
  .brand<'JobId'>();
export type JobId = z.infer<typeof JobId>;

/** Lower-case hexadecimal SHA-256. */
export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 is 64 digits of 0-9 a-f')
  .brand<'Sha256'>();
export type Sha256 = z.infer<typeof Sha256>;

export const jobIdOf = (burstId: BurstId, n: number): JobId => JobId.parse(`${burstId}-${n}`);

/** Name of the Step Functions execution that is segment `segment` of a burst. */
export const executionName = (burstId: BurstId, segment: number): string => `${burstId}-${segment}`;
