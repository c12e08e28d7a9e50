import * as z from 'zod';
import { functionNotFound, type InvokeAnswer, type InvokeFunction } from '../engine/invoke.ts';

const FunctionError = z.object({ errorType: z.string().min(1) });

/** Step Functions' names for what the Invoke API itself refuses; anything else is a service's failure. */
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'Lambda.InvalidRequestContentException',
  413: 'Lambda.RequestTooLargeException',
  429: 'Lambda.TooManyRequestsException',
};

/**
 * Invokes functions on a Lambda host over HTTP, and names what goes wrong as a Task sees it in Step
 * Functions.
 *
 * A host that cannot be reached ran nothing: `Lambda.SdkClientException`. A host that goes away
 * while it is asked may have run the function or not: `Lambda.Unknown`.
 *
 * @param hostUrl - Asked before each call, since a host that was killed comes back elsewhere; undefined
 *   while there is none.
 */
export function invokeLambdaHost(hostUrl: () => string | undefined): InvokeFunction {
  return async (functionName, payload, signal) => {
    const host = hostUrl();
    if (host === undefined) return unreachable('no Lambda host is running');
    const url = `${host}/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
    try {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(payload ?? null);
      const response = await fetch(url, { method: 'POST', headers, body, signal });
      return await answerOf(functionName, response);
    } catch (error) {
      return isRefusedConnection(error) ? unreachable(`nothing listens at ${host}`) : unknown();
    }
  };
}

async function answerOf(functionName: string, response: Response): Promise<InvokeAnswer> {
  const text = await response.text();
  if (response.status === 404) return functionNotFound(functionName);
  if (!response.ok) {
    return { error: REFUSALS[response.status] ?? 'Lambda.ServiceException', cause: text };
  }
  const payload: unknown = JSON.parse(text);
  if (!response.headers.has('x-amz-function-error')) return { payload };
  const failure = FunctionError.safeParse(payload);
  return { error: failure.data?.errorType ?? 'Lambda.Unknown', cause: text };
}

const unreachable = (why: string): InvokeAnswer => ({
  error: 'Lambda.SdkClientException',
  cause: `Unable to execute HTTP request: ${why}`,
});

const unknown = (): InvokeAnswer => ({
  error: 'Lambda.Unknown',
  cause: 'The cause could not be determined because Lambda did not return an error type.',
});

/** Node's fetch keeps the reason of a failed connection in `cause`. */
function isRefusedConnection(error: unknown): boolean {
  const reason = z.object({ cause: z.object({ code: z.string() }) }).safeParse(error);
  return reason.data?.cause.code === 'ECONNREFUSED';
}
