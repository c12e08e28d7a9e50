import type { Row } from '../../shared/ports.ts';
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

interface StallOptions {
  readonly disturbance: Pick<Disturbance, 'strike' | 'chance'>;
  readonly timers: Pick<Timers, 'now'>;
  readonly encounter: Encounter | undefined;
  /** The lease of a burst as the ledger has it. */
  readonly leaseOf: (burstId: string) => Row | undefined;
  /** The burst of this lease is about to be closed. */
  readonly onClosing: (lease: Row) => void;
}

/** An execution that stands still where its schedule says: until its burst is taken over, or work has arrived. */
export function createStalls(options: StallOptions): Silence {
  const { disturbance, timers, encounter, leaseOf, onClosing } = options;
  const { strike, chance } = disturbance;
  let stalled: (Execution & { untilMs: number; overtaken: boolean }) | undefined;
  let passed = 0;

  /** Whether its time has come. */
  const begins = (execution: Execution, where: Where): boolean => {
    if (encounter === undefined || stalled !== undefined) return false;
    const lease = leaseOf(execution.burstId);
    const mayRunOn = lease?.phase === 'ready' && where.state === 'Close burst';
    const late = encounter.kind === 'late work' && mayRunOn;
    const stalls = encounter.kind === 'stall' && where.state === encounter.state;
    if (!late && !stalls) return false;
    if (encounter.kind === 'stall' && passed++ < encounter.after) return false;
    const seconds = late ? LATE_SECONDS : LONGEST_SECONDS;
    stalled = { ...execution, untilMs: timers.now() + seconds * 1000, overtaken: late };
    if (!strike('platform.execution stalls', 'stall', where)) stalled.untilMs = 0;
    else if (late) onClosing(lease);
    return true;
  };

  return {
    isCutOff(execution, _name, where) {
      if (stalled === undefined && !begins(execution, where)) return false;
      const { burstId, segment } = execution;
      if (stalled?.burstId !== burstId || stalled.segment !== segment) return false;
      if (!stalled.overtaken && Number(leaseOf(burstId)?.leaseFence) > execution.leaseFence) {
        const seconds = chance.between('wakes after', 0, SHARED_SECONDS);
        stalled.overtaken = true;
        stalled.untilMs = Math.min(stalled.untilMs, timers.now() + seconds * 1000);
      }
      return timers.now() < stalled.untilMs;
    },
  };
}
