import { profileIdOf } from '../../shared/intake/batches.ts';
import { ensureProfile } from '../../shared/ledger/profiles.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { BatchId, BurstId, jobIdOf, TaskId, Tenant, WorkerId } from '../../shared/model/ids.ts';
import { Requirement } from '../../shared/model/rows.ts';
import { Instant, plusSeconds } from '../../shared/model/time.ts';
import type { Ledger } from '../../shared/ports.ts';

export const NOW = Instant.parse('2026-01-01T12:00:00.000Z');
export const later = (seconds: number): Instant => plusSeconds(NOW, seconds);

export const TENANT = Tenant.parse('default');
const REQUIREMENT = Requirement.parse({
  tenant: TENANT,
  image: 'registry.example/burst-worker',
  need: {},
  gpuUsed: true,
});
export const PROFILE = profileIdOf(REQUIREMENT);

export const burstNumbered = (n: number): BurstId =>
  BurstId.parse(`burst-${n.toString(16).padStart(12, '0')}`);
export const jobNumbered = (n: number) => jobIdOf(burstNumbered(n), 1);
export const batchNumbered = (n: number): BatchId =>
  BatchId.parse(`000000000-${String(n).padStart(8, '0')}`);
export const taskNumbered = (n: number): TaskId => TaskId.parse(`task-${n}`);
export const WORKER = WorkerId.parse('worker-1');

/** A batch of so many tasks, as intake opens one. */
export const aBatch = (tasks = 2, n = 1) => ({
  tenant: TENANT,
  profile: PROFILE,
  batchId: batchNumbered(n),
  kind: 'nft.generative',
  affinityKey: 'renderer',
  bodiesKey: 't/default/bodies/x',
  tasks: Array.from({ length: tasks }, (_, line) => ({
    taskId: taskNumbered(line),
    line,
    unitSeconds: 10,
  })),
  slotSeconds: 10 * tasks,
  openedAt: NOW,
  dueAt: later(300),
});

/** A task as intake accepts one. */
export const aPlacement = (n = 1) => ({
  tenant: TENANT,
  taskId: taskNumbered(n),
  kind: 'nft.generative',
  bodySha256: sha256Of(`body ${n}`),
  profile: PROFILE,
  batch: batchNumbered(1),
  now: NOW,
});

export const aProfile = (ledger: Ledger) => ensureProfile(ledger, PROFILE, REQUIREMENT);
