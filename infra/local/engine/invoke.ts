/** What came of one invocation, as the Task that asked for it sees it. */
export type InvokeAnswer =
  | { readonly payload: unknown }
  | { readonly error: string; readonly cause: string };

/**
 * Runs one Lambda function.
 *
 * @param functionName - `Arguments.FunctionName` as it stands in the definition: name or ARN.
 * @param payload - A copy the function may keep and change.
 * @param signal - Aborted when nobody waits for the answer any more (timeout, abort). As with a
 *   real Lambda the function may run on; its answer is dropped.
 */
export type InvokeFunction = (
  functionName: string,
  payload: unknown,
  signal: AbortSignal,
) => Promise<InvokeAnswer>;

/** What Lambda answers when a handler throws: the error's name, and the details as JSON text. */
export function lambdaFailure(thrown: unknown): { error: string; cause: string } {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const trace = (error.stack ?? '').split('\n');
  return {
    error: error.name,
    cause: JSON.stringify({ errorType: error.name, errorMessage: error.message, trace }),
  };
}

/** What Step Functions reports for a function that does not exist. */
export function functionNotFound(functionName: string): { error: string; cause: string } {
  return {
    error: 'Lambda.ResourceNotFoundException',
    cause: `Function not found: ${functionName}`,
  };
}
