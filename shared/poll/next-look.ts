import type { JobRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, secondsBetween } from '../model/time.ts';

/** What a cluster is doing, as far as it says when to look at it again. */
export interface AtWork {
  readonly jobs: readonly JobRow[];
  /** Until each of its slots is expected to run dry, seconds; 0: it is free. */
  readonly busySeconds: readonly number[];
  /** Until the next look for work for a slot that is free. */
  readonly freeSeconds: number;
  /** Open batches wait for a slot, which is supplied when it runs dry within so many seconds; absent: none do. */
  readonly supplyAheadSeconds?: number;
}

export interface NextLook {
  readonly waitSeconds: number;
  readonly quietLooks: number;
}

/** A look at an expected end comes so much behind it: what ended must have been reported. */
const BEHIND_SECONDS = 2;

/**
 * When to look at running jobs again.
 *
 * Where a slot is expected to run dry, then: in the middle of the time in which it is supplied if work waits for it,
 * else just behind the end. On the way there at least every `steadySeconds`, in even steps, because a worker may
 * be lost. Once a job is overdue looks are short at first and grow while it is quiet. A worker that was silent is asked so
 * that it is found lost as soon as it may be; a slot that is free waits no longer than an idle cluster does.
 */
export function nextLook(
  { jobs, busySeconds, freeSeconds, supplyAheadSeconds }: AtWork,
  quietLooks: number,
  { looks }: Pick<Settings, 'looks'>,
  random: number,
  now: Instant,
): NextLook {
  const busy = busySeconds.filter((seconds) => seconds > 0);
  const soonest = Math.min(...busy);
  const due =
    supplyAheadSeconds === undefined ? soonest + BEHIND_SECONDS : soonest - supplyAheadSeconds / 2;
  const grown = lookAgainSeconds(quietLooks, looks, random);
  const known = busy.length > 0 && Number.isFinite(due) && due > looks.shortestSeconds;
  const steps = Math.ceil(due / looks.steadySeconds);
  const most = [
    known ? Math.ceil(due / steps) : grown,
    ...(busy.length < busySeconds.length ? [freeSeconds] : []),
    ...jobs.filter(isSilent).map((job) => askAgainSeconds(job, looks, now)),
  ];
  return {
    waitSeconds: Math.max(1, Math.ceil(Math.min(...most))),
    quietLooks: known ? 0 : quietLooks + 1,
  };
}

/** Silent, and not lost yet; or its worker has never confirmed that it has it. */
const isSilent = ({ status, misses }: JobRow): boolean =>
  status === 'submitting' || (status === 'running' && misses > 0);

/** The looks that make a worker lost, spread over the time it must have been silent, and the last at its end. */
function askAgainSeconds({ firstMissAt }: JobRow, looks: Settings['looks'], now: Instant): number {
  const step = looks.lostAfterSeconds / Math.max(1, looks.lostAfterMisses - 1);
  const silentSeconds = firstMissAt === undefined ? 0 : secondsBetween(firstMissAt, now);
  const leftSeconds = looks.lostAfterSeconds - silentSeconds;
  return Math.max(looks.shortestSeconds, leftSeconds > 0 ? Math.min(step, leftSeconds) : step);
}

/**
 * Seconds until the next look at anything that is awaited: the shortest wait after news, half as much again after
 * every quiet look, up to the longest; spread by a quarter either way so that bursts do not beat together.
 */
export function lookAgainSeconds(
  quietLooks: number,
  { shortestSeconds, longestSeconds }: Settings['looks'],
  random: number,
): number {
  const grown = Math.min(longestSeconds, shortestSeconds * 1.5 ** quietLooks);
  return Math.max(1, Math.round(grown * (0.75 + random / 2)));
}
