import { sha256Of } from '../shared/model/digest.ts';
import type { Sha256 } from '../shared/model/ids.ts';
import type { WorkerClock } from './clock.ts';

/** Bytes could not be fetched or stored. The message holds no URL, because a URL is a key. */
export class TransferFailed extends Error {
  override readonly name = 'TransferFailed';
}

/** Waits between tries, seconds: short, because the job's own deadline ends all of it. */
const RETRY_AFTER_SECONDS = [0.25, 0.5, 1, 2, 4];

/** Longest silence of one try; an upload, of which nothing is heard until its end, may take longer by its size. */
const SILENCE_MILLISECONDS = 60_000;
const SLOWEST_BYTES_PER_SECOND = 256 * 1024;

type Try<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: string; readonly retry: boolean };

/** Whether the same request may do better later: busy or broken servers, never a refusal. */
const isPassing = (status: number): boolean => status === 408 || status === 429 || status >= 500;

async function tryOnce<T>(
  url: string,
  init: RequestInit & { readonly body?: Uint8Array },
  read: (response: Response, heard: () => void) => Promise<Try<T>>,
  signal: AbortSignal,
): Promise<Try<T>> {
  const attempt = new AbortController();
  const stop = () => attempt.abort();
  signal.addEventListener('abort', stop, { once: true });
  const sendSeconds = (init.body?.byteLength ?? 0) / SLOWEST_BYTES_PER_SECOND;
  const timer = setTimeout(stop, SILENCE_MILLISECONDS + 1000 * sendSeconds);
  const heard = () => timer.refresh();
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: attempt.signal });
    if (response.ok) return await read(response, heard);
    await response.body?.cancel();
    return { ok: false, why: `HTTP ${response.status}`, retry: isPassing(response.status) };
  } catch (error) {
    return { ok: false, why: attempt.signal.aborted ? 'timeout' : codeOf(error), retry: true };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

const codeOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? code : 'connection failed';
};

/** Tries until it works, is refused, or the tries are used up. @throws TransferFailed, or the signal's reason. */
async function insist<T>(
  what: string,
  clock: WorkerClock,
  signal: AbortSignal,
  once: () => Promise<Try<T>>,
): Promise<T> {
  for (const retryAfterSeconds of [...RETRY_AFTER_SECONDS, undefined]) {
    signal.throwIfAborted();
    const tried = await once();
    if (tried.ok) return tried.value;
    signal.throwIfAborted();
    if (!tried.retry) throw new TransferFailed(`${what}: ${tried.why}`);
    if (retryAfterSeconds === undefined)
      throw new TransferFailed(`${what}: ${tried.why}, tries used up`);
    await clock.wait(retryAfterSeconds, signal);
  }
  throw new TransferFailed(what);
}

async function readCapped(
  response: Response,
  maxBytes: number,
  heard: () => void,
): Promise<Try<Uint8Array>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    heard();
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return { ok: false, why: `more than ${maxBytes} bytes`, retry: false };
    chunks.push(chunk);
  }
  return { ok: true, value: Buffer.concat(chunks) };
}

export interface Transfers {
  /** Fetches the object whose SHA-256 is known. @throws TransferFailed */
  download(
    url: string,
    expected: { readonly sha256: Sha256; readonly maxBytes: number },
    signal: AbortSignal,
  ): Promise<Uint8Array>;
  /** Stores one file. Repeating it changes nothing. @throws TransferFailed */
  upload(
    url: string,
    file: { readonly name: string; readonly contentType: string; readonly bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<void>;
}

export function createTransfers(clock: WorkerClock): Transfers {
  return {
    async download(url, { sha256, maxBytes }, signal) {
      const bytes = await insist('download', clock, signal, () =>
        tryOnce(url, {}, (response, heard) => readCapped(response, maxBytes, heard), signal),
      );
      if (sha256Of(bytes) !== sha256) throw new TransferFailed('download: SHA-256 differs');
      return bytes;
    },
    async upload(url, { name, contentType, bytes }, signal) {
      const request = { method: 'PUT', headers: { 'content-type': contentType }, body: bytes };
      const drained = async (response: Response): Promise<Try<undefined>> => {
        await response.body?.cancel();
        return { ok: true, value: undefined };
      };
      await insist(`upload of ${name}`, clock, signal, () =>
        tryOnce(url, request, drained, signal),
      );
    },
  };
}
