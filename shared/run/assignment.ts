import type { JobId, WorkerId } from '../model/ids.ts';
import type { BatchRow, JobRow, LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { Instant } from '../model/time.ts';
import { attemptsAlive, MAX_LIVE_ATTEMPTS } from './attempts.ts';
import { claimOrder } from './claim-order.ts';
import { allLanes, isSupplied, openSeconds, usableWorkers } from './lanes.ts';
import { deadline, neededSeconds, secondsLeft } from './paid-edge.ts';
import {
  cheapest,
  costSeconds,
  endSeconds,
  leastMissed,
  type Place,
  placeOn,
  soonestOn,
  soonestOnOthers,
} from './places.ts';

/** One job to submit: the batches one slot of one worker runs next. */
export interface Assignment {
  readonly worker: WorkerId;
  readonly batches: readonly BatchRow[];
  /** The job ends by then, queueing included. */
  readonly deadlineAt: Instant;
  /** The slow job that holds the batches, and goes on. */
  readonly reissueOf?: JobId;
}

export interface Assigning {
  readonly assignments: readonly Assignment[];
  /** Slots that stay free, by their worker. */
  readonly free: readonly WorkerId[];
  /** Work that could run now if another term were bought. */
  readonly needsTerm: boolean;
  /** No worker of this cluster may run anything that waits. */
  readonly stuck: boolean;
  /** Open batches left alone, by why they are. */
  readonly left: ReadonlyMap<string, readonly BatchRow[]>;
}

/** A job takes no further batch once it has this many tasks: reading and signing for them takes Run its time. */
const MOST_TASKS = 1000;

/**
 * Which open batches go to which slots.
 *
 * In claim order, each to the slot where it would end first: behind what the slot runs and was given, and loading
 * what it needs where the slot has something else. A job takes batches until it holds two expected looks' worth
 * of work, but never more than its share of what is open, so that no slot starves; one that failed before has a
 * job to itself. Nothing is claimed whose deadline would pass the paid edge less the drain time: then `needsTerm`
 * asks for an extension first.
 */
export function assign(
  lease: LeaseRow,
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
  quarantined: ReadonlySet<WorkerId>,
  settings: Settings,
  now: Instant,
): Assigning {
  const { waiting, tried, left, cutOff } = mayRunNow(lease, jobs, batches, settings, now);
  const lanes = allLanes(lease, jobs, tried, quarantined, now);
  const places = lanes.filter((lane) => isSupplied(lane, settings)).map(placeOn);
  const elsewhere = soonestOnOthers(lanes.filter((lane) => !isSupplied(lane, settings)));
  const share = Math.ceil(waiting.length / Math.max(1, places.length));
  const mostSeconds = 2 * settings.looks.longestSeconds;
  const paidSeconds = secondsLeft(lease, settings, now);
  const byLoad = leastMissed(waiting);
  const placed = new Set<BatchRow>();
  let needsTerm = cutOff;
  // Full places are left out for good, so that a long backlog costs no more than a look at each batch.
  let unfilled = places;
  // What would begin sooner on one of them is left for the job they get next.
  const full: Place[] = [];
  for (const batch of places.length === 0 ? [] : claimOrder(waiting, now)) {
    if (unfilled.length === 0) break;
    const seconds = openSeconds(batch);
    const roomy = unfilled.filter(
      ({ lane, taken, key }) =>
        (taken.length < share || key === batch.affinityKey) &&
        (taken.length === 0 || !(isSuspect(batch) || taken.some(isSuspect))) &&
        !batch.excludedWorkers?.includes(lane.worker),
    );
    const inTime = roomy.filter(
      (place) => neededSeconds(endSeconds(place) + seconds, settings) <= paidSeconds,
    );
    const best = cheapest(inTime, batch, share, byLoad);
    if (best === undefined) {
      needsTerm ||= roomy.some(({ taken }) => taken.length === 0);
      continue;
    }
    const begins = costSeconds(best, batch.affinityKey, best.taken.length < share);
    if (begins > elsewhere(batch)) continue;
    if (begins > soonestOn(full, batch)) {
      // Nothing is to be loaded there, so nothing else would begin there any sooner than on that slot.
      if (best.key === batch.affinityKey) unfilled = unfilled.filter((place) => place !== best);
      continue;
    }
    placed.add(batch);
    best.taken.push(batch);
    best.ownSeconds += seconds;
    best.ownTasks += batch.tasks.length - batch.settled.size;
    best.key = batch.affinityKey;
    if (best.ownSeconds >= mostSeconds) {
      unfilled = unfilled.filter((place) => place !== best);
      full.push(best);
    } else if (best.ownTasks >= MOST_TASKS) {
      unfilled = unfilled.filter((place) => place !== best);
    }
  }

  const assignments = places.flatMap((place): Assignment[] => {
    const deadlineAt = deadline(lease, endSeconds(place), settings, now);
    const { lane, taken } = place;
    return taken.length > 0 && deadlineAt !== undefined
      ? [{ worker: lane.worker, batches: taken, deadlineAt }]
      : [];
  });
  const usable = usableWorkers(lease, quarantined);
  const notPlaced = waiting.filter((batch) => !placed.has(batch));
  const stuck = tellWhy(left, notPlaced, usable, needsTerm);
  const free = places.flatMap(({ lane, taken }) =>
    lane.busySeconds === 0 && taken.length === 0 ? [lane.worker] : [],
  );
  return { assignments, free, needsTerm, stuck, left };
}

/**
 * Open batches by whether they may be tried now; `cutOff`: one may be only when the paid time is over. `tried`: those,
 * open or not, that a job has that is alive.
 */
function mayRunNow(
  lease: LeaseRow,
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
  settings: Settings,
  now: Instant,
) {
  const left = new Map<string, BatchRow[]>();
  const leave = (batch: BatchRow, why: string) => {
    const alike = left.get(why);
    if (alike === undefined) left.set(why, [batch]);
    else alike.push(batch);
  };
  const waiting: BatchRow[] = [];
  const tried: BatchRow[] = [];
  const alive = attemptsAlive(jobs, now);
  let cutOff = false;
  for (const batch of batches) {
    const attempts = alive.get(batch.batchId) ?? 0;
    if (attempts > 0) tried.push(batch);
    if (batch.status !== 'open') continue;
    if (attempts >= MAX_LIVE_ATTEMPTS) {
      leave(batch, 'earlier attempts may still upload');
    } else if (batch.notBefore !== undefined && now < batch.notBefore) {
      leave(batch, `not before ${batch.notBefore}`);
      cutOff ||= isCutOff(lease, batch, batch.notBefore, settings);
    } else waiting.push(batch);
  }
  return { waiting, tried, left, cutOff };
}

/** Why nothing of what waits may run on this cluster. */
export const NO_WORKER = 'no usable worker is left';
export const FAILED_HERE = 'failed on every worker here';

/** Adds what waits on to what is left, by why it does. @returns whether nothing of it may ever run here. */
function tellWhy(
  left: Map<string, readonly BatchRow[]>,
  notPlaced: readonly BatchRow[],
  usable: readonly { readonly workerId: WorkerId }[],
  needsTerm: boolean,
): boolean {
  const mayRun = ({ excludedWorkers = [] }: BatchRow) =>
    usable.some(({ workerId }) => !excludedWorkers.includes(workerId));
  const [mayLater, mayNot]: [BatchRow[], BatchRow[]] = [[], []];
  for (const batch of notPlaced) (mayRun(batch) ? mayLater : mayNot).push(batch);
  if (mayLater.length > 0) left.set(needsTerm ? 'needs another term' : 'no free slot', mayLater);
  if (mayNot.length > 0) left.set(usable.length === 0 ? NO_WORKER : FAILED_HERE, mayNot);
  return usable.length === 0 || (mayNot.length > 0 && mayLater.length === 0);
}

/** An attempt at it was cut short, perhaps by one of its tasks: it shares no job with others. */
const isSuspect = ({ attempts }: BatchRow): boolean => attempts > 0;

/** Its pause ends while the cluster is paid for, and too late for it to run without another term. */
const isCutOff = (
  lease: LeaseRow,
  batch: BatchRow,
  notBefore: Instant,
  settings: Settings,
): boolean =>
  lease.paidUntil !== undefined &&
  notBefore < lease.paidUntil &&
  deadline(lease, openSeconds(batch), settings, notBefore) === undefined;
