import type { Retrier } from './definition.ts';

const DEFAULT_INTERVAL_SECONDS = 1;
const DEFAULT_MAX_ATTEMPTS = 3;
const DEFAULT_BACKOFF_RATE = 2;

/**
 * Whether an `ErrorEquals` list names an error.
 *
 * `States.ALL` leaves out `States.DataLimitExceeded`, `States.TaskFailed` leaves out
 * `States.Timeout`, and nothing matches `States.Runtime`. An unnamed error (a Fail state without
 * `Error`) is met by the wildcards only.
 */
export function errorMatches(names: readonly string[], error: string | undefined): boolean {
  if (error === 'States.Runtime') return false;
  return names.some(
    (name) =>
      name === error ||
      (name === 'States.ALL' && error !== 'States.DataLimitExceeded') ||
      (name === 'States.TaskFailed' && error !== 'States.Timeout'),
  );
}

/**
 * Seconds before the next try: `IntervalSeconds × BackoffRate ^ retriesSoFar`, at most
 * `MaxDelaySeconds`; with full jitter a uniform draw between zero and that.
 *
 * @param random - Uniform in [0, 1); drawn only for full jitter.
 */
export function retryDelaySeconds(
  retrier: Retrier,
  retriesSoFar: number,
  random: () => number,
): number {
  const {
    IntervalSeconds = DEFAULT_INTERVAL_SECONDS,
    BackoffRate = DEFAULT_BACKOFF_RATE,
    MaxDelaySeconds = Number.POSITIVE_INFINITY,
    JitterStrategy = 'NONE',
  } = retrier;
  const delay = Math.min(IntervalSeconds * BackoffRate ** retriesSoFar, MaxDelaySeconds);
  return JitterStrategy === 'FULL' ? random() * delay : delay;
}

/** Counts the retries of one visit to one state, retrier by retrier. */
export function createRetries(retriers: readonly Retrier[] = [], random: () => number) {
  const used = retriers.map(() => 0);
  return {
    /**
     * The delay before trying again, or undefined when the error is final: the first retrier that
     * names the error decides alone, and gives up when its own attempts are spent.
     */
    nextDelaySeconds(error: string | undefined): number | undefined {
      const index = retriers.findIndex((retrier) => errorMatches(retrier.ErrorEquals, error));
      const retrier = retriers[index];
      const soFar = used[index] ?? 0;
      if (retrier === undefined || soFar >= (retrier.MaxAttempts ?? DEFAULT_MAX_ATTEMPTS)) {
        return undefined;
      }
      used[index] = soFar + 1;
      return retryDelaySeconds(retrier, soFar, random);
    },
  };
}
