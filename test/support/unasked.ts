import type { Clusters, Jobs } from '../../shared/ports.ts';

/** A call that nothing announced. */
export const unasked = (): never => {
  throw new Error('not announced');
};

/** A provider that is asked nothing; tests replace what is announced. */
export const noCluster: Clusters = {
  ...{ offers: unasked, quote: unasked, findByName: unasked, create: unasked, list: unasked },
  ...{ extend: unasked, destroy: unasked, logs: unasked, get: unasked },
};

/** Workers that are asked nothing. */
export const noWorker: Jobs = {
  ...{ health: unasked, submit: unasked, get: unasked, cancel: unasked, drain: unasked },
};
