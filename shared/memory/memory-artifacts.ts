import { instantOf, millisecondsOf, plusSeconds } from '../model/time.ts';
import type { Artifacts, Clock, Fetched, StoredObject } from '../ports.ts';

/** S3 signs nothing for longer than a week. */
const MAX_URL_SECONDS = 7 * 24 * 3600;

/** What a URL holder is told; each is an HTTP status at S3 (200, 403, 404). */
type UrlAnswer = 'done' | 'forbidden' | 'missing';

export interface MemoryArtifacts extends Artifacts {
  /** Does what PUT of an upload URL does: the content type must be the signed one. */
  upload(url: string, object: StoredObject): Exclude<UrlAnswer, 'missing'>;
  /** Does what GET of a download URL does. */
  download(url: string): StoredObject | Exclude<UrlAnswer, 'done'>;
  /** Every key, sorted, for checks that look at the whole bucket at once. */
  keys(): string[];
}

/**
 * Objects in memory. Its URLs read `memory:///<key>?method=GET&until=<instant>`, with `&type=` for
 * uploads; a modelled worker resolves them with `upload` and `download`. They expire by `clock`.
 */
export function memoryArtifacts({ clock }: { readonly clock: Clock }): MemoryArtifacts {
  const objects = new Map<string, StoredObject>();

  const sign = (key: string, seconds: number, claims: Readonly<Record<string, string>>): string => {
    if (!(seconds >= 1 && seconds <= MAX_URL_SECONDS)) {
      throw new RangeError(`a URL lives 1 to ${MAX_URL_SECONDS} seconds, got ${seconds}`);
    }
    const until = plusSeconds(clock.now(), seconds);
    return `memory:///${encodeURIComponent(key)}?${new URLSearchParams({ ...claims, until })}`;
  };

  /** The key a URL opens for a method now, if any. */
  const opened = (url: string, method: string, contentType?: string): string | undefined => {
    const [path = '', query = ''] = url.replace('memory:///', '').split('?');
    const claims = new URLSearchParams(query);
    const until = instantOf(Date.parse(claims.get('until') ?? ''));
    const holds =
      claims.get('method') === method &&
      (claims.get('type') ?? undefined) === contentType &&
      millisecondsOf(clock.now()) < millisecondsOf(until);
    return holds ? decodeURIComponent(path) : undefined;
  };

  const fetched = (key: string, maxBytes: number): Fetched => {
    const object = objects.get(key);
    if (object === undefined) return { found: false, why: 'missing' };
    if (object.bytes.byteLength > maxBytes) return { found: false, why: 'too-large' };
    return { found: true, object: copyOf(object) };
  };

  return {
    get: async (key, { maxBytes }) => fetched(key, maxBytes),
    put: async (key, object) => void objects.set(key, copyOf(object)),
    remove: async (key) => void objects.delete(key),
    removeAll: async (prefix) => {
      for (const key of [...objects.keys()]) if (key.startsWith(prefix)) objects.delete(key);
    },
    size: async (key) => objects.get(key)?.bytes.byteLength,
    readUrl: async (key, { seconds }) => sign(key, seconds, { method: 'GET' }),
    writeUrl: async (key, { seconds, contentType }) =>
      sign(key, seconds, { method: 'PUT', type: contentType }),

    upload: (url, object) => {
      const key = opened(url, 'PUT', object.contentType);
      if (key === undefined) return 'forbidden';
      objects.set(key, copyOf(object));
      return 'done';
    },
    download: (url) => {
      const key = opened(url, 'GET');
      if (key === undefined) return 'forbidden';
      const object = objects.get(key);
      return object === undefined ? 'missing' : copyOf(object);
    },
    keys: () => [...objects.keys()].sort(),
  };
}

const copyOf = ({ bytes, contentType }: StoredObject): StoredObject => ({
  bytes: bytes.slice(),
  contentType,
});
