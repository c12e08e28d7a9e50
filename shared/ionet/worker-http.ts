import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Answer } from '../ports.ts';
import { codeOf, notAsked, type Patience, silent, startPatience } from './worker-patience.ts';
import { type Pinned, pin, type Resolve } from './worker-pin.ts';

/** Largest reply that is read. */
const MAX_REPLY_BYTES = 65_536;

/** Answers of status 1xx before the reply; a proxy may send a few. */
const MAX_INTERIM_ANSWERS = 10;

export interface Call {
  readonly method: 'GET' | 'POST';
  /** What the stranger gave us, and the path below it. */
  readonly baseUrl: string;
  readonly path: string;
  readonly token: string;
  readonly body?: object;
}

export interface CallLimits {
  /** Local world only: plain HTTP, to this machine alone. */
  readonly allowLoopback: boolean;
  /** From the first look at the name to the last byte of the reply. */
  readonly timeoutMilliseconds: number;
  readonly resolve: Resolve;
}

/** A reply of any status whose body was JSON. */
export interface Reply {
  readonly status: number;
  readonly json: unknown;
}

/**
 * Makes one HTTP call to a stranger's machine: https only, no redirects, one connection to an address that
 * was checked to be public, a bounded reply in a bounded time. Never throws for what the other side does.
 */
export async function callWorker(call: Call, limits: CallLimits): Promise<Answer<Reply>> {
  const patience = startPatience(limits.timeoutMilliseconds);
  try {
    const pinned = await pin(call, limits, patience);
    return pinned.kind === 'answered' ? await exchange(pinned.value, call, patience) : pinned;
  } finally {
    patience.end();
  }
}

/** Failures of a connection that say something about this machine and nothing about the other one. */
const OWN_TROUBLE = [
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
];

async function exchange(pinned: Pinned, call: Call, patience: Patience): Promise<Answer<Reply>> {
  try {
    const response = await send(pinned, call, patience.signal);
    const status = response.statusCode ?? 0;
    const text = await readCapped(response);
    if (text === undefined) return silent(`its reply is larger than ${MAX_REPLY_BYTES} bytes`);
    return { kind: 'answered', value: { status, json: JSON.parse(text) } };
  } catch (error) {
    if (patience.signal.aborted) return patience.ranOut();
    if (error instanceof SyntaxError) return silent('its reply is not JSON');
    const code = codeOf(error);
    return OWN_TROUBLE.includes(code) ? notAsked(code) : silent(code);
  }
}

/** Sends the call to the pinned address and resolves with the head of the reply. */
function send(
  { url, address: { address, family } }: Pinned,
  { method, token, body }: Call,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const lookup: RequestOptions['lookup'] = (_hostname, { all }, done) =>
    all ? done(null, [{ address, family }]) : done(null, address, family);
  const options: RequestOptions = {
    method,
    // A connection of its own: none that was opened before the address was checked.
    agent: false,
    lookup,
    signal,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      authorization: `Bearer ${token}`,
      ...(text === undefined
        ? { 'content-length': 0 }
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    },
  };
  return new Promise((resolve, reject) => {
    const request =
      url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
    let interims = 0;
    request.on('information', () => {
      interims += 1;
      if (interims > MAX_INTERIM_ANSWERS) request.destroy(new Error('too many interim answers'));
    });
    // A change of protocol ends the request with neither a response nor an error.
    const closed = () => reject(new Error('closed without a reply'));
    request.once('response', resolve).once('close', closed).on('error', reject).end(text);
  });
}

/** The reply as text; undefined, and the connection closed, when it is too large. */
async function readCapped(response: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > MAX_REPLY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
