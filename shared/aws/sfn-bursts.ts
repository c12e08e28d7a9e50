import { ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { canonicalJson } from '../model/digest.ts';
import type { Bursts } from '../ports.ts';
import { callFailed } from './call-failed.ts';

/**
 * Executions of one Step Functions state machine. The input is sent as canonical JSON, because Step
 * Functions compares it as text: while an execution runs, the same name with the same input is
 * answered as a first start is, and counts as `started` here; any other repetition is `already-there`.
 */
export function sfnBursts(options: {
  readonly client: SFNClient;
  readonly stateMachineArn: string;
}): Bursts {
  return {
    start: async (name, input) => {
      try {
        await options.client.send(
          new StartExecutionCommand({
            stateMachineArn: options.stateMachineArn,
            name,
            input: canonicalJson(input),
          }),
        );
        return 'started';
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) return 'already-there';
        throw callFailed(`starting execution ${name}`, error);
      }
    },
  };
}
