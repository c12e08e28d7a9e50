import type { HistoryEvent } from '../local/engine/history.ts';
import type { StateMachine } from '../local/engine/state-machine.ts';
import { DEFINITION } from './machines.ts';

/** An edge of the machine in words: `Plan burst -> Was an offer chosen?`, `… (caught)` for those of a Catch. */
const edge = (from: string, to: string, caught = false): string =>
  `${from} -> ${to}${caught ? ' (caught)' : ''}`;

/** Every edge the definition has. */
export const ALL_EDGES: readonly string[] = [
  ...new Set(
    Object.entries(DEFINITION.States).flatMap(([name, state]) => [
      ...('Next' in state && typeof state.Next === 'string' ? [edge(name, state.Next)] : []),
      ...(state.Type === 'Choice'
        ? [
            ...state.Choices.map(({ Next }) => edge(name, Next)),
            ...(state.Default === undefined ? [] : [edge(name, state.Default)]),
          ]
        : []),
      ...(state.Type === 'Task'
        ? (state.Catch ?? []).map(({ Next }) => edge(name, Next, true))
        : []),
    ]),
  ),
];

/** How often each edge was taken in the histories of a machine. */
export function edgesOf(machine: StateMachine): Map<string, number> {
  const taken = new Map<string, number>();
  for (const { executionArn } of machine.list({ maxResults: 1000 }).executions) {
    let from: string | undefined;
    let caught = false;
    for (const event of eventsOf(machine, executionArn)) {
      const to = event.stateEnteredEventDetails?.name;
      caught = failedLast(event, caught);
      if (to === undefined) continue;
      if (from !== undefined) {
        const name = edge(from, to, caught);
        taken.set(name, (taken.get(name) ?? 0) + 1);
      }
      from = to;
      caught = false;
    }
  }
  return taken;
}

/** Whether the last thing a task did before its state was left was to fail. */
function failedLast({ type }: HistoryEvent, before: boolean): boolean {
  if (type === 'TaskFailed' || type === 'TaskTimedOut' || type === 'EvaluationFailed') return true;
  return type === 'TaskSucceeded' || type === 'TaskScheduled' ? false : before;
}

function* eventsOf(machine: StateMachine, execution: string): Generator<HistoryEvent> {
  let nextToken: string | undefined;
  do {
    const page = machine.history(execution, { maxResults: 1000, ...(nextToken && { nextToken }) });
    yield* page.events;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}
