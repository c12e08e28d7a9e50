import { ClusterId } from '../model/ids.ts';

/**
 * Workers of the `/clusters` flavour have no URL of their own: what the lease keeps in its place is the
 * cluster they belong to, below the provider's base URL.
 */
export const addressIn = (clusterId: ClusterId): string =>
  `clusters/${encodeURIComponent(clusterId)}`;

/** The inverse of {@link addressIn}; undefined for an address of another flavour. */
export function clusterAt(address: string): ClusterId | undefined {
  const [, segment] = /^clusters\/([^/]+)$/.exec(address) ?? [];
  if (segment === undefined) return undefined;
  try {
    return ClusterId.safeParse(decodeURIComponent(segment)).data;
  } catch {
    return undefined;
  }
}
