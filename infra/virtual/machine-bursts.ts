import { canonicalJson } from '../../shared/model/digest.ts';
import type { Bursts } from '../../shared/ports.ts';
import { ExecutionRefused } from '../local/engine/api-refusal.ts';
import type { StateMachine } from '../local/engine/state-machine.ts';

/** Executions of a state machine in this process: what `sfnBursts` is over the wire. */
export function machineBursts(machine: Pick<StateMachine, 'start'>): Bursts {
  return {
    start: async (name, input) => {
      try {
        machine.start({ name, input: canonicalJson(input) });
        return 'started';
      } catch (error) {
        if (error instanceof ExecutionRefused && error.code === 'ExecutionAlreadyExists') {
          return 'already-there';
        }
        throw error;
      }
    },
  };
}
