import { randomUUID } from 'node:crypto';
import { createStateMachine, type StateMachine } from '../../infra/local/engine/state-machine.ts';
import { realTimers } from '../../infra/local/engine/timers.ts';

/** One Task that calls the function `hold` and ends with its answer. */
export const HELD_DEFINITION = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: 'Hold',
  States: {
    Hold: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: 'hold', Payload: '{% $states.input %}' },
      Output: '{% $states.result.Payload %}',
      TimeoutSeconds: 60,
      End: true,
    },
  },
});

/** A machine whose executions run until they are released. */
export function heldMachine(): { machine: StateMachine; release: () => void } {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const machine = createStateMachine({
    definition: JSON.parse(HELD_DEFINITION),
    name: 'burst',
    invoke: async (_name, payload) => {
      await released;
      return { payload };
    },
    timers: realTimers(),
    random: Math.random,
    uuid: randomUUID,
  });
  return { machine, release: () => release() };
}
