import { BlockList, isIP, isIPv4 } from 'node:net';

/** What an address leads to, as far as it matters for calling a stranger. */
export type Reach = 'public' | 'loopback' | 'private';

/**
 * IPv4 networks that are not the public internet: the IANA special-purpose registry (RFC 6890 and its
 * successors), multicast, and 168.63.129.16, a cloud's host service on a public number.
 */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];

/** The one IPv6 block of public unicast addresses, and what inside it is none or wraps an IPv4 address. */
const PUBLIC_V6 = ['2000::/3'];
const NOT_PUBLIC_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

function networks(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

const notPublicV4 = networks(NOT_PUBLIC_V4, 'ipv4');
const loopbackV4 = networks(['127.0.0.0/8'], 'ipv4');
const loopbackV6 = networks(['::1/128'], 'ipv6');
const publicV6 = networks(PUBLIC_V6, 'ipv6');
const notPublicV6 = networks(NOT_PUBLIC_V6, 'ipv6');

/**
 * Whether an IP address is on the public internet. Everything not known to be is `private`: internal
 * and link-local networks, metadata services, multicast, and IPv6 forms that carry an IPv4 address.
 */
export function reachOf(address: string): Reach {
  if (isIPv4(address)) {
    if (loopbackV4.check(address, 'ipv4')) return 'loopback';
    return notPublicV4.check(address, 'ipv4') ? 'private' : 'public';
  }
  if (isIP(address) === 0) return 'private';
  if (loopbackV6.check(address, 'ipv6')) return 'loopback';
  const isPublic = publicV6.check(address, 'ipv6') && !notPublicV6.check(address, 'ipv6');
  return isPublic ? 'public' : 'private';
}
