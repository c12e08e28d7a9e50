import type { Timers } from './timers.ts';

interface RunLimits {
  /** Stop before the first timer later than this, and leave the clock at it (epoch milliseconds). */
  readonly until?: number;
  /** Asked after each timer; true stops the run. */
  readonly done?: () => boolean;
}

/** A clock that moves only when told to, and then straight to the next timer, in whole milliseconds. */
export interface VirtualTime extends Timers {
  /**
   * Fires timers in order of time, ties in order of scheduling, until none is left or a limit is
   * reached. Between two timers all promise work drains, so one thing is runnable at a time.
   */
  run(limits?: RunLimits): Promise<void>;
  /**
   * Runs until `promise` settles and gives its outcome.
   *
   * @throws NothingLeftToRun when no timer is left that could settle it.
   */
  settle<Result>(promise: Promise<Result>): Promise<Result>;
  /**
   * Holds the clock still while `work` is pending. Only for work that leaves the thread (a native
   * hash, a file): promise chains drain by themselves, and work that waits for one of this clock's
   * timers would hold it for ever.
   */
  during<Result>(work: Promise<Result>): Promise<Result>;
}

/** A promise is pending and no timer remains: whatever it waits for will never happen. */
export class NothingLeftToRun extends Error {
  override readonly name = 'NothingLeftToRun';
}

interface Entry {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/**
 * Discrete-event clock.
 *
 * Draining relies on Node's loop: `setImmediate` fires only when the microtask and `nextTick` queues
 * are both empty, however long the promise chains in them grow, so one turn means that everything
 * that could run without a timer or the outside world has run.
 *
 * @param startAt - What `now()` says first: epoch milliseconds or an ISO instant.
 * @param promisesOnly - Nothing that runs on it ever leaves the thread or uses `nextTick`: then a tick, which
 *   comes when the microtask queue is empty, is turn enough and takes a tenth of the time.
 */
export function virtualTime({
  startAt,
  promisesOnly = false,
}: {
  startAt: number | string;
  promisesOnly?: boolean;
}): VirtualTime {
  let nowMs = typeof startAt === 'number' ? startAt : Date.parse(startAt);
  if (!Number.isFinite(nowMs)) throw new RangeError(`startAt is not an instant: ${startAt}`);
  const queue = createQueue();
  let scheduled = 0;
  let holds = 0;
  let running = false;

  const turn: (run: (value: unknown) => void) => void = promisesOnly
    ? process.nextTick
    : setImmediate;
  const drain = async () => {
    do await new Promise((resolve) => turn(resolve));
    while (holds > 0);
  };

  const clock: VirtualTime = {
    now: () => nowMs,

    after(milliseconds, run) {
      const entry: Entry = {
        at: nowMs + Math.max(0, Math.round(milliseconds)),
        order: scheduled++,
        run,
      };
      queue.push(entry);
      return () => {
        entry.run = undefined;
      };
    },

    async run({ until = Number.POSITIVE_INFINITY, done = () => false } = {}) {
      if (running) throw new Error('this clock is already running');
      running = true;
      try {
        await drain();
        while (!done()) {
          const entry = queue.peek();
          if (entry === undefined || entry.at > until) {
            if (Number.isFinite(until)) nowMs = Math.max(nowMs, until);
            return;
          }
          queue.pop();
          if (entry.run === undefined) continue;
          nowMs = entry.at;
          entry.run();
          await drain();
        }
      } finally {
        running = false;
      }
    },

    async settle(promise) {
      let settled = false;
      const mark = () => {
        settled = true;
      };
      promise.then(mark, mark);
      await clock.run({ done: () => settled });
      if (!settled) throw new NothingLeftToRun('the promise is pending and no timer is left');
      return promise;
    },

    async during(work) {
      holds += 1;
      try {
        return await work;
      } finally {
        holds -= 1;
      }
    },
  };
  return clock;
}

const isBefore = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Binary heap, earliest entry first. Cancelled entries stay until their turn and are skipped. */
function createQueue() {
  const heap: Entry[] = [];

  const swapIfBefore = (child: number, parent: number): boolean => {
    const a = heap[child];
    const b = heap[parent];
    if (a === undefined || b === undefined || !isBefore(a, b)) return false;
    heap[child] = b;
    heap[parent] = a;
    return true;
  };

  return {
    peek: () => heap[0],
    push(entry: Entry) {
      heap.push(entry);
      let at = heap.length - 1;
      while (at > 0 && swapIfBefore(at, (at - 1) >> 1)) at = (at - 1) >> 1;
    },
    pop() {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      heap[0] = last;
      for (let at = 0; ; ) {
        const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
        if (left === undefined) return;
        const child = right !== undefined && isBefore(right, left) ? 2 * at + 2 : 2 * at + 1;
        if (!swapIfBefore(child, at)) return;
        at = child;
      }
    },
  };
}
