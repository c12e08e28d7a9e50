/** Time as the engine sees it: real and accelerated in the local world, virtual in tests and simulation. */
export interface Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once, `milliseconds` from now, unless the returned function is called first. */
  after(milliseconds: number, run: () => void): () => void;
}

/** The longest delay one host timer can hold; longer waits are chained. */
const LONGEST_HOST_DELAY_MS = 2 ** 31 - 1;

export interface RealTimersOptions {
  /**
   * Engine seconds per real second.
   *
   * @default 1
   */
  readonly speed?: number;
  /**
   * What `now()` says at the moment of the call, in milliseconds since the epoch.
   *
   * @default the host's clock
   */
  readonly originMs?: number;
}

/**
 * The host's own clock and timers, run `speed` times as fast: `now() = originMs + elapsed × speed`,
 * and `after(ms)` waits `ms / speed` real milliseconds. Elapsed time is read from the monotonic
 * clock, so a corrected wall clock never makes engine time jump.
 *
 * @throws RangeError when `speed` is not a positive number.
 */
export function realTimers({ speed = 1, originMs = Date.now() }: RealTimersOptions = {}): Timers {
  if (!(speed > 0 && Number.isFinite(speed))) {
    throw new RangeError(`speed must be a positive number, got ${speed}`);
  }
  const startedMs = performance.now();
  return {
    now: () => Math.floor(originMs + (performance.now() - startedMs) * speed),
    after(milliseconds, run) {
      let handle: NodeJS.Timeout;
      const wait = (remainingMs: number) => {
        const legMs = Math.min(remainingMs, LONGEST_HOST_DELAY_MS);
        handle = setTimeout(() => (remainingMs > legMs ? wait(remainingMs - legMs) : run()), legMs);
      };
      wait(Math.max(0, milliseconds) / speed);
      return () => clearTimeout(handle);
    },
  };
}
