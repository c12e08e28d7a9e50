import type { Stage } from '../shared/ports.ts';
import { sweepBatches } from './sweep/batches.ts';
import { sweepHolds } from './sweep/holds.ts';
import { sweepLeases } from './sweep/leases.ts';
import { sweepProfiles } from './sweep/profiles.ts';
import type { SweepPorts } from './sweep/sweep-ports.ts';

/** What one pass repaired, by kind of repair. */
export type SweepAnswer = Readonly<Record<string, number>>;

/**
 * Sweep: finishes what a crash left half done, from the ledger alone. One part that fails does not keep
 * the others from running.
 */
export const sweep: Stage<keyof SweepPorts, SweepAnswer> = (ports, settings) => async () => {
  const now = ports.clock.now();
  const parts = {
    leases: sweepLeases,
    profiles: sweepProfiles,
    batches: sweepBatches,
    holds: sweepHolds,
  };
  const repaired: Record<string, number> = {};
  for (const [part, sweepPart] of Object.entries(parts)) {
    try {
      repaired[part] = await sweepPart(ports, settings, now);
    } catch (error) {
      ports.log('sweep failed', { part, error: String(error) });
    }
  }
  // An alarm counts the whole ones.
  const isWhole = Object.keys(repaired).length === Object.keys(parts).length;
  ports.log(isWhole ? 'sweep' : 'sweep incomplete', repaired);
  return repaired;
};
