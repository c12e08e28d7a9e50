import type { BatchRow } from '../model/rows.ts';
import type { Lane } from './lanes.ts';

/** A lane with the job that is being put together for it. */
export interface Place {
  readonly lane: Lane;
  readonly taken: BatchRow[];
  ownSeconds: number;
  ownTasks: number;
  /** Affinity key of what it will have done last. */
  key: string | undefined;
}

export const placeOn = (lane: Lane): Place => ({
  lane,
  taken: [],
  ownSeconds: 0,
  ownTasks: 0,
  key: lane.loaded?.key,
});

/** When a batch would begin at the soonest on one of these that may have it; infinite: none may. */
export const soonestOn = (
  places: readonly Place[],
  { affinityKey, excludedWorkers = [] }: BatchRow,
): number =>
  places.reduce(
    (soonest, place) =>
      excludedWorkers.includes(place.lane.worker)
        ? soonest
        : Math.min(soonest, costSeconds(place, affinityKey, true)),
    Number.POSITIVE_INFINITY,
  );

/** The same for slots that get nothing meanwhile. */
export function soonestOnOthers(lanes: readonly Lane[]): (batch: BatchRow) => number {
  const places = lanes.map(placeOn);
  const byKey = new Map<string, number>();
  return (batch) => {
    const { affinityKey, excludedWorkers = [] } = batch;
    if (excludedWorkers.length > 0) return soonestOn(places, batch);
    const known = byKey.get(affinityKey) ?? soonestOn(places, batch);
    byKey.set(affinityKey, known);
    return known;
  };
}

export const endSeconds = ({ lane, ownSeconds }: Place): number => lane.busySeconds + ownSeconds;

/** What it takes to load onto an empty slot, seconds: a base model at the median (source below). */
const LOAD_SECONDS = 23;

/**
 * A batch rather waits this long, seconds, than has a slot load over what another batch had it load. A base model
 * takes 23 s at the median and 52 s at the 99th percentile (Alibaba cluster-trace-v2026-GenAI), and it drives out
 * one that will be wanted back.
 */
const RELOAD_SECONDS = 75;

/** The place where a batch would begin first; of equals the one whose load is missed least, then the first. */
export function cheapest(
  places: readonly Place[],
  batch: BatchRow,
  share: number,
  byLoad: (a: Place, b: Place) => number,
): Place | undefined {
  const cost = (place: Place) => costSeconds(place, batch.affinityKey, place.taken.length < share);
  let best: Place | undefined;
  for (const place of places) {
    if (best === undefined || (cost(place) - cost(best) || byLoad(place, best)) < 0) best = place;
  }
  return best;
}

/** When a batch would begin to run there; one that fills more than its share counts as another load. */
export function costSeconds(place: Place, affinityKey: string, inShare: boolean): number {
  if (place.key === affinityKey) return endSeconds(place) + (inShare ? 0 : LOAD_SECONDS);
  return endSeconds(place) + (place.key === undefined ? LOAD_SECONDS : RELOAD_SECONDS);
}

/** Of slots that would load over something: what no waiting batch wants, and of that what was given longest ago. */
export function leastMissed(waiting: readonly BatchRow[]): (a: Place, b: Place) => number {
  const wanted = new Map<string | undefined, number>();
  const isWanted = ({ key }: Place) => {
    const known = wanted.get(key) ?? Number(waiting.some(({ affinityKey }) => affinityKey === key));
    wanted.set(key, known);
    return known;
  };
  return (a, b) => {
    const givenAt = ({ lane }: Place) => lane.loaded?.at ?? '';
    return (
      isWanted(a) - isWanted(b) || (givenAt(a) < givenAt(b) ? -1 : Number(givenAt(a) > givenAt(b)))
    );
  };
}
