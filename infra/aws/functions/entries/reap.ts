import { basicsOnAws, ledgerOnAws } from '../../../../lambdas/on-aws.ts';
import { reap } from '../../../../lambdas/reap.ts';
import { onAws } from '../on-aws.ts';
import { clustersFor } from '../provider-rights.ts';
import { stackSecret } from '../secrets-manager.ts';

export const handler = onAws(
  reap,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    clusters: clustersFor('destroys', config),
  }),
  stackSecret,
);
