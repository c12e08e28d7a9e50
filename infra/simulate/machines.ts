import { readFileSync } from 'node:fs';
import type { ExpressionSources } from '../local/engine/expression-functions.ts';
import { type CompiledMachine, compileMachine } from '../local/engine/state-machine.ts';
import { STAGE_NAMES } from '../stages.ts';

/**
 * The deployed definition, compiled once for all runs of a process. Its expressions ask whichever run is on
 * for time and chance; there is never more than one.
 */

const TEXT = readFileSync(new URL('../burst.asl.json', import.meta.url), 'utf8');

/** From so many events on a segment hands over. Shorter histories put another number in its place. */
const HAND_OVER_AT = '>= 14000';

/** From how many events on a segment may hand over. */
export type HandOverAt = 14_000 | 450 | 60;

let running: ExpressionSources | undefined;

const current = (): ExpressionSources => {
  if (running === undefined) throw new Error('no run is on');
  return running;
};

const SOURCES: ExpressionSources = {
  now: () => current().now(),
  random: () => current().random(),
  uuid: () => current().uuid(),
};

function compiled(text: string): CompiledMachine {
  const names = Object.fromEntries(STAGE_NAMES.map((name) => [name, name]));
  return compileMachine(JSON.parse(text), names, SOURCES);
}

if (!TEXT.includes(HAND_OVER_AT)) throw new Error(`the machine does not say "${HAND_OVER_AT}"`);
const WHOLE = compiled(TEXT);
const handingOverAt = (events: HandOverAt) =>
  compiled(TEXT.replaceAll(HAND_OVER_AT, `>= ${events}`));
const MACHINES = { 14000: WHOLE, 450: handingOverAt(450), 60: handingOverAt(60) };

/** The machine for the next run, which its expressions ask from here on. */
export function machineFor(sources: ExpressionSources, handOverAt: HandOverAt): CompiledMachine {
  running = sources;
  return MACHINES[handOverAt];
}

/** The checked definition, for what is said about all of its edges. */
export const DEFINITION = WHOLE.definition;
