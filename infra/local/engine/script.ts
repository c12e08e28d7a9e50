import * as z from 'zod';
import { functionNotFound, type InvokeFunction } from './invoke.ts';
import type { Timers } from './timers.ts';

const afterSeconds = z.number().min(0).optional();

/** What one invocation of a scripted function does, and how long it takes to do it. */
const Outcome = z.union(
  [
    z.strictObject({ return: z.json(), afterSeconds }),
    z.strictObject({ error: z.string().min(1), cause: z.string().optional(), afterSeconds }),
  ],
  {
    error:
      'must be {"return": …} or {"error": "Name", "cause": "…"}, each with afterSeconds or not',
  },
);

/** Function name → its outcomes in order. The last one repeats. */
export const Script = z.record(z.string(), z.array(Outcome).min(1));
export type Script = z.infer<typeof Script>;

/**
 * Functions that do what a script says.
 *
 * A script's key meets `FunctionName` when it is the same text, the name of its `${token}`, or the
 * function's name in its ARN. Error and cause are handed on as they stand, as if Lambda had
 * delivered them. A function without a script does not exist.
 */
export function scriptedFunctions(script: Script, timers: Timers): InvokeFunction {
  const calls = new Map<string, number>();
  return async (functionName, _payload, signal) => {
    const key = namesOf(functionName).find((name) => Object.hasOwn(script, name));
    const outcomes = key === undefined ? undefined : script[key];
    if (key === undefined || outcomes === undefined) return functionNotFound(functionName);
    const call = calls.get(key) ?? 0;
    calls.set(key, call + 1);
    const outcome = outcomes[Math.min(call, outcomes.length - 1)];
    if (outcome === undefined) throw new RangeError(`the script of ${key} is empty`);
    await passed(outcome.afterSeconds ?? 0, timers, signal);
    return 'error' in outcome
      ? { error: outcome.error, cause: outcome.cause ?? '' }
      : { payload: outcome.return };
  };
}

function namesOf(functionName: string): readonly string[] {
  const token = /^\$\{(\w+)\}$/.exec(functionName)?.[1];
  const inArn = /^arn:[^:]*:lambda:[^:]*:[^:]*:function:([^:]+)/.exec(functionName)?.[1];
  return [functionName, token, inArn].filter((name) => name !== undefined);
}

function passed(seconds: number, timers: Timers, signal: AbortSignal): Promise<void> {
  if (seconds === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const cancel = timers.after(seconds * 1000, resolve);
    signal.addEventListener('abort', cancel, { once: true });
  });
}
