import type { JobId, Sha256, TaskId, Tenant } from './ids.ts';

/** Where objects live. Workers may write below `uploads/` only; everything else is written by us. */

export const bodiesKey = (tenant: Tenant, sha256: Sha256): string => `t/${tenant}/bodies/${sha256}`;

export const manifestKey = (tenant: Tenant, jobId: JobId, sha256: Sha256): string =>
  `t/${tenant}/manifests/${jobId}-${sha256.slice(0, 16)}.ndjson`;

export const uploadKey = (tenant: Tenant, taskId: TaskId, jobId: JobId, name: string): string =>
  `t/${tenant}/uploads/${taskId}/${jobId}/${name}`;

/** The job is part of the key: two verified results of one task never overwrite each other. */
export const resultKey = (tenant: Tenant, taskId: TaskId, jobId: JobId, name: string): string =>
  `t/${tenant}/results/${taskId}/${jobId}/${name}`;
