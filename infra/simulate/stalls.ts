import type { Timers } from '../local/engine/timers.ts';
import type { Disturbance, Where } from './disturbance.ts';
import type { Encounter } from './encounters.ts';
import type { Execution, Silence } from './silence.ts';

/** Nobody stands still for longer, whether the sweep took the burst over or not, seconds. */
const LONGEST_SECONDS = 1500;

/** A successor drives for so long at most before the one it took over from goes on, seconds. */
const SHARED_SECONDS = 60;

/** What arrives late must be through intake by then, seconds. */
const LATE_SECONDS = 20;

export interface StallOptions {
  readonly disturbance: Pick<Disturbance, 'strike' | 'chance' | 'isQuiet'>;
  readonly timers: Pick<Timers, 'now'>;
  readonly encounter: Encounter | undefined;
  /** The lease fence of a burst as the ledger has it. */
  readonly fenceOf: (burstId: string) => number;
  /** A burst is about to be closed. */
  readonly onClosing: (burstId: string) => void;
}

/** An execution that stands still where its schedule says: until its burst is taken over, or work has arrived. */
export function createStalls(options: StallOptions): Silence {
  const { disturbance, timers, encounter, fenceOf, onClosing } = options;
  const { strike, chance, isQuiet } = disturbance;
  let stalled: (Execution & { untilMs: number; overtaken: boolean }) | undefined;
  let passed = 0;

  /** Whether its time has come. */
  const begins = (execution: Execution, where: Where): boolean => {
    if (encounter === undefined || stalled !== undefined || isQuiet()) return false;
    const late = encounter.kind === 'late work' && where.state === 'Close burst';
    const stalls = encounter.kind === 'stall' && where.state === encounter.state;
    if (!late && !stalls) return false;
    if (encounter.kind === 'stall' && passed++ < encounter.after) return false;
    const seconds = late ? LATE_SECONDS : LONGEST_SECONDS;
    stalled = { ...execution, untilMs: timers.now() + seconds * 1000, overtaken: late };
    if (!strike('platform.execution stalls', 'stall', where)) stalled.untilMs = 0;
    else if (late) onClosing(execution.burstId);
    return true;
  };

  return {
    isCutOff(execution, _name, where) {
      if (stalled === undefined && !begins(execution, where)) return false;
      const { burstId, segment } = execution;
      if (stalled?.burstId !== burstId || stalled.segment !== segment) return false;
      if (!stalled.overtaken && fenceOf(burstId) > execution.leaseFence) {
        const seconds = chance.between('wakes after', 0, SHARED_SECONDS);
        stalled.overtaken = true;
        stalled.untilMs = Math.min(stalled.untilMs, timers.now() + seconds * 1000);
      }
      return timers.now() < stalled.untilMs;
    },
  };
}
