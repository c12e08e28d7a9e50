import ky from 'ky';
import * as z from 'zod';
import { type ApiFlavour, LIST_PATHS } from '../../shared/ionet/flavour.ts';
import { isHeaderValue } from '../../shared/ionet/transport.ts';
import { type Instant, instantOf, millisecondsOf } from '../../shared/model/time.ts';
import type { ClockSettings } from '../../shared/system.ts';
import { CAAS_PATH } from './ionet/api.ts';
import { CLUSTERS_PATH } from './ionet/clusters-api.ts';

/** Key of every simulated provider, unless it is told another. It opens nothing but this machine's loopback. */
export const SIMULATOR_KEY = 'local-simulator-key';

export const isUsableKey = isHeaderValue;
export const UNUSABLE_KEY = 'must be a key: letters, digits and signs of ASCII without a blank';

/** A provider that the local world does not start: a server on this machine that speaks one of the two APIs. */
export interface ForeignProvider {
  /** `http://127.0.0.1:8123`; the API's own path comes after it. */
  readonly origin: string;
  readonly apiKey: string;
}

const API_PATHS: Readonly<Record<ApiFlavour, string>> = {
  caas: CAAS_PATH,
  clusters: CLUSTERS_PATH,
};

export const baseUrlOf = (origin: string, flavour: ApiFlavour): string =>
  `${origin}${API_PATHS[flavour]}`;

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];

/** @returns the origin as it is used, or what is wrong with the text. */
export function originOf(text: string): { readonly origin: string } | { readonly wrong: string } {
  if (!URL.canParse(text)) return { wrong: 'is no URL such as http://127.0.0.1:8123' };
  const url = new URL(text);
  if (url.protocol !== 'http:' || !LOOPBACK.includes(url.hostname)) {
    return { wrong: 'must be http on this machine: a local world buys from no real provider' };
  }
  if (`${url.username}${url.password}` !== '')
    return { wrong: 'must hold no user and no password' };
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    return { wrong: 'must be an origin alone; the paths below it are the provider’s own' };
  }
  return { origin: url.origin };
}

/** The server that should be the provider is not there or does not speak its API. */
export class ProviderUnusable extends Error {
  override readonly name = 'ProviderUnusable';
}

/** Real milliseconds between two looks at the server's clock, and before a look is given up. */
const PACE_MS = 300;
const TIMEOUT_MS = 5000;

const HttpDate = z
  .string()
  .transform((text) => Date.parse(text))
  .pipe(z.number())
  .transform((milliseconds): Instant => instantOf(milliseconds));

/**
 * The server's clock by its `Date` header: what it shows, and how fast it runs. The world takes it over, because
 * terms, bills and the times of a list are told by the provider.
 *
 * @throws ProviderUnusable
 */
export async function clockOf(
  { origin, apiKey }: ForeignProvider,
  flavour: ApiFlavour,
): Promise<{ readonly shows: Instant; readonly realAt: Instant; readonly pace: number }> {
  const url = `${baseUrlOf(origin, flavour)}/${LIST_PATHS[flavour]}?page=0&page_size=1`;
  const look = async () => {
    const response = await ky(url, {
      headers: { 'x-api-key': apiKey },
      redirect: 'manual',
      retry: 0,
      throwHttpErrors: false,
      timeout: TIMEOUT_MS,
    }).catch((error: unknown) => {
      throw new ProviderUnusable(`nothing answers at ${origin}: ${wordsOf(error)}`);
    });
    await response.body?.cancel();
    if (response.status === 401 || response.status === 403) {
      throw new ProviderUnusable(`${origin} refuses the key: name the right one with --ionet-key`);
    }
    if (!response.ok) {
      throw new ProviderUnusable(
        `${url} answered ${response.status}: is ${flavour} the API there?`,
      );
    }
    const shows = HttpDate.safeParse(response.headers.get('date'));
    return { shows: shows.data ?? instantOf(Date.now()), realAt: instantOf(Date.now()) };
  };
  const first = await look();
  await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  const second = await look();
  const pace = between(first.shows, second.shows) / between(first.realAt, second.realAt);
  return { ...second, pace };
}

const between = (from: Instant, to: Instant): number => millisecondsOf(to) - millisecondsOf(from);

const wordsOf = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
};

/** The clock of a world beside such a server, and what to say where the two do not run alike. */
export function besideIt(
  { shows, realAt, pace }: Awaited<ReturnType<typeof clockOf>>,
  speed: number,
): { readonly clock: ClockSettings; readonly warning?: string } {
  const clock = { originAt: shows, realOriginAt: realAt, speed };
  if (pace > speed / 2 && pace < speed * 2) return { clock };
  const runs = pace < 5 ? 'in real time' : `${Math.round(pace)} times as fast as real time`;
  return {
    clock,
    warning: `the clock of the provider runs ${runs}, this world's ${speed} times as fast: paid time and bills will not add up`,
  };
}
