import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import dynalite from 'dynalite';
import { buildApp } from 'fauxqs';
import { type ApiRequest, apiRequestOf } from './api-request.ts';
import { listen } from './listen.ts';
import { patchDynaliteRefusals } from './refused-rows.ts';

export interface AwsServicesOptions {
  readonly region: string;
  /** @default a free port */
  readonly port?: number;
  /** Answers calls to Step Functions. Left out, they are refused as S3 requests nobody understands. */
  readonly states?: RequestListener;
  /** Answers paths below `/_local/`, which are no AWS service's. */
  readonly local?: RequestListener;
  /** Hears of every AWS request, before it is answered. */
  readonly onRequest?: (request: ApiRequest) => void;
}

export interface AwsServices {
  /** One origin for all services, as `aws --endpoint-url` takes it. */
  readonly url: string;
  close(): Promise<void>;
}

/** A name no S3 bucket may have. */
const LOCAL_PATHS = '/_local/';

/**
 * DynamoDB (dynalite), SQS and S3 (fauxqs) in memory behind one loopback port, told apart by the
 * request's headers.
 *
 * What they lack: DynamoDB transactions, streams and time to live; S3 preconditions, and any check of
 * signature or expiry on a signed URL. Burst uses none of the former and trusts none of the latter.
 */
export async function startAwsServices(options: AwsServicesOptions): Promise<AwsServices> {
  patchDynaliteRefusals();
  const dynamoDb = dynalite({ createTableMs: 0 });
  const queuesAndObjects = buildApp({ logger: false, defaultRegion: options.region });
  await queuesAndObjects.ready();

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    if (request.url?.startsWith(LOCAL_PATHS) && options.local !== undefined) {
      return options.local(request, response);
    }
    const call = apiRequestOf(request);
    options.onRequest?.(call);
    if (call.service === 'states' && options.states !== undefined) {
      return options.states(request, response);
    }
    const engine = call.service === 'dynamodb' ? dynamoDb : queuesAndObjects.server;
    engine.emit('request', request, response);
  };

  const server = createServer(answer);
  const { url } = await listen(server, options.port);
  return {
    url,
    close: async () => {
      // Ends the receives that are still waiting for a message.
      await queuesAndObjects.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
