import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { listen } from '../cloud/listen.ts';
import { readBody } from '../cloud/read-body.ts';
import type { Timers } from '../engine/timers.ts';

/** What AWS tells a function about its invocation, as far as Burst's functions ask. */
export interface LambdaContext {
  readonly functionName: string;
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

export type LambdaHandler = (event: unknown, context: LambdaContext) => Promise<unknown>;

export interface LambdaHostOptions {
  /** By function name. */
  readonly handlers: Readonly<Record<string, LambdaHandler>>;
  /** Of every function, in seconds of `timers`. */
  readonly timeoutSeconds: number;
  /**
   * Invocations at one time, over all functions.
   *
   * @default 1,000
   */
  readonly maxConcurrency?: number;
  readonly timers: Timers;
  readonly uuid: () => string;
  /** @default a free port */
  readonly port?: number;
}

export interface LambdaHost {
  readonly url: string;
  close(): Promise<void>;
}

/** Lambda's limit of a synchronous payload, in and out. */
const MAX_PAYLOAD_BYTES = 6_291_456;
const ACCOUNT_CONCURRENCY = 1_000;
const INVOCATION_PATH = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

type Reply =
  | { readonly payload: string; readonly failed: boolean }
  | { readonly status: number; readonly errorType: string; readonly message: string };

/**
 * Runs functions behind Lambda's Invoke API: `POST /2015-03-31/functions/{name}/invocations`.
 *
 * A function that exceeds its time is answered for and not stopped: like a frozen sandbox that thaws,
 * it may still act afterwards. What it then says is dropped.
 */
export async function startLambdaHost(options: LambdaHostOptions): Promise<LambdaHost> {
  const server = createServer(invocations(options));
  const { url } = await listen(server, options.port);
  return {
    url,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function invocations(options: LambdaHostOptions): RequestListener {
  const { handlers, maxConcurrency = ACCOUNT_CONCURRENCY, uuid } = options;
  let running = 0;

  const replyTo = async (request: IncomingMessage, requestId: string): Promise<Reply> => {
    const body = await readBody(request, MAX_PAYLOAD_BYTES);
    const [, name] = INVOCATION_PATH.exec(request.url ?? '') ?? [];
    const functionName = functionNameIn(decodeURIComponent(name ?? ''));
    const handler = Object.hasOwn(handlers, functionName) ? handlers[functionName] : undefined;
    if (request.method !== 'POST' || handler === undefined) {
      const message = `Function not found: ${functionName}`;
      return { status: 404, errorType: 'ResourceNotFoundException', message };
    }
    if (body === undefined) {
      const message = `Request must be smaller than ${MAX_PAYLOAD_BYTES} bytes`;
      return { status: 413, errorType: 'RequestTooLargeException', message };
    }
    const event = parsed(body);
    if (event === undefined) {
      const message = 'Could not parse request body into json';
      return { status: 400, errorType: 'InvalidRequestContentException', message };
    }
    if (running >= maxConcurrency) {
      return { status: 429, errorType: 'TooManyRequestsException', message: 'Rate Exceeded.' };
    }
    running++;
    try {
      return await invocation(options, handler, event.json, { functionName, requestId });
    } finally {
      running--;
    }
  };

  return async (request, response) => {
    const requestId = uuid();
    const reply = await replyTo(request, requestId);
    response.setHeader('x-amzn-requestid', requestId);
    send(response, reply);
  };
}

/** Runs one handler against the clock; the slower of the two loses. */
function invocation(
  { timers, timeoutSeconds }: LambdaHostOptions,
  handler: LambdaHandler,
  event: unknown,
  { functionName, requestId }: { functionName: string; requestId: string },
): Promise<Reply> {
  const endsAtMs = timers.now() + timeoutSeconds * 1000;
  const context: LambdaContext = {
    functionName,
    awsRequestId: requestId,
    getRemainingTimeInMillis: () => Math.max(0, endsAtMs - timers.now()),
  };
  const timedOut = {
    errorType: 'Sandbox.Timedout',
    errorMessage: `RequestId: ${requestId} Error: Task timed out after ${timeoutSeconds.toFixed(2)} seconds`,
  };
  return new Promise((resolve) => {
    const stopWaiting = timers.after(timeoutSeconds * 1000, () =>
      resolve({ payload: JSON.stringify(timedOut), failed: true }),
    );
    const settle = (reply: Reply) => {
      stopWaiting();
      resolve(reply);
    };
    // A handler that throws before its first await fails like any other.
    Promise.resolve()
      .then(() => handler(event, context))
      .then(succeeded)
      .then(settle, (thrown: unknown) => settle(failed(thrown)));
  });
}

function succeeded(result: unknown): Reply {
  const payload = JSON.stringify(result ?? null);
  const bytes = Buffer.byteLength(payload);
  if (bytes <= MAX_PAYLOAD_BYTES) return { payload, failed: false };
  const tooLarge = {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: `Response payload size (${bytes} bytes) exceeded maximum allowed payload size (${MAX_PAYLOAD_BYTES} bytes).`,
  };
  return { payload: JSON.stringify(tooLarge), failed: true };
}

/** What Lambda's Node runtime makes of a thrown value. */
function failed(thrown: unknown): Reply {
  const body =
    thrown instanceof Error
      ? {
          errorType: thrown.name,
          errorMessage: thrown.message,
          trace: (thrown.stack ?? '').split('\n'),
        }
      : { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { payload: JSON.stringify(body), failed: true };
}

function send(response: ServerResponse, reply: Reply): void {
  response.setHeader('content-type', 'application/json');
  if ('payload' in reply) {
    if (reply.failed) response.setHeader('x-amz-function-error', 'Unhandled');
    response.writeHead(200).end(reply.payload);
    return;
  }
  response.setHeader('x-amzn-errortype', reply.errorType);
  response.writeHead(reply.status);
  response.end(JSON.stringify({ Type: 'User', Message: reply.message }));
}

/** The name in a name or an ARN, without version or alias. */
const functionNameIn = (functionName: string): string =>
  functionName.replace(/^arn:[^:]*:lambda:[^:]*:[^:]*:function:/, '').replace(/:.*$/, '');

function parsed(body: Buffer): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(body.toString('utf8') || 'null') };
  } catch {
    return undefined;
  }
}
