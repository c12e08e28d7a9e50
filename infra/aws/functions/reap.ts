import { basicsOnAws, clustersOnAws, ledgerOnAws } from '../../../lambdas/on-aws.ts';
import { reap } from '../../../lambdas/reap.ts';
import { onAws } from './on-aws.ts';
import { stackSecret } from './secrets-manager.ts';

export const handler = onAws(
  reap,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    clusters: clustersOnAws(config),
  }),
  stackSecret,
);
