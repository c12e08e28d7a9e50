import { randomInt } from 'node:crypto';
import { ulid } from 'ulid';
import { type Instant, instantOf, millisecondsOf } from './model/time.ts';
import type { Clock, Ids } from './ports.ts';

/** Where the real clock and real randomness enter. Timeouts of the network are the adapters' own. */

/** A clock that showed `originAt` when the real one showed `realOriginAt`, and runs `speed` times as fast. */
export interface ClockSettings {
  readonly originAt: Instant;
  readonly realOriginAt: Instant;
  readonly speed: number;
}

/** The machine's clock; in the local world, the faster one all its processes share. */
export const systemClock = (settings?: ClockSettings): Clock => ({
  now: () => {
    const now = Date.now();
    if (settings === undefined) return instantOf(now);
    const elapsed = now - millisecondsOf(settings.realOriginAt);
    return instantOf(millisecondsOf(settings.originAt) + elapsed * settings.speed);
  },
});

const RANDOM_STEPS = 2 ** 32;

/** Drawn from many bytes at a time: an id is made for every write. */
const random = () => randomInt(RANDOM_STEPS) / RANDOM_STEPS;

export const systemIds: Ids = {
  unique: () => ulid(undefined, random).toLowerCase(),
  random,
};
