/** The provider's two APIs: containers (`caas-client.ts`), and clusters with jobs (`clusters-api.ts`). */
export const API_FLAVOURS = ['caas', 'clusters'] as const;
export type ApiFlavour = (typeof API_FLAVOURS)[number];

/** Below the address of each, the list of what one has rented: the least a key may ask. */
export const LIST_PATHS: Readonly<Record<ApiFlavour, string>> = {
  caas: 'deployments',
  clusters: 'clusters',
};

/**
 * Where each is served. The first is io.net's published address. The second is an assumption, as that API is:
 * its calls below the same host and path, so that the key goes to nobody else.
 */
export const BASE_URLS: Readonly<Record<ApiFlavour, string>> = {
  caas: 'https://api.io.solutions/enterprise/v1/io-cloud/caas',
  clusters: 'https://api.io.solutions/enterprise/v1/io-cloud',
};
