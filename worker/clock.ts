import { type Instant, instantOf, millisecondsOf } from '../shared/model/time.ts';
import type { ClockSettings } from './settings.ts';

/** The worker's time. Deadlines and waits are in this clock; only network timeouts are not. */
export interface WorkerClock {
  now(): Instant;
  /** Calls `act` once, at `at` or at once if that has passed. Returns a function that calls it off. */
  at(at: Instant, act: () => void): () => void;
  /** Waits `seconds` of this clock, or until `signal` aborts, whichever is first. Never rejects. */
  wait(seconds: number, signal: AbortSignal): Promise<void>;
}

/** Longest delay of a Node timer; longer ones fire at once. */
const LONGEST_TIMER_MILLISECONDS = 2 ** 31 - 1;

const REAL: ClockSettings = { originAt: instantOf(0), realOriginAt: instantOf(0), speed: 1 };

/** now = originAt + (real now - realOriginAt) * speed; without settings, the real time. */
export function createClock(settings: ClockSettings = REAL): WorkerClock {
  const origin = millisecondsOf(settings.originAt);
  const realOrigin = millisecondsOf(settings.realOriginAt);
  const nowMilliseconds = () => origin + (Date.now() - realOrigin) * settings.speed;

  function at(moment: Instant, act: () => void): () => void {
    let timer: NodeJS.Timeout;
    const arm = () => {
      const realDelay = (millisecondsOf(moment) - nowMilliseconds()) / settings.speed;
      timer = setTimeout(
        () => (nowMilliseconds() >= millisecondsOf(moment) ? act() : arm()),
        Math.min(Math.max(0, Math.ceil(realDelay)), LONGEST_TIMER_MILLISECONDS),
      );
    };
    arm();
    return () => clearTimeout(timer);
  }

  return {
    now: () => instantOf(nowMilliseconds()),
    at,
    wait: (seconds, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const end = () => {
          callOff();
          signal.removeEventListener('abort', end);
          resolve();
        };
        const callOff = at(instantOf(nowMilliseconds() + seconds * 1000), end);
        signal.addEventListener('abort', end, { once: true });
      }),
  };
}
