import type { BatchId, BurstId, ProfileId, TaskId, Tenant, WorkerId } from '../model/ids.ts';
import type { Key } from '../ports.ts';

/** Where each row of the ledger lives. Keys of what a tenant may read begin with the tenant. */

export const taskKey = (tenant: Tenant, taskId: TaskId): Key => ({
  pk: `T#${tenant}#${taskId}`,
  sk: '#',
});
export const rejectionKey = (tenant: Tenant, messageSha256: string): Key => ({
  pk: `R#${tenant}#${messageSha256}`,
  sk: '#',
});
const profilePartition = (tenant: Tenant, profile: ProfileId) => `P#${tenant}#${profile}`;
export const profileKey = (tenant: Tenant, profile: ProfileId): Key => ({
  pk: profilePartition(tenant, profile),
  sk: '#',
});
export const batchKey = (tenant: Tenant, profile: ProfileId, batchId: BatchId): Key => ({
  pk: profilePartition(tenant, profile),
  sk: `B#${batchId}`,
});
/** Batches from `oldest` on. */
export const batchRange = (tenant: Tenant, profile: ProfileId, oldest: BatchId) => ({
  pk: profilePartition(tenant, profile),
  from: `B#${oldest}`,
  to: 'B#~',
});
export const leaseKey = (burstId: BurstId): Key => ({ pk: `L#${burstId}`, sk: '#' });
export const jobKey = (burstId: BurstId, n: number): Key => ({
  pk: `L#${burstId}`,
  sk: `J#${String(n).padStart(6, '0')}`,
});
/** Jobs from number `first` on. */
export const jobRange = (burstId: BurstId, first: number) => ({
  pk: `L#${burstId}`,
  from: jobKey(burstId, first).sk,
  to: 'J#~',
});
export const checkpointRowKey = (tenant: Tenant, taskId: TaskId): Key => ({
  pk: `C#${tenant}#${taskId}`,
  sk: '#',
});
export const claimKey = (tenant: Tenant, factSha256: string): Key => ({
  pk: `U#${tenant}#${factSha256}`,
  sk: '#',
});
const votePartition = (tenant: Tenant, taskId: TaskId) => `Q#${tenant}#${taskId}`;
export const voteKey = (tenant: Tenant, taskId: TaskId, worker: WorkerId): Key => ({
  pk: votePartition(tenant, taskId),
  sk: `V#${worker}`,
});
/** Every vote on a task. */
export const voteRange = (tenant: Tenant, taskId: TaskId) => ({
  pk: votePartition(tenant, taskId),
  from: 'V#',
  to: 'V$',
});
export const moneyKey = (scope: string): Key => ({ pk: `$#${scope}`, sk: '#' });
/** Of one tenant, or of the whole stack: no tenant has an empty name. */
export const stopKey = (tenant: Tenant | ''): Key => ({ pk: `S#${tenant}#`, sk: '#' });
export const workerKey = (workerId: WorkerId): Key => ({ pk: `W#${workerId}`, sk: '#' });
export const knowledgeKey = (what: string): Key => ({ pk: `K#${what}`, sk: '#' });
const pacePartition = (kind: string) => `K#${kind}`;
export const paceKey = (kind: string, gpuModel: string, location: string): Key => ({
  pk: pacePartition(kind),
  sk: `${gpuModel}#${location}`,
});
/** Every GPU model and country a kind has run on. */
export const paceRange = (kind: string) => ({ pk: pacePartition(kind), from: '#', to: '~' });
export const PROVIDER_KEY: Key = { pk: 'V#provider', sk: '#' };
