import ky, { HTTPError, type KyInstance } from 'ky';

/** Largest reply read. The longest honest one, a page of 100 deployments, is about 50 KiB. */
const MAX_REPLY_BYTES = 1_048_576;

/** Retries of calls that buy nothing, and the longest pause before one, whatever `Retry-After` says. */
const RETRIES = 2;
const LONGEST_PAUSE_MS = 1000;
const REPEATABLE: readonly Call['method'][] = ['get', 'delete'];

export interface Call {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** Below the base URL, without a leading slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly json?: unknown;
  /** Besides the key. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Keeps only the last bytes of the reply, and what had arrived if the stream breaks or never ends.
   * Absent: a reply that is cut or beyond {@link MAX_REPLY_BYTES} is no answer.
   */
  readonly tailBytes?: number;
  /** Sent with the call; blotted out should the provider echo them in a refusal. */
  readonly secrets?: readonly string[];
}

/**
 * What came of a call. A refusal (status 400 and above) is an answer by its status line, even when its
 * text is lost; a success whose text is lost is none.
 */
export type Reply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly text: string;
      readonly contentType: string;
      readonly retryAfter: string | undefined;
      /** The server's clock, as it says. */
      readonly date: string | undefined;
    }
  | { readonly kind: 'none'; readonly why: string };

/** Makes one call, never throws. */
export type Transport = (call: Call) => Promise<Reply>;

/** Text of a reply as JSON; undefined when it is none, which no schema accepts. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export interface TransportOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** For the whole call: connection, retries and the last byte of the reply. */
  readonly timeoutMilliseconds: number;
}

export const isHeaderValue = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

/**
 * HTTP to the provider.
 *
 * - Only GET and DELETE are ever repeated, a fixed number of times with short pauses, and never after
 *   429: the caller's own wait is longer and is what the provider asked for.
 * - Redirects are not followed: `fetch` would hand the key header to another host.
 * - Errors of ky hold the request, and so the key; none of them leaves this file, only its words.
 *
 * @throws TypeError when the key cannot be a header.
 */
export function createTransport({
  baseUrl,
  apiKey,
  timeoutMilliseconds,
}: TransportOptions): Transport {
  const key = apiKey.trim();
  // Asked here, because the platform's own complaint about a header quotes its value.
  if (!isHeaderValue(key)) {
    throw new TypeError('the io.net API key is empty or has characters no header may hold');
  }
  const http = ky.create({
    prefixUrl: baseUrl,
    headers: { 'x-api-key': key, accept: 'application/json' },
    redirect: 'manual',
    timeout: false,
    retry: {
      limit: RETRIES,
      methods: [...REPEATABLE],
      statusCodes: [408, 500, 502, 503, 504],
      afterStatusCodes: [503],
      maxRetryAfter: LONGEST_PAUSE_MS,
      backoffLimit: LONGEST_PAUSE_MS,
    },
  });

  return async (call) => {
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    try {
      const response = await responseOf(http, call, signal);
      return await read(response, call, [key, ...(call.secrets ?? [])]);
    } catch (error) {
      const why = signal.aborted ? `no answer within ${timeoutMilliseconds} ms` : wordsOf(error);
      return { kind: 'none', why };
    }
  };
}

async function responseOf(http: KyInstance, call: Call, signal: AbortSignal): Promise<Response> {
  try {
    return await http(call.path, {
      method: call.method,
      signal,
      ...(call.query === undefined ? {} : { searchParams: call.query }),
      ...(call.json === undefined ? {} : { json: call.json }),
      ...(call.headers === undefined ? {} : { headers: call.headers }),
      ...(REPEATABLE.includes(call.method) ? {} : { retry: 0 }),
    });
  } catch (error) {
    if (error instanceof HTTPError) return error.response;
    throw error;
  }
}

async function read(response: Response, call: Call, secrets: readonly string[]): Promise<Reply> {
  const answer = (text: string): Reply => ({
    kind: 'answer',
    status: response.status,
    text,
    contentType: response.headers.get('content-type') ?? '',
    retryAfter: response.headers.get('retry-after') ?? undefined,
    date: response.headers.get('date') ?? undefined,
  });
  if (response.status >= 400) {
    return answer(blotted(await textOf(response).catch(() => ''), secrets));
  }
  if (call.tailBytes !== undefined) return answer(await tailOf(response, call.tailBytes));
  return answer(await textOf(response));
}

/** Shorter values are words like `true` or `0`, and no secrets. */
const SHORTEST_SECRET = 8;

const blotted = (text: string, secrets: readonly string[]): string =>
  secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunksOf(response)) {
    bytes += chunk.byteLength;
    if (bytes > MAX_REPLY_BYTES)
      throw new Error(`the reply is larger than ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function tailOf(response: Response, maxBytes: number): Promise<string> {
  let tail: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of chunksOf(response)) {
      tail = Buffer.concat([tail, chunk]);
      if (tail.byteLength > maxBytes) tail = tail.subarray(tail.byteLength - maxBytes);
    }
  } catch (error) {
    if (tail.byteLength === 0) throw error;
  }
  // A cut may fall inside a character; its rest would decode to more bytes than were kept.
  const start = tail.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return start < 0 ? '' : tail.toString('utf8', start);
}

/** Leaving the loop early cancels the stream and with it the connection. */
async function* chunksOf(response: Response): AsyncGenerator<Uint8Array> {
  if (response.body !== null) yield* response.body;
}

/** An error of `fetch` says nothing itself; its cause has the system's code. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the call failed';
  const cause: unknown = error.cause;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}
