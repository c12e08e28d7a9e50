import type { MemoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import {
  CHECKPOINT_TYPE,
  type CheckpointMark,
  checkpointBytes,
  parseCheckpoint,
} from '../../shared/model/checkpoint.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import type { ManifestTask } from '../../shared/model/job.ts';

/** Where a task goes on from, as the worker fetched it. */
export interface ModelResume {
  readonly stage: string;
  readonly payload: Uint8Array;
}

/** How a worker departs from leaving an honest checkpoint. */
export type Tampering =
  /** One bit is another on arrival. */
  | 'corrupts'
  /** An older one lies where the newest is said to be. */
  | 'repeats'
  /** Well formed, and not what the stage came to. */
  | 'poisons'
  /** Longer than it may be. */
  | 'bloats';

/** @returns whether every file of the task could be stored. */
export function uploadFiles(
  artifacts: MemoryArtifacts,
  task: ManifestTask,
  files: ReadonlyMap<string, Uint8Array>,
): boolean {
  return task.uploads.every(({ name, url, contentType }) => {
    const bytes = files.get(name);
    return bytes !== undefined && artifacts.upload(url, { bytes, contentType }) === 'done';
  });
}

/** @returns whether it could be stored. */
export function uploadCheckpoint(
  artifacts: MemoryArtifacts,
  { taskId, checkpoint }: ManifestTask,
  mark: CheckpointMark,
  payload: Uint8Array,
  tampering: Tampering | undefined,
): boolean {
  if (checkpoint === undefined) return false;
  const { putUrl, maxBytes } = checkpoint;
  const made = {
    none: () => checkpointBytes(taskId, mark, payload),
    corrupts: () => checkpointBytes(taskId, mark, payload).map(flipLast),
    repeats: () => checkpointBytes(taskId, { ...mark, sequence: 1 }, payload),
    poisons: () => checkpointBytes(taskId, mark, Buffer.from('not what the stage came to')),
    bloats: () => checkpointBytes(taskId, mark, new Uint8Array(maxBytes + 2048)),
  };
  const object = { bytes: made[tampering ?? 'none'](), contentType: CHECKPOINT_TYPE };
  return artifacts.upload(putUrl, object) === 'done';
}

const flipLast = (byte: number, index: number, all: Uint8Array): number =>
  index === all.length - 1 ? byte ^ 1 : byte;

/** The checkpoint a task is given, if it can be fetched and is one. */
export function resumeOf(
  artifacts: MemoryArtifacts,
  { checkpoint, taskId }: ManifestTask,
): ModelResume | undefined {
  const given = checkpoint?.resume;
  const fetched = given && artifacts.download(given.url);
  if (given === undefined || fetched === undefined || typeof fetched === 'string') return undefined;
  if (sha256Of(fetched.bytes) !== given.sha256) return undefined;
  const parsed = parseCheckpoint(fetched.bytes);
  return parsed.ok && parsed.header.taskId === taskId
    ? { stage: given.stage, payload: parsed.payload }
    : undefined;
}
