import type { RequestListener } from 'node:http';
import * as z from 'zod';
import type { CallCounter } from './call-counter.ts';
import { readBody } from './read-body.ts';

export interface ControlApiOptions {
  readonly calls: CallCounter;
  /** Where functions are invoked from now on. */
  readonly useLambdaHost: (url: string) => void;
}

const LambdaHostAddress = z.strictObject({ url: z.url({ protocol: /^http$/ }) });
const MAX_REQUEST_BYTES = 65_536;

/**
 * What no AWS service has, below `/_local/`:
 *
 * - `GET calls`: API calls received so far, `{ service: { operation: count } }`
 * - `DELETE calls`: count from zero
 * - `PUT lambda-host` `{ "url": … }`: a Lambda host has started, or started again elsewhere
 */
export function controlApi({ calls, useLambdaHost }: ControlApiOptions): RequestListener {
  return async (request, response) => {
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const body = await readBody(request, MAX_REQUEST_BYTES);
    switch (`${request.method} ${request.url}`) {
      case 'GET /_local/calls':
        return send(200, calls.counts());
      case 'DELETE /_local/calls':
        calls.reset();
        return send(200, {});
      case 'PUT /_local/lambda-host': {
        const address = LambdaHostAddress.safeParse(parsed(body));
        if (!address.success) return send(400, { message: z.prettifyError(address.error) });
        useLambdaHost(address.data.url);
        return send(200, {});
      }
      default:
        return send(404, { message: `${request.method} ${request.url} is not served here` });
    }
  };
}

function parsed(body: Buffer | undefined): unknown {
  try {
    return JSON.parse(body?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}
