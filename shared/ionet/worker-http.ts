import { lookup as systemLookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP } from 'node:net';
import type { Answer } from '../ports.ts';
import { reachOf } from './public-address.ts';

/** One address a name stands for. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Every address of a host name. Rejects with a `code` as `dns.lookup` does. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true });

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

const silent = (why: string): Answer<never> => ({ kind: 'silent', why });
const notAsked = (why: string): Answer<never> => ({ kind: 'not-asked', why });

/**
 * Makes one HTTP call to a stranger's machine: https only, no redirects, one connection to an address that
 * was checked to be public, a bounded reply in a bounded time. Never throws for what the other side does.
 */
export async function callWorker(call: Call, limits: CallLimits): Promise<Answer<Reply>> {
  const url = calledUrl(call, limits.allowLoopback);
  if (typeof url === 'string') return silent(url);
  const patience = startPatience(limits.timeoutMilliseconds);
  try {
    const pinned = await pin(url, limits, patience);
    return pinned.kind === 'answered' ? await exchange(url, pinned.value, call, patience) : pinned;
  } finally {
    patience.end();
  }
}

/** The time one call may take. */
interface Patience {
  /** Aborts when it has run out. */
  readonly signal: AbortSignal;
  /** Not asked, with this reason, if it runs out before `answer` is there. */
  limit<T>(answer: Promise<Answer<T>>, why: string): Promise<Answer<T>>;
  /** What a call that ran out of time has shown. */
  ranOut(): Answer<never>;
  end(): void;
}

function startPatience(milliseconds: number): Patience {
  const startedAt = performance.now();
  const controller = new AbortController();
  const { signal } = controller;
  const timer = setTimeout(() => controller.abort(), milliseconds);
  return {
    signal,
    limit: (answer, why) =>
      Promise.race([
        answer,
        new Promise<Answer<never>>((resolve) => {
          signal.addEventListener('abort', () => resolve(notAsked(why)), { once: true });
        }),
      ]),
    ranOut() {
      // A process that stood still cannot tell whether the other side did.
      const stoodStill = performance.now() - startedAt > 2 * milliseconds;
      return stoodStill
        ? notAsked('this process stood still during the call')
        : silent(`no full reply within ${milliseconds} ms`);
    },
    end: () => clearTimeout(timer),
  };
}

/** The URL to call, or why it is not called. `URL` has already undone odd spellings of an address. */
function calledUrl({ baseUrl, path }: Call, allowLoopback: boolean): URL | string {
  if (!URL.canParse(baseUrl)) return 'its URL is not one';
  const url = new URL(baseUrl);
  if (url.username !== '' || url.password !== '') return 'its URL carries credentials';
  const schemes = allowLoopback ? ['https:', 'http:'] : ['https:'];
  if (!schemes.includes(url.protocol))
    return `its URL is not ${schemes.join(' or ').replaceAll(':', '')}`;
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  url.search = '';
  url.hash = '';
  return url;
}

/** The one address this call goes to. IPv4 first, because not every network of ours has a way to IPv6. */
async function pin(
  url: URL,
  { allowLoopback, resolve }: CallLimits,
  patience: Patience,
): Promise<Answer<ResolvedAddress>> {
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(hostname);
  const literal = family === 0 ? undefined : [{ address: hostname, family }];
  const resolved = literal
    ? { kind: 'answered' as const, value: literal }
    : await patience.limit(addressesOf(hostname, resolve), 'its name was not resolved in time');
  if (resolved.kind !== 'answered') return resolved;
  const callable = ({ address }: ResolvedAddress) => {
    const reach = reachOf(address);
    return reach === 'loopback' ? allowLoopback : reach === 'public' && url.protocol === 'https:';
  };
  const [chosen] = resolved.value.filter(callable).toSorted((a, b) => a.family - b.family);
  if (chosen === undefined) return silent('its URL leads to no public address');
  return { kind: 'answered', value: chosen };
}

/** A name that does not exist is the stranger's fault; a resolver that does not answer is not. */
async function addressesOf(
  hostname: string,
  resolve: Resolve,
): Promise<Answer<readonly ResolvedAddress[]>> {
  try {
    return { kind: 'answered', value: await resolve(hostname) };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOTFOUND' || code === 'ENODATA') return silent('its name does not exist');
    return notAsked(`the resolver failed: ${code}`);
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

async function exchange(
  url: URL,
  pinned: ResolvedAddress,
  call: Call,
  patience: Patience,
): Promise<Answer<Reply>> {
  try {
    const response = await send(url, pinned, call, patience.signal);
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
  url: URL,
  { address, family }: ResolvedAddress,
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

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'connection failed';
