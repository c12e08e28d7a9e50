import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { JobRequest, type WorkerHealth } from '../shared/model/job.ts';
import type { JobRunner, Submitted } from './job-runner.ts';

/** Largest body a caller may send. */
const MAX_BODY_BYTES = 65_536;

/** A caller that has not sent its whole request by then is cut off. */
const REQUEST_TIMEOUT_MILLISECONDS = 10_000;

/** How often Node looks for such callers; by default every 30 seconds only. */
const LOOKS_PER_TIMEOUT = 10;

export interface JobServerParts {
  readonly runner: JobRunner;
  readonly token: string;
  readonly hardware: () => Omit<WorkerHealth, 'contract' | 'status'>;
  /** @default 10000 */
  readonly requestTimeoutMilliseconds?: number;
}

interface Reply {
  readonly status: number;
  readonly body: object;
}

/**
 * The worker's HTTP contract: GET /healthz, POST /jobs, GET /jobs/{id}, POST /jobs/{id}/cancel, POST
 * /drain. Every call carries the bearer token; every reply is JSON below 64 KiB, `{error}` on refusal.
 */
export function createJobServer({
  runner,
  token,
  hardware,
  requestTimeoutMilliseconds: requestTimeout = REQUEST_TIMEOUT_MILLISECONDS,
}: JobServerParts): Server {
  async function answer(request: IncomingMessage): Promise<Reply> {
    if (!isBearer(request.headers.authorization, token))
      return refusal(401, 'wrong or no bearer token');
    const [path = ''] = (request.url ?? '').split('?');
    const [, root, jobId, verb, ...rest] = path.split('/');
    switch ([request.method, root, jobId && '{id}', verb, ...rest].filter(Boolean).join(' ')) {
      case 'GET healthz':
        return { status: 200, body: health() };
      case 'POST jobs':
        return takeJob(await readBody(request));
      case 'GET jobs {id}':
        return reported(runner.report(jobId ?? ''));
      case 'POST jobs {id} cancel':
        return reported(runner.cancel(jobId ?? ''));
      case 'POST drain':
        runner.drain();
        return { status: 200, body: health() };
      default:
        return refusal(404, 'no such call');
    }
  }

  const health = (): WorkerHealth => ({
    contract: 1,
    status: runner.isDraining() ? 'draining' : 'ready',
    ...hardware(),
  });

  const reported = (report: object | undefined): Reply =>
    report === undefined ? refusal(404, 'no such job') : { status: 200, body: report };

  function takeJob(body: string | undefined): Reply {
    if (body === undefined) return refusal(413, `body is larger than ${MAX_BODY_BYTES} bytes`);
    const parsed = JobRequest.safeParse(jsonOf(body));
    if (!parsed.success) {
      const fields = parsed.error.issues.map(({ path }) => path.join('.') || 'body');
      return refusal(400, `not a job request: ${fields.join(', ')}`);
    }
    const submitted = runner.submit(parsed.data);
    const { status, error } = SUBMITTED[submitted];
    if (error !== undefined) return refusal(status, error);
    return { status, body: { jobId: parsed.data.jobId } };
  }

  const bounds = {
    requestTimeout,
    headersTimeout: requestTimeout,
    connectionsCheckingInterval: Math.ceil(requestTimeout / LOOKS_PER_TIMEOUT),
  };
  return createServer(bounds, (request, response) => {
    answer(request).then(
      (reply) => send(response, reply),
      () => send(response, refusal(500, 'internal error')),
    );
  });
}

const SUBMITTED: Readonly<Record<Submitted, { readonly status: number; readonly error?: string }>> =
  {
    new: { status: 202 },
    same: { status: 200 },
    other: { status: 409, error: 'this id is taken by a job with another manifest' },
    draining: { status: 503, error: 'draining' },
  };

const refusal = (status: number, error: string): Reply => ({ status, body: { error } });

function send(response: ServerResponse, { status, body }: Reply): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    // What is left of a refused request is not read.
    ...(status === 401 || status === 413 ? { connection: 'close' } : {}),
  });
  response.end(text);
}

/** Takes as long for a wrong token as for the right one, whatever their lengths. */
function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}

/** The body as text; undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Ending the loop early must not close the connection: the refusal still goes through it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
