import type { BatchReturn } from '../ledger/batches.ts';
import type { WorkerId } from '../model/ids.ts';
import type { BatchRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds } from '../model/time.ts';

/** Why an attempt at a batch ended before the batch did. The class picks what the next one changes. */
export type AttemptEnd =
  /** Its job never began: nothing is held against the batch. `worker`: one that refused it, and is left out. */
  | { readonly class: 'not-started'; readonly reason: string; readonly worker?: WorkerId }
  /** The burst ended under it. */
  | { readonly class: 'burst-closed'; readonly reason: string; readonly started: boolean }
  /** The worker went silent: later, and elsewhere; absent: it may be well. */
  | { readonly class: 'worker-lost'; readonly reason: string; readonly worker?: WorkerId }
  /**
   * The worker gave up on tasks, or what it delivered was wrong: another worker. `each`: every task that is left
   * had its turn, so that none of them is held up by another.
   */
  | {
      readonly class: 'task-failed' | 'verification-failed';
      readonly reason: string;
      readonly worker: WorkerId;
      readonly each?: boolean;
    }
  /** The job ran out of time and handed the rest back. */
  | { readonly class: 'interrupted'; readonly reason: string }
  /** It did its part, and other workers must do the same. */
  | { readonly class: 'voted'; readonly reason: string; readonly worker: WorkerId }
  /** It ran out of time, and a task of the batch has got further: the next job goes on from there. */
  | { readonly class: 'continued'; readonly reason: string };

/** Nothing went wrong: no attempt is counted. */
const FREE: ReadonlySet<AttemptEnd['class']> = new Set(['not-started', 'voted', 'continued']);

/** Lost workers after which the wait no longer doubles: a batch that is halved may have had many. */
const MAX_BACKOFF_DOUBLINGS = 4;

/** Attempts a task has by itself once its batch was halved down to it, however many came before. */
const ATTEMPTS_ALONE = 2;

/** A task goes on free for this many times as long as was estimated, and a few jobs more. */
const PATIENCE = { times: 4, jobs: 4 };

/** How often a batch goes on without costing an attempt: progress is its worker's word. */
const freeContinuations = ({ tasks }: Pick<BatchRow, 'tasks'>, { lease }: Settings): number =>
  PATIENCE.jobs +
  Math.ceil(
    PATIENCE.times *
      tasks.reduce(
        (sum, { unitSeconds, timeoutSeconds = lease.jobSeconds }) =>
          sum + unitSeconds / Math.min(timeoutSeconds, lease.jobSeconds),
        0,
      ),
  );

export type AfterAttempt =
  /** `cutAt`: in two halves, the tasks before this place and the others. */
  | { readonly again: true; readonly back: BatchReturn; readonly cutAt?: number }
  /** The tasks left have used up their attempts. */
  | { readonly again: false; readonly reason: string; readonly attempts: number };

/**
 * What becomes of a batch whose attempt ended: tried again, by whom and when, or given up.
 *
 * A lost worker moves place and time (`backoffSeconds`, doubling with each attempt), a failed task or a
 * failed verification moves place only, an end that is nobody's fault moves nothing.
 *
 * An attempt that was cut short does not say which of its tasks did it. After `splitAfterAttempts` of them the
 * batch is halved, again and again, until whatever ends its attempts fails alone.
 */
export function afterAttempt(
  batch: Pick<
    BatchRow,
    'attempts' | 'sharedAttempts' | 'continuations' | 'excludedWorkers' | 'tasks' | 'settled'
  >,
  end: AttemptEnd,
  settings: Settings,
  now: Instant,
): AfterAttempt {
  const continuations = (batch.continuations ?? 0) + (end.class === 'continued' ? 1 : 0);
  const endless = continuations > freeContinuations(batch, settings);
  const counts = end.class === 'burst-closed' ? end.started : !FREE.has(end.class) || endless;
  const attempts = batch.attempts + (counts ? 1 : 0);
  const reason = `${end.class}: ${end.reason}`;
  const { maxAttempts, splitAfterAttempts } = settings.batches;
  const open = batch.tasks.flatMap((_, index) => (batch.settled.has(index) ? [] : [index]));
  const cutShort = counts && !('each' in end && end.each === true) && open.length > 1;
  const { sharedAttempts } = batch;
  const allowed =
    sharedAttempts === undefined
      ? maxAttempts
      : Math.max(maxAttempts, sharedAttempts + ATTEMPTS_ALONE);
  if (attempts >= allowed && !cutShort) return { again: false, reason, attempts };
  const halved = cutShort && attempts >= Math.min(splitAfterAttempts, maxAttempts);
  const cutAt = halved ? open[Math.ceil(open.length / 2)] : undefined;
  const waitSeconds =
    end.class === 'worker-lost'
      ? settings.batches.backoffSeconds * 2 ** Math.min(attempts - 1, MAX_BACKOFF_DOUBLINGS)
      : 0;
  const excluded = new Set(batch.excludedWorkers);
  if ('worker' in end && end.worker !== undefined) excluded.add(end.worker);
  return {
    again: true,
    ...(cutAt === undefined ? {} : { cutAt }),
    back: {
      attempts,
      notBefore: waitSeconds > 0 ? plusSeconds(now, waitSeconds) : undefined,
      excludedWorkers: [...excluded],
      ...(continuations > 0 ? { continuations } : {}),
      reason,
      now,
      dueAt: plusSeconds(now, waitSeconds + settings.looks.graceSeconds),
    },
  };
}
