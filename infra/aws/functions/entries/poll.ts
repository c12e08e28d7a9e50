import { basicsOnAws, jobsOnAws, ledgerOnAws } from '../../../../lambdas/on-aws.ts';
import { poll } from '../../../../lambdas/poll.ts';
import { onAws } from '../on-aws.ts';
import { clustersFor } from '../provider-rights.ts';
import { stackSecret } from '../secrets-manager.ts';

export const handler = onAws(
  poll,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    clusters: clustersFor('asks', config),
    jobs: jobsOnAws(config),
  }),
  stackSecret,
);
