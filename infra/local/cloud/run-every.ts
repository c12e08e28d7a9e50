import type { Timers } from '../engine/timers.ts';

export interface EveryOptions {
  readonly everySeconds: number;
  readonly timers: Timers;
  readonly run: () => Promise<void>;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Runs something at a fixed rate, first one period from now, until the returned function is called. A
 * tick that finds the run before still going is left out; a run that fails is followed by the next.
 */
export function runEvery({ everySeconds, timers, run, onFailure }: EveryOptions): () => void {
  const periodMs = everySeconds * 1000;
  let dueAtMs = timers.now();
  let isRunning = false;
  let cancel = () => {};

  const wait = () => {
    dueAtMs = Math.max(dueAtMs + periodMs, timers.now());
    cancel = timers.after(dueAtMs - timers.now(), tick);
  };
  const tick = () => {
    wait();
    if (isRunning) return;
    isRunning = true;
    run()
      .catch(onFailure)
      .finally(() => {
        isRunning = false;
      });
  };
  wait();
  return () => cancel();
}
