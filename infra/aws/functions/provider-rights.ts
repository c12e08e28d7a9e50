import { clustersOnAws } from '../../../lambdas/on-aws.ts';
import type { Config } from '../../../shared/config.ts';
import type { Clusters } from '../../../shared/ports.ts';
import type { StageNeeds } from '../stage-needs.ts';

type Right = NonNullable<StageNeeds['provider']>;

/** The function is not one that may do this at the provider: a bug, and nothing was sent. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
}

/** What costs money or ends what was paid for, by who may do it. */
const MAY = {
  asks: { create: false, extend: false, destroy: false },
  buys: { create: true, extend: true, destroy: false },
  destroys: { create: false, extend: false, destroy: true },
} as const;

/**
 * The provider as one function may use it. An io.net key opens everything, so IAM cannot tell buying from
 * looking: it is told apart here, in front of the key.
 */
export function withRights(clusters: Clusters, right: Right): Clusters {
  const refuse = (what: string) => async (): Promise<never> => {
    throw new NotAllowed(`this function may not ${what} clusters`);
  };
  const may = MAY[right];
  return {
    ...clusters,
    ...(may.create ? {} : { create: refuse('create') }),
    ...(may.extend ? {} : { extend: refuse('extend') }),
    ...(may.destroy ? {} : { destroy: refuse('destroy') }),
  };
}

export const clustersFor = (right: Right, config: Config): Clusters =>
  withRights(clustersOnAws(config), right);
