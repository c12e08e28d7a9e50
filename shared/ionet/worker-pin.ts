import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Answer } from '../ports.ts';
import { reachOf } from './public-address.ts';
import { codeOf, notAsked, type Patience, silent } from './worker-patience.ts';

/** One address a name stands for. */
interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Every address of a host name. Rejects with a `code` as `dns.lookup` does. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

export const resolveBySystem: Resolve = (hostname) => systemLookup(hostname, { all: true });

/** A URL that may be called, and the one checked address its connection goes to. */
export interface Pinned {
  readonly url: URL;
  readonly address: ResolvedAddress;
}

/**
 * Decides where a call to a stranger's URL goes: resolved once, public, https. A URL that leads
 * elsewhere is silence. IPv4 first, because not every network of ours has a way to IPv6.
 *
 * @param rules.allowLoopback - This machine may be called too, and over plain HTTP.
 */
export async function pin(
  target: { readonly baseUrl: string; readonly path: string },
  { allowLoopback, resolve }: { readonly allowLoopback: boolean; readonly resolve: Resolve },
  patience: Patience,
): Promise<Answer<Pinned>> {
  const url = calledUrl(target, allowLoopback);
  if (typeof url === 'string') return silent(url);
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
  return { kind: 'answered', value: { url, address: chosen } };
}

/** The URL to call, or why it is not called. `URL` has already undone odd spellings of an address. */
function calledUrl(
  { baseUrl, path }: { readonly baseUrl: string; readonly path: string },
  allowLoopback: boolean,
): URL | string {
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
