import * as z from 'zod';
import { Instant, millisecondsOf } from '../../shared/model/time.ts';
import { realTimers, type Timers } from './engine/timers.ts';

/**
 * The clock all processes of the local world share: it showed `originAt` when the real one showed
 * `realOriginAt`, and runs `speed` times as fast.
 */
export const LocalClock = z.strictObject({
  originAt: Instant,
  realOriginAt: Instant,
  speed: z.number().positive(),
});
export type LocalClock = z.infer<typeof LocalClock>;

/** @param realNowMs - What the real clock shows now. */
export function timersOf({ originAt, realOriginAt, speed }: LocalClock, realNowMs: number): Timers {
  const elapsedMs = realNowMs - millisecondsOf(realOriginAt);
  return realTimers({ originMs: millisecondsOf(originAt) + elapsedMs * speed, speed });
}
