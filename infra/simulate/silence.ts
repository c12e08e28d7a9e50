import type { Timers } from '../local/engine/timers.ts';
import type { Disturbance, Where } from './disturbance.ts';
import { SILENCE_FAULTS } from './faults.ts';

/** Long enough for the sweep to take the burst over, seconds. */
const CUT_OFF_SECONDS = { least: 500, most: 1500 };

/** Long enough for every segment that takes it over to fall silent as well, seconds. */
const DEEP_SECONDS = 4200;

/** Whoever asks for an invocation. */
export interface Execution {
  readonly burstId: string;
  readonly segment: number;
  readonly leaseFence: number;
}

export interface Silence {
  /** Whether this invocation of an execution comes to nothing, as all of its others do for a while. */
  isCutOff(execution: Execution, name: string, where: Where): boolean;
}

/**
 * Executions whose functions are refused for so long that others take their burst over, and that then go on as
 * if nothing had been: what a segment does that is not the newest any more. Some bursts fall silent whatever
 * segment drives them.
 */
export function createSilence(
  { draw, chance, isQuiet }: Disturbance,
  timers: Pick<Timers, 'now'>,
): Silence {
  const until = new Map<string, number>();
  let invocations = 0;
  return {
    isCutOff({ burstId, segment }, name, where) {
      if (isQuiet()) return false;
      const now = timers.now();
      const execution = `${burstId}-${segment}`;
      const endsMs = Math.max(until.get(burstId) ?? 0, until.get(execution) ?? 0);
      if (endsMs > now) return true;
      const key = `${name} ${invocations++} silence`;
      if (draw(SILENCE_FAULTS, key, where) === undefined) return false;
      const deep = chance.happens(`${key} deep`, 0.25);
      const { least, most } = CUT_OFF_SECONDS;
      const seconds = deep ? DEEP_SECONDS : chance.between(`${key} for`, least, most);
      until.set(deep ? burstId : execution, now + seconds * 1000);
      return true;
    },
  };
}
