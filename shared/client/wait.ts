import { inParallel } from '../concurrency.ts';
import type { Ids } from '../ports.ts';
import type { TaskReference } from './receipt.ts';
import type { Pause } from './send.ts';
import { isOver, type TaskState } from './task-state.ts';

/** How many tasks stand where. */
export type Progress = Readonly<Record<TaskState['state'] | 'total' | 'over', number>>;

export interface WaitOptions {
  /** Ends the waiting, not the tasks. */
  readonly signal?: AbortSignal;
  /** Called after every look, the last one included. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Wait before the second look and after news; each look without news makes the next wait half as long
   * again.
   *
   * @default 2
   */
  readonly pollSeconds?: number;
  /** @default 30 */
  readonly longestPollSeconds?: number;
}

export interface WaitPorts {
  readonly ids: Pick<Ids, 'random'>;
  readonly pause: Pause;
  readonly look: (reference: TaskReference) => Promise<TaskState>;
}

/** Tasks looked at at a time. */
const AT_ONCE = 16;

/**
 * Looks at tasks until every one has ended or was rejected. A task whose sending failed and of which nothing
 * is known is not waited for.
 *
 * @returns their states, in the order asked for.
 * @throws the signal's reason, once it is aborted.
 */
export async function waitFor(
  { ids, pause, look }: WaitPorts,
  references: readonly TaskReference[],
  options: WaitOptions = {},
): Promise<TaskState[]> {
  const { signal, onProgress, pollSeconds = 2, longestPollSeconds = 30 } = options;
  const states: (TaskState | undefined)[] = references.map(() => undefined);
  let pending = references.map((reference, index) => ({ reference, index }));
  for (let quiet = 0; ; quiet += 1) {
    signal?.throwIfAborted();
    await inParallel(pending, AT_ONCE, async ({ reference, index }) => {
      states[index] = await look(reference);
    });
    const before = pending.length;
    pending = pending.filter(({ reference, index }) => {
      const state = states[index];
      return state !== undefined && !isOver(state) && !wasNeverSent(reference, state);
    });
    const known = states.flatMap((state) => (state === undefined ? [] : [state]));
    onProgress?.(progressOf(known));
    if (pending.length === 0) return known;
    if (pending.length < before) quiet = 0;
    const grown = Math.min(longestPollSeconds, pollSeconds * 1.5 ** quiet);
    await pause(grown * (0.75 + ids.random() / 2), signal);
  }
}

const wasNeverSent = (reference: TaskReference, { state }: TaskState): boolean =>
  typeof reference !== 'string' && reference.status === 'failed' && state === 'unknown';

function progressOf(states: readonly TaskState[]): Progress {
  const count = (wanted: TaskState['state']) =>
    states.filter(({ state }) => state === wanted).length;
  return {
    total: states.length,
    over: states.filter(isOver).length,
    unknown: count('unknown'),
    rejected: count('rejected'),
    accepted: count('accepted'),
    done: count('done'),
    failed: count('failed'),
    cancelled: count('cancelled'),
  };
}
