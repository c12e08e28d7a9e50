import type { Violation } from './invariants/invariant.ts';
import { runSchedule } from './run.ts';
import type { Schedule } from './schedule.ts';

/** Runs a shrink may take; a trace that is nearly minimal soon is worth more than a minimal one. */
const MAX_RUNS = 60;

/**
 * Leaves faults out for as long as the same invariant is still violated: halves first, then ever smaller
 * parts. What is left is what it takes.
 *
 * @returns keys to leave out.
 */
export async function shrink(
  schedule: Schedule,
  violated: Violation['invariant'],
): Promise<ReadonlySet<string>> {
  let runs = 0;
  const stillFails = async (leftOut: ReadonlySet<string>) => {
    runs += 1;
    const { violations, strikes } = await runSchedule(schedule, { leftOut });
    const fails = violations.some(({ invariant }) => invariant === violated);
    return fails ? strikes.map(({ key }) => key) : undefined;
  };
  let leftOut: ReadonlySet<string> = new Set();
  let needed = (await stillFails(leftOut)) ?? [];
  for (let parts = 2; needed.length > 0 && parts <= 2 * needed.length; ) {
    const size = Math.ceil(needed.length / parts);
    let shrunk = false;
    for (let from = 0; from < needed.length && runs < MAX_RUNS; from += size) {
      const without = new Set([...leftOut, ...needed.slice(from, from + size)]);
      const left = await stillFails(without);
      if (left === undefined) continue;
      [leftOut, needed, shrunk] = [without, left, true];
      break;
    }
    if (runs >= MAX_RUNS) break;
    if (!shrunk && size === 1) break;
    if (!shrunk) parts *= 2;
  }
  return leftOut;
}
