import type { JobId, Sha256, TaskId, Tenant } from './ids.ts';

/** Where objects live. Workers may write below `uploads/` only; everything else is written by us. */

export const bodiesKey = (tenant: Tenant, sha256: Sha256): string => `t/${tenant}/bodies/${sha256}`;

export const manifestKey = (tenant: Tenant, jobId: JobId, sha256: Sha256): string =>
  `t/${tenant}/manifests/${jobId}-${sha256.slice(0, 16)}.ndjson`;

export const uploadKey = (tenant: Tenant, taskId: TaskId, jobId: JobId, name: string): string =>
  `t/${tenant}/uploads/${taskId}/${jobId}/${name}`;

/** Where a worker leaves the newest checkpoint of a task. No output is called like that. */
export const checkpointUploadKey = (tenant: Tenant, taskId: TaskId, jobId: JobId): string =>
  uploadKey(tenant, taskId, jobId, '.checkpoint');

/** A checkpoint that was looked at and copied by us. Named by its content too: no copy replaces another. */
export const checkpointKey = (
  tenant: Tenant,
  taskId: TaskId,
  { fence, sequence, sha256 }: { fence: number; sequence: number; sha256: Sha256 },
): string => `t/${tenant}/checkpoints/${taskId}/${fence}-${sequence}-${sha256.slice(0, 16)}`;

/** A file one task brings along. Named by its content too: another body under the same id replaces nothing. */
export const inputKey = (
  tenant: Tenant,
  taskId: TaskId,
  { name, sha256 }: { readonly name: string; readonly sha256: Sha256 },
): string => `t/${tenant}/inputs/${taskId}/${sha256.slice(0, 16)}-${name}`;

/** A file tasks share; its content is its name. */
export const assetKey = (tenant: Tenant, sha256: Sha256): string => `t/${tenant}/assets/${sha256}`;

/** What a worker delivered for a task decided by votes, copied by us: one copy of everything alike. */
export const voteFileKey = (tenant: Tenant, taskId: TaskId, digest: Sha256, name: string): string =>
  `t/${tenant}/votes/${taskId}/${digest}/${name}`;

/**
 * Below these lies whatever of a task must not outlive it. Uploads come last: as long as there is one, Collect looks
 * at it, and deletes again.
 */
export const secretPrefixes = (tenant: Tenant, taskId: TaskId): readonly string[] =>
  ['inputs', 'checkpoints', 'votes', 'uploads'].map((what) => `t/${tenant}/${what}/${taskId}/`);

/** Job and content are part of the key: two verified results of one task never overwrite each other. */
export const resultKey = (
  tenant: Tenant,
  taskId: TaskId,
  from: { readonly jobId: JobId; readonly sha256: Sha256 },
  name: string,
): string => `t/${tenant}/results/${taskId}/${from.jobId}/${from.sha256.slice(0, 16)}/${name}`;
