import { canonicalJson, sha256Of } from '../model/digest.ts';
import type { Tenant } from '../model/ids.ts';
import { ProfileId } from '../model/ids.ts';
import type { BatchRow, Requirement } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { SoundTask } from './parse-task.ts';

/**
 * Tasks that will be one batch: one profile, one kind, one affinity key, one priority, one number of attempts,
 * in order of arrival. Those with a price of their own are apart from those without.
 */
export interface BatchDraft<T extends SoundTask = SoundTask> {
  readonly profile: ProfileId;
  readonly requirement: Requirement;
  readonly kind: string;
  readonly affinityKey: string;
  readonly priority: number;
  readonly maxAttempts: number | undefined;
  readonly tasks: readonly T[];
}

/** What a cluster must be for this task. Lists of alternatives are sorted: their order means nothing. */
export function requirementOf(tenant: Tenant, task: SoundTask): Requirement {
  const { resources } = task.envelope;
  const { gpuModels } = resources;
  const { workers, sample } = task.known;
  const { locations } = task;
  return {
    tenant,
    image: task.image,
    need: gpuModels === undefined ? resources : { ...resources, gpuModels: sorted(gpuModels) },
    ...(locations === undefined ? {} : { locations: [...locations] }),
    gpuUsed: task.gpuUsed,
    ...(workers > 1 ? { minWorkers: workers } : {}),
    ...(workers > 1 && sample < 1 ? { sample } : {}),
  };
}

const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort();

/** Equal requirements have equal ids; the tenant is part of them, so tenants never share a cluster. */
export const profileIdOf = (requirement: Requirement): ProfileId =>
  ProfileId.parse(sha256Of(canonicalJson(requirement)).slice(0, 12));

/**
 * Cuts arrivals into batches: as many tasks as `targetSeconds` of one slot hold, at most `maxTasks`.
 * Pure, and conserving: every task is in exactly one draft.
 */
export function draftBatches<T extends SoundTask>(
  tenant: Tenant,
  tasks: readonly T[],
  { batches }: Pick<Settings, 'batches'>,
): BatchDraft<T>[] {
  const groups = new Map<string, BatchDraft<T> & { tasks: T[] }>();
  for (const task of tasks) {
    const requirement = requirementOf(tenant, task);
    const { kind, priority = DEFAULT_PRIORITY, maxAttempts, maxPriceUsd } = task.envelope;
    const { affinityKey } = task.known;
    const same = { kind, affinityKey, priority, maxAttempts };
    const key = canonicalJson([requirement, same, maxPriceUsd !== undefined]);
    const group = groups.get(key);
    if (group !== undefined) group.tasks.push(task);
    else {
      const profile = profileIdOf(requirement);
      groups.set(key, { profile, requirement, ...same, tasks: [task] });
    }
  }
  return [...groups.values()].flatMap((group) =>
    cut(group.tasks, batches).map((part) => ({ ...group, tasks: part })),
  );
}

/** Of tasks that name none. */
const DEFAULT_PRIORITY = 5;

/** What a batch keeps of one of its tasks. */
export function entryOf(
  { envelope, unitSeconds, known }: SoundTask,
  line: number,
): BatchRow['tasks'][number] {
  const { taskId, deadlineAt, ifUnreachable, maxPriceUsd } = envelope;
  const { estimatedSeconds, timeoutSeconds } = envelope;
  return {
    ...{ taskId, line, unitSeconds },
    // Of a sample most tasks are done once.
    ...(known.workers === 1 || known.sample < 1 ? {} : { runs: known.workers }),
    ...(estimatedSeconds === undefined ? {} : { declared: true }),
    ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    ...(deadlineAt === undefined ? {} : { deadlineAt }),
    ...(ifUnreachable === 'fail' ? { failIfUnreachable: true } : {}),
    ...(maxPriceUsd === undefined ? {} : { maxMicroUsd: Math.floor(maxPriceUsd * 1e6 + 1e-6) }),
  };
}

function cut<T extends SoundTask>(
  tasks: readonly T[],
  { targetSeconds, maxTasks }: Settings['batches'],
): T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let seconds = 0;
  for (const task of tasks) {
    const full = part.length >= maxTasks || seconds + task.unitSeconds > targetSeconds;
    if (part.length > 0 && full) {
      parts.push(part);
      part = [];
      seconds = 0;
    }
    part.push(task);
    seconds += task.unitSeconds;
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
