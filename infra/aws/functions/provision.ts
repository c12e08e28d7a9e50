import { basicsOnAws, clustersOnAws, ledgerOnAws } from '../../../lambdas/on-aws.ts';
import { provision } from '../../../lambdas/provision.ts';
import { onAws } from './on-aws.ts';
import { stackSecret } from './secrets-manager.ts';

export const handler = onAws(
  provision,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    clusters: clustersOnAws(config),
  }),
  stackSecret,
);
