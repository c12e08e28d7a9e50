import {
  CHECKPOINT_TYPE,
  type CheckpointMark,
  checkpointBytes,
} from '../shared/model/checkpoint.ts';
import type { ManifestTask } from '../shared/model/job.ts';
import { secondsBetween } from '../shared/model/time.ts';
import type { Log } from '../shared/ports.ts';
import type { WorkerClock } from './clock.ts';
import type { Resume, Work } from './execute.ts';
import { TransferFailed, type Transfers } from './transfer.ts';

export interface CheckpointUploads {
  readonly take: Work['checkpoint'];
  /** Ends whatever is under way: once the task is done, no checkpoint of it may still arrive. */
  close(): Promise<void>;
}

/**
 * Stores the checkpoints of one task while it runs on. One upload at a time; when the task is faster than
 * the network, the ones between are skipped, since only the newest counts.
 *
 * @param uploaded - Called when a checkpoint is safe.
 */
export function createCheckpointUploads(
  { taskId, checkpoint }: Pick<ManifestTask, 'taskId' | 'checkpoint'>,
  resume: Resume | undefined,
  tools: { readonly transfers: Transfers; readonly clock: WorkerClock; readonly log: Log },
  signal: AbortSignal,
  uploaded: (sequence: number) => void,
): CheckpointUploads {
  const { transfers, clock, log } = tools;
  const startedAt = clock.now();
  const earlierSeconds = resume === undefined ? 0 : (checkpoint?.resume?.workSeconds ?? 0);
  const closing = new AbortController();
  const until = AbortSignal.any([signal, closing.signal]);
  let sequence = resume === undefined ? 0 : resume.sequence;
  let waiting: { mark: CheckpointMark; payload: Uint8Array } | undefined;
  let running: Promise<void> | undefined;

  async function uploadAll(putUrl: string): Promise<void> {
    for (let next = waiting; next !== undefined; next = waiting) {
      waiting = undefined;
      const bytes = checkpointBytes(taskId, next.mark, next.payload);
      try {
        await transfers.upload(
          putUrl,
          { name: 'checkpoint', contentType: CHECKPOINT_TYPE, bytes },
          until,
        );
        uploaded(next.mark.sequence);
      } catch (error) {
        if (until.aborted) return;
        const reason = error instanceof TransferFailed ? error.message : 'unexpected error';
        log('checkpoint not stored', { taskId, sequence: next.mark.sequence, reason });
      }
    }
  }

  return {
    take(stage, payload) {
      if (checkpoint === undefined || until.aborted) return;
      if (payload.byteLength > checkpoint.maxBytes) {
        log('checkpoint too large', { taskId, bytes: payload.byteLength });
        return;
      }
      sequence += 1;
      const workSeconds = earlierSeconds + Math.max(0, secondsBetween(startedAt, clock.now()));
      waiting = { mark: { sequence, stage, workSeconds }, payload };
      running ??= uploadAll(checkpoint.putUrl).finally(() => {
        running = undefined;
      });
    },
    async close() {
      closing.abort();
      await running;
    },
  };
}
