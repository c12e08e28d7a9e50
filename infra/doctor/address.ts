import {
  API_FLAVOURS,
  type ApiFlavour,
  BASE_URLS,
  LIST_PATHS,
} from '../../shared/ionet/flavour.ts';
import type { Reply } from '../../shared/ionet/transport.ts';
import { foreignText } from '../../shared/model/foreign.ts';
import { type Finding, failed, ok } from './findings.ts';

/** Whether what answers at the address of the provider is its API, and what to set where it is not. */

export interface Address {
  readonly flavour: ApiFlavour;
  readonly baseUrl: string;
}

export const otherFlavour = (flavour: ApiFlavour): ApiFlavour =>
  API_FLAVOURS.find((one) => one !== flavour) ?? flavour;

/** What a look at the list of one flavour says about the address. `api`: what it says of the key is to be believed. */
type Spoken = 'api' | 'in trouble' | 'nothing' | 'another';

/** @param isList - Whether the text of a reply is the list of that flavour. */
export function spokenIn(reply: Reply, isList: (text: string) => boolean): Spoken {
  if (reply.kind === 'none') return 'nothing';
  const { status } = reply;
  if (status >= 500 || status === 408) return 'in trouble';
  if (status < 300) return isList(reply.text) ? 'api' : 'another';
  return status < 400 || [404, 405, 410].includes(status) ? 'another' : 'api';
}

/** @param elsewhere - Whether the other flavour is spoken at this address. */
export function addressFinding(
  { flavour, baseUrl }: Address,
  reply: Reply,
  spoken: Spoken,
  elsewhere: boolean,
): Finding {
  const asked = `GET ${baseUrl}/${LIST_PATHS[flavour]}`;
  if (reply.kind === 'none') {
    return failed(
      'api',
      `${asked}: ${foreignText(reply.why, 200)}`,
      unreachableMend(baseUrl, reply.why),
    );
  }
  if (spoken === 'api') return ok('api', `${flavour} answers at ${baseUrl}`);
  if (spoken === 'in trouble') {
    const mend = 'whoever answers there is in trouble: ask again later; nothing has to change here';
    return failed('api', `${asked} answered ${reply.status}`, mend);
  }
  const what =
    reply.status < 300 ? 'something that is no list of what is rented' : `${reply.status}`;
  const says = `${asked} answered ${what}`;
  if (elsewhere) {
    const mend = `this address speaks the other API: set IONET_API_FLAVOUR=${otherFlavour(flavour)}`;
    return failed('api', says, mend);
  }
  return failed('api', says, pathMend({ flavour, baseUrl }));
}

function pathMend({ flavour, baseUrl }: Address): string {
  const standard = BASE_URLS[flavour];
  if (withoutSlash(baseUrl) === standard) {
    return flavour === 'clusters'
      ? 'io.net publishes no such API: unset IONET_API_FLAVOUR to use the one it has (caas)'
      : 'the address is the published one: a proxy answers in its place, or io.net has moved its API';
  }
  const unset = `unset IONET_BASE_URL for io.net itself (${standard})`;
  const own = (one: ApiFlavour) => new URL(new URL(BASE_URLS[one]).pathname, baseUrl).href;
  if (withoutSlash(baseUrl) !== own(flavour)) {
    return `${unset}; a server of your own has the same path: IONET_BASE_URL=${own(flavour)}`;
  }
  const other = otherFlavour(flavour);
  return `${unset}; if your server speaks the other API: IONET_API_FLAVOUR=${other} and IONET_BASE_URL=${own(other)}`;
}

/** By the code the system or TLS gives, which is in the words. */
function unreachableMend(baseUrl: string, why: string): string {
  const { host, hostname } = new URL(baseUrl);
  if (/ENOTFOUND|EAI_AGAIN/.test(why)) {
    return `the name ${hostname} cannot be resolved: check its spelling in IONET_BASE_URL, then the DNS of this machine`;
  }
  if (/ECONNREFUSED/.test(why)) {
    return `nothing listens at ${host}: start the server, or correct host and port in IONET_BASE_URL`;
  }
  if (/certificate|self.signed|ERR_TLS|SSL|EPROTO/i.test(why)) {
    return `${host} cannot prove who it is by TLS: check host and port in IONET_BASE_URL, then the proxy in between`;
  }
  if (/no answer within|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/.test(why)) {
    return `${host} does not answer from here: let this machine reach it (firewall, proxy), or correct IONET_BASE_URL`;
  }
  return `the connection to ${host} broke off: ask again; if it stays so, check the network, then IONET_BASE_URL`;
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');
