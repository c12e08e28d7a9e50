import { basicsOnAws, ledgerOnAws } from '../../../../lambdas/on-aws.ts';
import { provision } from '../../../../lambdas/provision.ts';
import { onAws } from '../on-aws.ts';
import { clustersFor } from '../provider-rights.ts';
import { stackSecret } from '../secrets-manager.ts';

export const handler = onAws(
  provision,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    clusters: clustersFor('buys', config),
  }),
  stackSecret,
);
