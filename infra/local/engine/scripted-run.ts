import { createHash } from 'node:crypto';
import type { ExecutionStatus } from './execution.ts';
import type { HistoryEvent } from './history.ts';
import { type Script, scriptedFunctions } from './script.ts';
import { createStateMachine } from './state-machine.ts';
import { virtualTime } from './virtual-time.ts';

/** Runs are repeatable: the clock starts here unless told otherwise, and chance is seeded. */
export const DEFAULT_START = '2026-01-01T00:00:00.000Z';

export interface ScriptedRun {
  readonly status: ExecutionStatus;
  /** The output itself, not its text; null unless SUCCEEDED. */
  readonly output: unknown;
  readonly error: string | null;
  readonly cause: string | null;
  readonly virtualSeconds: number;
  readonly events: readonly {
    readonly type: string;
    /** The state's name, where the event has one. */
    readonly name?: string;
    /** Seconds since the start. */
    readonly atSeconds: number;
  }[];
}

/**
 * Runs a definition on the virtual clock with functions that follow a script.
 *
 * @param definition - Parsed JSON.
 * @throws DefinitionRefused
 * @throws ExecutionRefused when the input is too large.
 */
export async function runScripted(
  definition: unknown,
  input: unknown,
  script: Script,
  startAt: string = DEFAULT_START,
): Promise<ScriptedRun> {
  const timers = virtualTime({ startAt });
  const startMs = timers.now();
  const chance = seededChance('burst');
  const machine = createStateMachine({
    definition,
    name: 'scripted',
    invoke: scriptedFunctions(script, timers),
    timers,
    ...chance,
  });
  machine.start({ name: 'run', input: JSON.stringify(input) });
  const { status, output, error, cause } = await timers.settle(machine.closed('run'));
  return {
    status,
    output: output === undefined ? null : JSON.parse(output),
    error: error ?? null,
    cause: cause ?? null,
    virtualSeconds: (timers.now() - startMs) / 1000,
    events: allEvents(machine.history).map((event) => {
      const name = stateNameOf(event);
      const atSeconds = Math.round(event.timestamp * 1000 - startMs) / 1000;
      return { type: event.type, ...(name !== undefined && { name }), atSeconds };
    }),
  };
}

type HistoryCall = ReturnType<typeof createStateMachine>['history'];

function allEvents(history: HistoryCall): readonly HistoryEvent[] {
  const events: HistoryEvent[] = [];
  let page = history('run', { maxResults: 1000 });
  events.push(...page.events);
  while (page.nextToken !== undefined) {
    page = history('run', { maxResults: 1000, nextToken: page.nextToken });
    events.push(...page.events);
  }
  return events;
}

const stateNameOf = (event: HistoryEvent): string | undefined =>
  event.stateEnteredEventDetails?.name ??
  event.stateExitedEventDetails?.name ??
  event.evaluationFailedEventDetails?.state ??
  event.mapIterationStartedEventDetails?.name ??
  event.mapIterationSucceededEventDetails?.name ??
  event.mapIterationFailedEventDetails?.name ??
  event.mapIterationAbortedEventDetails?.name;

/** Numbers and uuids that follow from a seed. */
function seededChance(seed: string) {
  let drawn = 0;
  const next = () => createHash('sha256').update(`${seed} ${drawn++}`).digest();
  return {
    random: () => next().readUInt32BE() / 2 ** 32,
    uuid: () => {
      const hex = next().toString('hex');
      const variant = (8 + (Number.parseInt(hex.charAt(16), 16) % 4)).toString(16);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
    },
  };
}
