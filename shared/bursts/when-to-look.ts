import type { BatchRow, JobRow, LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, secondsBetween } from '../model/time.ts';
import { mayComeLate } from '../poll/cluster-look.ts';
import { type NextLook, nextLook } from '../poll/next-look.ts';
import { idleLookSeconds, lastCallIn } from '../run/after-assigning.ts';
import { allLanes, supplyAheadSeconds } from '../run/lanes.ts';

/**
 * When a burst looks at its running jobs again: at their expected ends, at the review Run asked for, in time for an
 * extension, and soon while workers may come late for work that waits. `waiting`: open batches wait for a slot.
 */
export function whenToLook(
  lease: LeaseRow,
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
  { waiting, quietLooks }: { readonly waiting: boolean; readonly quietLooks: number },
  settings: Settings,
  random: number,
  now: Instant,
): NextLook {
  const lanes = allLanes(lease, jobs, batches, new Set(), now);
  const ahead = waiting ? { supplyAheadSeconds: supplyAheadSeconds(settings) } : {};
  const busySeconds = lanes.map((lane) => lane.busySeconds);
  const lastAt = jobs.at(-1)?.submittedAt ?? now;
  const freeSeconds = idleLookSeconds(secondsBetween(lastAt, now), settings);
  const atWork = { jobs, busySeconds, freeSeconds, ...ahead };
  const look = nextLook(atWork, quietLooks, settings, random, now);
  const appointments = [lease.reviewAt, lease.extendNotBefore].filter((at) => at !== undefined);
  const bounds = [
    ...appointments.map((at) => secondsBetween(now, at)),
    lastCallIn(lease, settings, now),
    ...(waiting && mayComeLate(lease, settings, now) ? [settings.looks.longestSeconds] : []),
  ].filter((seconds) => seconds > 0);
  return { ...look, waitSeconds: Math.ceil(Math.min(look.waitSeconds, ...bounds)) };
}
